"""What a person types after `/`: which builds are shown. Pure.

Words are joined by 'and'. A word matches where it is found in the repo, branch, author, status, event or commit message
of a build, without regard to case. `failed`, `running`, `waiting`, `blocked` and `mine` have a meaning of their own;
`repo:`, `branch:`, `author:`, `status:`, `event:` and `server:` look in one place only; a leading `!` turns it round.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from buildwatch.model import Build, Repo, Status

FAILED: Final = "failed"
MINE: Final = "mine"

Test = Callable[[Repo, Build | None, str], bool]
"""Of a repo, one of its builds (None where it has none) and the login of the server's user."""


class Filter:
    """One filter, ready to be asked about many builds."""

    def __init__(self, text: str = "") -> None:
        self.text = text.strip()
        words = self.text.lower().split()
        self._tests = [_test(word) for word in words]
        self._whose = [_test(word) for word in words if word == MINE or word.startswith("author:")]

    def __bool__(self) -> bool:
        return bool(self._tests)

    def shows(self, repo: Repo, build: Build | None, me: str = "") -> bool:
        """Whether this build (or, without builds, this repo) is to be shown to the user whose login is `me`."""
        return all(test(repo, build, me) for test in self._tests)

    @property
    def asks_whose(self) -> bool:
        """Whether it asks for the builds of somebody."""
        return bool(self._whose)

    def is_theirs(self, repo: Repo, build: Build, me: str) -> bool:
        """Whether it is of those whose builds are asked for: a repo stands by the newest of these."""
        return all(test(repo, build, me) for test in self._whose)


def with_or_without(text: str, word: str) -> str:
    """The text of a filter with this word where it was without it, and the other way round."""
    words = text.split()
    left = [other for other in words if other.lower() != word]
    return " ".join(left if len(left) < len(words) else [*words, word])


def _test(word: str) -> Test:
    if word.startswith("!") and len(word) > 1:
        positive = _test(word[1:])
        return lambda repo, build, me: not positive(repo, build, me)
    if word in _SPECIAL:
        return _SPECIAL[word]
    place, colon, wanted = word.partition(":")
    finds = (_ONLY_THERE[place],) if colon and place in _ONLY_THERE else _ANYWHERE
    if finds is _ANYWHERE:
        wanted = word
    return lambda repo, build, _: any(wanted in find(repo, build).lower() for find in finds)


def _is_of(build: Build, login: str) -> bool:
    """Whether the user of that login wrote, sent or started it. Code hosts take logins without regard to case."""
    who = login.lower()
    return who != "" and who in (build.author.lower(), build.sender.lower(), build.trigger.lower())


def _waits_for_a_person(build: Build) -> bool:
    blocked = any(stage.status == Status.BLOCKED for stage in build.stages or ())
    return build.status == Status.BLOCKED or (blocked and not build.status.ended)


_SPECIAL: dict[str, Test] = {
    FAILED: lambda _repo, build, _me: build is not None and build.status.failed,
    "running": lambda _repo, build, _me: build is not None and build.status == Status.RUNNING,
    "waiting": lambda _repo, build, _me: build is not None and build.status.rank == 0,
    "blocked": lambda _repo, build, _me: build is not None and _waits_for_a_person(build),
    MINE: lambda _repo, build, me: build is not None and _is_of(build, me),
}

Find = Callable[[Repo, Build | None], str]

_PLACES: dict[str, Find] = {
    "repo": lambda repo, _: repo.slug,
    "branch": lambda _, build: f"{build.branch} {build.source}" if build else "",
    "author": lambda _, build: f"{build.author} {build.author_name} {build.sender}" if build else "",
    "status": lambda _, build: build.status if build else "",
    "event": lambda _, build: build.event if build else "",
}

_ONLY_THERE: dict[str, Find] = {**_PLACES, "server": lambda repo, _: repo.server}

_ANYWHERE: tuple[Find, ...] = (
    *_PLACES.values(),
    lambda _, build: f"#{build.number} {build.title} {build.message} {build.deploy_to}" if build else "",
)
