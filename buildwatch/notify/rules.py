"""Which rules an occasion concerns, and why the others do not. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from buildwatch.notify.occasions import Occasion
from buildwatch.notify.settings import Kind, Rule, Silence

_TURNS: Final = frozenset({Kind.BROKEN, Kind.FIXED, Kind.STILL_FAILING, Kind.RECOVERED})


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a rule says of an occasion.

    `matched` are the words of its `when` that hold, empty where it does not match. `held` says why nothing is told
    although it matches, `why_not` why it does not match. `flapping` says that it is to be told as such.
    """

    rule: Rule
    matched: frozenset[Kind] = frozenset()
    why_not: str = ""
    held: str = ""
    flapping: bool = False

    @property
    def tells(self) -> bool:
        """Whether a message is made."""
        return bool(self.matched) and not self.held


def match(rules: Iterable[Rule], silences: Iterable[Silence], occasion: Occasion, now: float) -> list[Verdict]:
    """What each rule says, in their order; after one that matches and says `stop` no other is asked."""
    silences = tuple(silences)
    verdicts: list[Verdict] = []
    stopped = ""
    for rule in rules:
        if stopped:
            verdicts.append(Verdict(rule, why_not=f'rule "{stopped}" matches and says stop'))
            continue
        verdict = _verdict(rule, silences, occasion, now)
        verdicts.append(verdict)
        if verdict.matched and rule.stop:
            stopped = rule.name
    return verdicts


def _verdict(rule: Rule, silences: tuple[Silence, ...], occasion: Occasion, now: float) -> Verdict:
    why_not = rule.matcher.why_not(occasion.build)
    if why_not:
        return Verdict(rule, why_not=why_not)
    matched = rule.when & occasion.kinds
    if not matched:
        what = " and ".join(sorted(occasion.kinds - {Kind.EVERY}))
        return Verdict(rule, why_not=f"it is {what}, not {' or '.join(sorted(rule.when))}")
    silence = next((one for one in silences if _silenced(one, rule, occasion, now)), None)
    if silence is not None:
        until = datetime.fromtimestamp(silence.end, UTC).strftime("%Y-%m-%d %H:%M UTC")
        return Verdict(rule, matched, held=f"it is silenced until {until}: {silence.reason}")
    flapping = ""
    if rule.flapping and occasion.ended and matched <= _TURNS:
        flapping = occasion.past.flapping(occasion.end, rule.flapping)
    held = "the branch goes on flapping, which was told" if flapping == "goes on" else ""
    return Verdict(rule, matched, held=held, flapping=flapping == "begins")


def _silenced(silence: Silence, rule: Rule, occasion: Occasion, now: float) -> bool:
    return (
        silence.begin <= now < silence.end
        and (not silence.rules or rule.name in silence.rules)
        and not silence.matcher.why_not(occasion.build)
    )
