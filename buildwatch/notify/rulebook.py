"""All rules together: the one thing that the daemon asks. Pure.

For a build that moved: `occasions.occasion`, with the past that its server tells where a rule `wants_past`; then what
`wants` asks for is filled in (`context.with_links`, `excerpts.plain_log`), then `tell`. `occasions.retold` gives what
ends of higher numbers have become by an end, to be told likewise, and `occasions.overdue` what time makes of a build.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache, partial
from typing import Final, NamedTuple

from buildwatch.model import Build
from buildwatch.notify import compose
from buildwatch.notify.context import context
from buildwatch.notify.message import Message
from buildwatch.notify.occasions import Occasion
from buildwatch.notify.rules import Verdict, match
from buildwatch.notify.settings import Kind, NotifySettings, Rule

_LOG: Final = re.compile(r"\blog\b")
_STEPS: Final = re.compile(r"\bsteps\b")
_FAILED: Final = re.compile(r"\bstep\b")
_PAST: Final = re.compile(r"\b(?:previous|change|failures)\b")
_BY_TIME: Final = frozenset({Kind.SLOW, Kind.STUCK})
_BY_PAST: Final = frozenset({Kind.BROKEN, Kind.FIXED, Kind.STILL_FAILING, Kind.RECOVERED, Kind.SLOW, Kind.STUCK})


class Wants(NamedTuple):
    """What has to be known of a build before it is told: its stages and steps, and the log of the step that failed."""

    stages: bool = False
    log: bool = False


class _Asks(NamedTuple):
    """What a rule wants to know: the past, all steps, of a build that failed the step that did, and its log."""

    past: bool
    steps: bool
    failed: bool
    log: bool


class Rulebook:
    """The rules of one configuration."""

    def __init__(self, settings: NotifySettings) -> None:
        self.settings = settings
        self._asks = {rule.name: _asks(rule) for rule in settings.rules}

    def verdicts(self, occasion: Occasion, now: float) -> list[Verdict]:
        """What each rule says of the occasion, for a person who wants to know why."""
        return match(self.settings.rules, self.settings.silences, occasion, now)

    def wants(self, occasion: Occasion, now: float) -> Wants:
        """What the rules that tell of the occasion want to know. `now` is unix seconds, as in `tell`."""
        asked = [self._asks[verdict.rule.name] for verdict in self.verdicts(occasion, now) if verdict.tells]
        failed = occasion.build.status.failed
        stages = any(one.steps or (failed and (one.failed or one.log)) for one in asked)
        return Wants(stages, failed and any(one.log for one in asked))

    def wants_past(self, build: Build) -> bool:
        """Whether a rule that may speak of the build goes by those before it, or tells of them."""
        return any(self._asks[rule.name].past and not rule.matcher.why_not(build) for rule in self.settings.rules)

    def wants_time(self, build: Build) -> bool:
        """Whether a rule that may speak of the build is told of what takes too long."""
        return any(rule.when & _BY_TIME and not rule.matcher.why_not(build) for rule in self.settings.rules)

    def tell(self, occasion: Occasion, now: float) -> list[Message]:
        """The messages of all rules, at most one for a rule, and its excerpt where that goes into the thread.

        An end that was told as another one before (`earlier`) gives only what is other now, and no snippet twice.
        """
        made = self._made(occasion, now)
        if occasion.earlier is None:
            return made
        earlier = replace(occasion.earlier, links=occasion.links, log=occasion.log)
        before = {message.slot: message.body for message in self._made(earlier, now)}
        return [
            replace(message, snippet=None) if message.slot in before else message
            for message in made
            if before.get(message.slot) != message.body
        ]

    def _made(self, occasion: Occasion, now: float) -> list[Message]:
        given = cache(partial(context, occasion))
        return [
            message
            for verdict in self.verdicts(occasion, now)
            if verdict.tells
            for message in compose.messages(verdict, occasion, self.settings, now, given)
        ]


def _asks(rule: Rule) -> _Asks:
    sources = [text.template.source for text in (rule.template, rule.details) if text is not None]
    log = bool(rule.excerpt or rule.snippet or any(map(_LOG.search, sources)))
    past = bool(rule.when & _BY_PAST or rule.thread or rule.flapping or any(map(_PAST.search, sources)))
    return _Asks(past, any(map(_STEPS.search, sources)), any(map(_FAILED.search, sources)), log)
