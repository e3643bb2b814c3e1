"""The git clone in which a command was called: which repo it is of, and what is checked out.

`git` itself is asked, with fixed arguments and no shell, rather than its files read: it knows of worktrees, submodules,
included configuration, `insteadOf` and each format of refs, and refuses clones of other users. None of these calls
runs a hook or reaches a network.
"""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote, urlsplit

from buildwatch.address import AddressError, parse
from buildwatch.cli.errors import UserError
from buildwatch.text import clean

LONGEST: Final = 10.0
"""Seconds that git may take for an answer: a clone can lie on a disk that sleeps."""

_SCP: Final = re.compile(r"(?:[^@/]*@)?(?P<host>\[[^\]]*\]|[^/:]+):(?P<path>.*)", re.DOTALL)
_SHA: Final = re.compile("[0-9a-f]{40}|[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Clone:
    """Where one stands: the remote's name, its host (empty for a folder) and the `owner/name` that it names.

    `branch` is empty where none is checked out, `commit` (the whole SHA) where there is none yet.
    """

    remote: str
    host: str
    slug: str
    branch: str
    commit: str


def here() -> Clone:
    """The clone of the current folder. Raises `UserError` where there is none, or none whose remote names a repo."""
    if _git("rev-parse", "--git-dir") is None:
        raise UserError("give a REPO; none is known, since this folder is in no git clone that git would read")
    branch = _git("symbolic-ref", "--quiet", "--short", "HEAD") or ""
    remote = _remote(branch)
    address = _git("remote", "get-url", remote) or ""
    found = named(address)
    if found is None:
        raise UserError(f'give a REPO; the remote "{clean(remote, 60)}" of this clone names none (owner/name)')
    commit = _git("rev-parse", "--quiet", "--verify", "HEAD^{commit}") or ""
    return Clone(clean(remote, 60), *found, clean(branch, 200), commit if _SHA.fullmatch(commit) else "")


def named(url: str) -> tuple[str, str] | None:
    """Host and `owner/name` of a remote's address: a URL, `user@host:path` or a folder; None where it has no such name.

    All that is before the last two parts of the path (a server below a path, groups of groups) is not the repo's.
    """
    if "://" in url:
        try:
            split = urlsplit(url)
            host, path = split.hostname or "", unquote(split.path)
        except ValueError:
            return None
    else:
        scp = _SCP.fullmatch(url)
        host, path = (scp["host"], scp["path"]) if scp else ("", url)
    slug = "/".join(path.rstrip("/").removesuffix(".git").split("/")[-2:])
    try:
        address = parse(slug)
    except AddressError:
        return None
    return (host.lower(), slug) if address.repo == slug and "/" in slug else None


def _remote(branch: str) -> str:
    """The remote that the branch follows, else origin, else the only one. Raises `UserError`."""
    names = (_git("remote") or "").splitlines()
    followed = _git("config", "--get", f"branch.{branch}.remote") if branch else None
    for name in (followed, "origin"):
        if name in names:
            return name
    if len(names) != 1:
        which = "no remote" if not names else "several remotes, none of them origin or followed by the branch"
        raise UserError(f"give a REPO; none is known, since this clone has {which}")
    return names[0]


def _git(*arguments: str) -> str | None:
    """What git prints, or None where it fails."""
    try:
        done = subprocess.run(  # noqa: S603 - fixed words, but for a name that git gave and that cannot begin with -
            ["git", *arguments],  # noqa: S607 - the person's own git
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=os.environ | {"GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C.UTF-8"},
            timeout=LONGEST,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.decode(errors="replace").rstrip("\n") if done.returncode == 0 else None
