"""What a person can mean by the begin of what is typed after `:`, the best first. Pure.

Letters are looked for in their order, anywhere: `gwpay` finds `acme/gateway-payments`. Behind a `#` stands the begin
of a build's number, behind a `:` letters of one of its steps; what stands before them chooses among repos. Where there
is neither, repos and commands are offered side by side.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from heapq import nsmallest
from itertools import islice
from typing import Final, NamedTuple

from buildwatch.address import Address
from buildwatch.model import Build, Repo, RepoKey, Status
from buildwatch.store import Known
from buildwatch.words import branch_of

MOST: Final = 50
"""How many choices there are at most."""

REPOS: Final = 5
"""In how many repos, the best, builds are looked for."""

Score = tuple[int, int, int]
"""How well letters fit; less is better."""


class Command(NamedTuple):
    """Something to do: the word for it, what it does, and the id of its binding, which means it too."""

    word: str
    says: str
    id: str = ""


class Choice(NamedTuple):
    """One thing that can be meant. `text` is how it is written, `more` what stands behind it where one goes on.

    A `command` is one's word. Else it is a repo, with a `number` its build, with `stage` and `step` (numbers) one of
    its steps. `says` is what is to be said of it and `status` how it stands.
    """

    text: str
    says: str = ""
    more: str = ""
    command: str = ""
    repo: RepoKey = RepoKey("", "")
    number: int = 0
    stage: int = 0
    step: int = 0
    status: Status | None = None


def score(wanted: str, text: str) -> Score | None:
    """How well `wanted` (lower case) fits `text`; None where its letters are not there in their order.

    Best is the whole, then its begin, the begin of a word in it, any part of it; then letters that are scattered, those
    near to each other first. Of alike ones the shorter.
    """
    text = text.lower()
    if not wanted:
        return 0, 0, 0
    if wanted == text:
        return 0, 0, 0
    at = text.find(wanted)
    if at == 0:
        return 1, 0, len(text)
    if at > 0:
        words = _word_begins(text, wanted, at)
        return (2, words, len(text)) if words >= 0 else (3, at, len(text))
    first = last = -1
    for letter in wanted:
        last = text.find(letter, last + 1)
        if last < 0:
            return None
        first = last if first < 0 else first
    return 4, last - first, len(text)


def _word_begins(text: str, wanted: str, at: int) -> int:
    """Where `wanted` stands at the begin of a word, from `at` on; -1 where it does not."""
    while at > 0 and text[at - 1].isalnum():
        at = text.find(wanted, at + 1)
    return at


def choices(typed: str, known: Known, commands: Sequence[Command], most: int = MOST) -> list[Choice]:
    """What can be meant by `typed`, at most `most`, the best first."""
    text = typed.strip().lower()
    name, hash, rest = text.partition("#")
    number, colon, place = rest.partition(":")
    if not hash:
        return _repos_and_commands(name, known, commands, most)
    if number and not number.isdecimal():
        return []
    builds = _builds(name, number, known, exact=bool(colon))
    if not colon:
        several = len(known.servers) > 1
        return [_build_choice(build, several) for build in islice(builds, most)]
    build = next(builds, None)
    return _steps(build, place, most) if build is not None else []


def _repos_and_commands(wanted: str, known: Known, commands: Sequence[Command], most: int) -> list[Choice]:
    found: list[tuple[Score, int, str, Choice]] = []
    several = len(known.servers) > 1
    for fits, repo in _fitting(wanted, known):
        found.append((fits, 0, repo.slug, _repo_choice(repo, known, several)))
    for order, command in enumerate(commands):
        fits_it = score(wanted, command.word) or ((0, 0, 0) if wanted == command.id else None)
        if fits_it is not None:
            kind = fits_it if wanted else (5, order, 0)  # with nothing typed the repos come first
            found.append((kind, 1, command.word, Choice(command.word, command.says, command=command.word)))
    return [choice for *_, choice in nsmallest(most, found, key=lambda one: one[:3])]


def _fitting(wanted: str, known: Known) -> Iterator[tuple[Score, Repo]]:
    """The repos that fit, each by its name or by the whole, whichever fits better."""
    for repo in known.repos.values():
        if known.newest(repo.key) is None and not repo.active:
            continue
        fits = [fit for fit in (score(wanted, repo.slug), score(wanted, repo.name)) if fit is not None]
        if fits:
            yield min(fits), repo


def _builds(name: str, number: str, known: Known, *, exact: bool) -> Iterator[Build]:
    """Builds of the repos that fit best, newest first, whose number begins so, or is that."""
    best = nsmallest(REPOS if name else len(known.repos), _fitting(name, known), key=lambda one: (one[0], one[1].slug))
    whole = [build for _, repo in best for build in known.builds(repo.key) if str(build.number) == number]
    yield from whole
    if not exact or not number:
        begun = ((repo, build) for _, repo in best for build in known.builds(repo.key))
        yield from (build for _, build in begun if str(build.number).startswith(number) and str(build.number) != number)


def _steps(build: Build, wanted: str, most: int) -> list[Choice]:
    alone = len(build.stages or ()) == 1
    found: list[tuple[Score, int, Choice]] = []
    for stage in build.stages or ():
        for step in stage.steps:
            name = step.name if alone else f"{stage.name}/{step.name}"
            fits = [fit for fit in (score(wanted, name), score(wanted, step.name)) if fit is not None]
            if fits:
                text = f"{build.address}:{name}"
                where = Choice(text, "", "", "", build.repo_key, build.number, stage.number, step.number, step.status)
                found.append((min(fits) if wanted else (0, 0, 0), len(found), where))
    return [choice for *_, choice in nsmallest(most, found, key=lambda one: one[:2])]


def _repo_choice(repo: Repo, known: Known, several: bool) -> Choice:
    newest = known.newest(repo.key)
    says = f"#{newest.number} {branch_of(newest)}" if newest is not None else "no builds yet"
    where = f"{repo.server}  {says}" if several else says
    return Choice(repo.slug, where, "#", repo=repo.key, status=newest.status if newest is not None else None)


def _build_choice(build: Build, several: bool) -> Choice:
    about = build.title or build.message.partition("\n")[0]
    says = "  ".join(filter(None, (build.server if several else "", build.event, branch_of(build), about)))
    return Choice(build.address, says, ":", "", build.repo_key, build.number, status=build.status)


def place_in(build: Build, address: Address) -> tuple[int, int]:
    """The numbers of the stage and step of `build` that an address means; 0 for what it does not name or is not there.

    A lone name is a stage's, else a step's.
    """
    if address.stage is None:
        return 0, 0
    stages = build.stages or ()
    for stage in stages:
        if address.stage in (stage.number, stage.name):
            steps = (step for step in stage.steps if address.step in (step.number, step.name))
            return stage.number, next((step.number for step in steps), 0)
    found = ((stage, step) for stage in stages for step in stage.steps if address.stage in (step.number, step.name))
    return next(((stage.number, step.number) for stage, step in found), (0, 0))


def words(ids: Iterable[str]) -> dict[str, str]:
    """For each id of a binding (`build.restart`) the word that means it: without its room, where no other has it."""
    tails: dict[str, list[str]] = {}
    for id in ids:
        tails.setdefault(id.partition(".")[2], []).append(id)
    return {id: tail if len(found) == 1 else id for tail, found in tails.items() for id in found}
