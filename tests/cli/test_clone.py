"""Commands without a REPO, in a real git clone."""

from __future__ import annotations

import json
import os
import subprocess
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from buildwatch.cli.clone import here, named
from buildwatch.cli.errors import UserError
from buildwatch.demo.control import StageScript, StepScript

if TYPE_CHECKING:
    from tests.cli.conftest import Cli, Drone

GREEN = StageScript((StepScript("test", seconds=0.0, log=("ok\n",)),), "unit")
RED = StageScript((StepScript("test", seconds=0.0, outcome="failure", log=()),), "unit")
OTHER = "0123456789abcdef0123456789abcdef01234567"


def git(*words: str) -> str:
    person = ("-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false")
    done = subprocess.run(["git", *person, *words], check=True, capture_output=True, text=True, timeout=60)
    return done.stdout.strip()


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Stand in a clone of acme/storefront with one commit on main; its SHA."""
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    folder = tmp_path / "clone"
    git("init", "-q", "-b", "main", str(folder))
    monkeypatch.chdir(folder)
    git("remote", "add", "origin", "git@scm.example.com:acme/storefront.git")
    git("commit", "-q", "--allow-empty", "-m", "one")
    return git("rev-parse", "HEAD")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://me:secret@Scm.example.com:8443/acme/api.git", ("scm.example.com", "acme/api")),
        ("ssh://git@scm.example.com:22/acme/api/", ("scm.example.com", "acme/api")),
        ("git@scm.example.com:acme/api.git", ("scm.example.com", "acme/api")),
        ("work:group/acme/api", ("work", "acme/api")),
        ("/srv/git/acme/api.git", ("", "acme/api")),
        ("https://scm.example.com/api", None),
        ("https://[::1/acme/api", None),
        ("git@scm.example.com:acme/a\x1b[2Jpi", None),
        ("https://scm.example.com/acme/api#3", ("scm.example.com", "acme/api")),
        ("git@scm.example.com:acme/api#3", None),
        ("https://scm.example.com/acme/%2e%2e", None),
        ("", None),
    ],
)
def test_what_an_address_of_a_remote_names(url: str, expected: tuple[str, str] | None) -> None:
    assert named(url) == expected


def test_the_remote_is_the_branchs_else_origin_else_the_only_one(clone: str, tmp_path: Path) -> None:
    assert (here().slug, here().branch, here().commit) == ("acme/storefront", "main", clone)
    git("remote", "add", "fork", "https://scm.example.com/me/storefront")
    assert here().slug == "acme/storefront"
    git("config", "branch.main.remote", "fork")
    assert here().slug == "me/storefront"
    git("worktree", "add", "-q", "--detach", str(tmp_path / "tree"))
    os.chdir(tmp_path / "tree")
    assert (here().slug, here().branch, here().commit) == ("acme/storefront", "", clone)
    git("remote", "remove", "origin")
    assert here().slug == "me/storefront"
    git("remote", "add", "third", "https://scm.example.com/third/storefront")
    with pytest.raises(UserError, match="several remotes, none of them origin"):
        here()


def test_without_git_or_clone_or_match_one_sentence_says_so(
    drone: Drone, cli: Cli, clone: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    git("remote", "set-url", "origin", "https://me:secret@scm.example.com/acme/nothing")
    done = cli("show")
    assert (done.status, done.out, done.err.count("\n")) == (2, "", 1)
    assert "no server has acme/nothing, which the remote origin of this clone names" in done.err
    git("remote", "set-url", "origin", "https://me:secret@scm.example.com/nothing")
    assert cli("show").err == ('buildwatch: give a REPO; the remote "origin" of this clone names none (owner/name)\n')
    os.chdir(tmp_path)
    no_clone = "buildwatch: give a REPO; none is known, since this folder is in no git clone that git would read\n"
    assert cli("wait") == (2, "", no_clone)
    monkeypatch.setenv("PATH", "")
    assert cli("logs") == (2, "", no_clone)


def test_what_is_checked_out_is_the_build_that_is_meant(drone: Drone, cli: Cli, clone: str) -> None:
    mine = drone.ended(RED, commit=clone, branch="main")
    newer = drone.ended(GREEN, commit=OTHER, branch="main")
    drone.ended(GREEN, commit=OTHER, branch="feature")
    assert json.loads(cli("show", "--json").out)["build"]["number"] == mine.number
    assert cli("wait").status == 1
    assert json.loads(cli("show", "@latest", "--json").out)["build"]["number"] == newer.number
    assert cli("logs", f"#{newer.number}:unit/test").out == "ok\n"
    done = cli("restart", "--yes", "--json")
    assert json.loads(done.out)["build"] == mine.number


def test_a_commit_without_a_build(drone: Drone, cli: Cli, clone: str) -> None:
    newer = drone.ended(GREEN, commit=OTHER, branch="main")
    drone.ended(GREEN, commit=OTHER, branch="feature")
    done = cli("show", "--json")
    assert json.loads(done.out)["build"]["number"] == newer.number
    address = f"{drone.repo}#{newer.number}"
    assert done.err == f"buildwatch: {clone[:8]} has no build; {address} is the newest of branch main\n"
    done = cli("cancel", "--yes")
    said = f"{drone.repo} has no build of {clone[:8]}; the newest of branch main is {address}"
    assert done == (2, "", f"buildwatch: {said}\n")


def test_after_a_push_the_build_is_waited_for(
    drone: Drone, cli: Cli, clone: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("buildwatch.cli.meant.LOOK_AGAIN", 0.05)
    drone.ended(GREEN, commit=OTHER, branch="main")
    push = threading.Timer(0.3, lambda: drone.start(RED, commit=clone, branch="main"))
    push.start()
    done = cli("wait")
    push.join()
    assert done.status == 1
    assert done.out.startswith(f"{drone.repo}#2  ")
    assert done.err == f"buildwatch: waiting for a build of {clone[:8]} in {drone.repo}\n"


def test_a_build_that_never_comes(drone: Drone, cli: Cli, clone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("buildwatch.cli.meant.COMING", 0.1)
    done = cli("wait")
    assert (done.status, done.out) == (4, "")
    assert f"{drone.repo} has no build of {clone[:8]}, and none came within 0.1 s; was it pushed?" in done.err


def test_create_takes_repo_and_branch_of_the_clone(drone: Drone, cli: Cli, clone: str) -> None:
    git("checkout", "-q", "-b", "main2")
    assert "start a new build of acme/storefront, branch main2" in cli("create").err
