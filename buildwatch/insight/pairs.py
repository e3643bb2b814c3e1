"""Which stage and step of one build is which of another. Pure.

The same name is the same thing; of several with one name the first is the first. What is left on both sides may have
got another name: a stage with mostly the same steps (a matrix with another version in it), a step at the same place
with a name or an image like it. Anything else is new, or gone.
"""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from typing import Final, NamedTuple, TypeVar

from buildwatch.model import Build, Stage, Step

ALIKE: Final = 0.6
"""From what likeness on (0 to 1) two names can be those of one thing."""

MOST: Final = 400
"""So many pairs of things without a partner are looked at; with more of them names have to be the same."""

T = TypeVar("T", Stage, Step)


class StepPair(NamedTuple):
    """A step in both builds; None in the one that has none like it."""

    that: Step | None
    this: Step | None


class StagePair(NamedTuple):
    """A stage in both builds, None in the one that has none like it, and its steps."""

    that: Stage | None
    this: Stage | None
    steps: tuple[StepPair, ...]


def paired(that: Build, this: Build) -> tuple[StagePair, ...]:
    """All stages and steps of both, each once, in the order of `this`; what is gone follows what it followed."""
    before, after = that.stages or (), this.stages or ()
    return tuple(
        StagePair(old, new, tuple(_steps(old.steps if old else (), new.steps if new else ())))
        for old, new in _aligned(before, after, _renamed_stages)
    )


def _steps(before: Sequence[Step], after: Sequence[Step]) -> Iterator[StepPair]:
    return (StepPair(old, new) for old, new in _aligned(before, after, _renamed_steps))


_Match = dict[int, int]
"""Places in the earlier sequence by places in the later one."""


def _aligned(
    before: Sequence[T], after: Sequence[T], renamed: Callable[[Sequence[T], Sequence[T], Mapping[int, int]], _Match]
) -> Iterator[tuple[T | None, T | None]]:
    match = _by_name(before, after)
    match |= renamed(before, after, match)
    follows, last = defaultdict[int, list[int]](list), -1
    back = {old: new for new, old in match.items()}
    for old in range(len(before)):
        last = back.get(old, last)
        if old not in back:
            follows[last].append(old)
    yield from ((before[old], None) for old in follows[-1])
    for new, thing in enumerate(after):
        yield (before[match[new]] if new in match else None), thing
        yield from ((before[old], None) for old in follows[new])


def _by_name(before: Sequence[T], after: Sequence[T]) -> _Match:
    places = defaultdict[str, deque[int]](deque)
    for old, thing in enumerate(before):
        places[thing.name].append(old)
    return {new: places[thing.name].popleft() for new, thing in enumerate(after) if places.get(thing.name)}


def _renamed_stages(before: Sequence[Stage], after: Sequence[Stage], match: Mapping[int, int]) -> _Match:
    """Of those left the ones with the most steps in common, of these the ones whose names are most alike."""
    olds, news = _left(before, match.values()), _left(after, match)
    if len(olds) * len(news) > MOST:
        return {}
    alone = len(before) == len(after) == 1
    likes = [(*_stage_likeness(before[old], after[new]), -new, -old) for new in news for old in olds]
    found: _Match = {}
    for steps, _, new, old in sorted(likes, reverse=True):
        if (alone or steps > 0.5) and -new not in found and -old not in found.values():
            found[-new] = -old
    return found


def _stage_likeness(old: Stage, new: Stage) -> tuple[float, float]:
    """What share of the names of their steps they have in common, and how alike their own are."""
    names = _likeness(old.name, new.name)
    one, other = (Counter(step.name for step in stage.steps) for stage in (old, new))
    if not one and not other:
        return (1.0 if names >= ALIKE else 0.0), names
    return (one & other).total() / (one | other).total(), names


def _renamed_steps(before: Sequence[Step], after: Sequence[Step], match: Mapping[int, int]) -> _Match:
    """Of those left between the same two steps the ones that are alike, in their order."""
    olds = _slots(len(before), {old: new for new, old in match.items()})
    news = _slots(len(after), {new: new for new in match})
    found: _Match = {}
    for slot in olds.keys() & news.keys():
        left = olds[slot]
        if len(left) * len(news[slot]) > MOST:
            continue
        lone = len(left) == len(news[slot]) == 1
        for new in news[slot]:
            old = next((old for old in left if _same_step(before[old], after[new], lone)), None)
            if old is not None:
                left.remove(old)
                found[new] = old
    return found


def _slots(count: int, match: Mapping[int, int]) -> dict[int, list[int]]:
    """The places without a partner, by the (later) place of the last one before them that has one."""
    slots, last = defaultdict[int, list[int]](list), -1
    for at in range(count):
        last = match.get(at, last)
        if at not in match:
            slots[last].append(at)
    return slots


def _same_step(old: Step, new: Step, lone: bool) -> bool:
    same_image = bool(old.image) and old.image == new.image
    return (lone and same_image) or _likeness(old.name, new.name) >= ALIKE


def _likeness(one: str, other: str) -> float:
    return SequenceMatcher(None, one[:80], other[:80], autojunk=False).ratio()


def _left(of: Sequence[T], taken: Iterable[int]) -> list[int]:
    known = set(taken)
    return [at for at in range(len(of)) if at not in known]
