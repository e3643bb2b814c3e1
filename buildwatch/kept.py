"""What is kept of a server for the next start: its repos and last builds as bytes, sealed with its token. Pure.

The seal is a keyed hash over all of it, and the key is the server's name, its address and the token: what was kept for
another server or of another user does not open, nor does anything broken, and the token itself is nowhere in it. Not
kept are logs, parameters of builds (which people use for secrets) and credentials in addresses.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from buildwatch.coding import decoder, encoder
from buildwatch.model import Build, Repo, RepoKey, Stage

FORMAT: Final = b"buildwatch kept 1\n"
"""How such bytes begin. Another number for each change of what they mean; what begins otherwise is not read."""

LARGEST: Final = 8 * 1024 * 1024
"""Bytes of what is kept of one server."""

SALT: Final = 16
"""Bytes of the salt."""

_SEAL: Final = 32
_MESSAGE: Final = 300
_LEVELS: Final = ((25, 3), (12, 1), (1, 1), (1, 0))
"""How many builds of a repo are kept, and of how many of them the stages: the most that has room."""

_USER: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*://)[^/\s?#@]*@")


class Kept(Struct, frozen=True):
    """What was known of a server at a time `at` (unix seconds of our own clock).

    `user` is the login of whose token it was. The builds are in no order.
    """

    at: float
    user: str
    repos: tuple[Repo, ...]
    builds: tuple[Build, ...]


class Owner(NamedTuple):
    """Whose it is: a server as it is configured, and the token it was asked with."""

    name: str
    url: str
    token: str


def seal(
    at: float, user: str, repos: Iterable[Repo], builds: Mapping[RepoKey, Sequence[Build]], of: Owner, salt: bytes
) -> bytes:
    """The bytes to keep; none where even the least is too much. `builds` are those of each repo, newest first.

    `salt` are `SALT` random bytes.
    """
    listed = tuple(_repo(repo) for repo in repos)
    for most, staged in _LEVELS:
        chosen = tuple(
            _build(build, index < staged) for repo in listed for index, build in enumerate(builds[repo.key][:most])
        )
        content = encoder.encode(Kept(at, user, listed, chosen))
        if len(content) + len(FORMAT) + SALT + _SEAL <= LARGEST:
            return FORMAT + salt + _hash(content, of, salt) + content
    return b""


def unseal(data: bytes, of: Owner) -> Kept | None:
    """What was kept; None where it is somebody else's, of another version of this program, or broken."""
    head = len(FORMAT)
    salt, mark, content = data[head : head + SALT], data[head + SALT : head + SALT + _SEAL], data[head + SALT + _SEAL :]
    if not data.startswith(FORMAT) or not hmac.compare_digest(_hash(content, of, salt), mark):
        return None
    try:
        return _decoder.decode(content)
    except (msgspec.MsgspecError, RecursionError):
        return None


def file_name(name: str, url: str) -> str:
    """What a file about the server of that name and address is called: nothing of either stands in it."""
    return hashlib.blake2b(f"{name}\0{url}".encode(), digest_size=12, person=b"buildwatch file").hexdigest()


def _hash(content: bytes, of: Owner, salt: bytes) -> bytes:
    key = hashlib.blake2b("\0".join(of).encode("utf-8", "surrogatepass"), person=b"buildwatch key").digest()
    return hashlib.blake2b(content, digest_size=_SEAL, key=key, salt=salt, person=b"buildwatch kept").digest()


def _repo(repo: Repo) -> Repo:
    return replace(repo, link=_bare(repo.link))


def _build(build: Build, staged: bool) -> Build:
    return replace(
        build,
        message=_bare(build.message.partition("\n")[0][:_MESSAGE]),
        title=_bare(build.title),
        link=_bare(build.link),
        error=_bare(build.error),
        params=(),
        stages=tuple(map(_stage, build.stages)) if staged and build.stages is not None else None,
    )


def _stage(stage: Stage) -> Stage:
    steps = tuple(replace(step, error=_bare(step.error)) if step.error else step for step in stage.steps)
    return replace(stage, error=_bare(stage.error), steps=steps)


def _bare(text: str) -> str:
    """`text` without users and passwords in the addresses in it."""
    return _USER.sub(r"\1", text) if "@" in text else text


_decoder = decoder(Kept)
