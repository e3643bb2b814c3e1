"""What the notifier is set to, as frozen values. `buildwatch.notify.load.load_notify` reads them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time
from enum import StrEnum
from pathlib import Path
from zoneinfo import ZoneInfo

from buildwatch.config.token import TokenSource
from buildwatch.notify.matching import Matcher
from buildwatch.notify.message import Doubt
from buildwatch.notify.templates import Template


class Kind(StrEnum):
    """What a rule can be told of: the words of its `when`."""

    STARTED = "started"
    SUCCESS = "success"
    FAILURE = "failure"
    ERROR = "error"
    KILLED = "killed"
    SKIPPED = "skipped"
    DECLINED = "declined"
    BROKEN = "broken"  # failed, and the one before had not
    FIXED = "fixed"  # green, and the one before had failed
    STILL_FAILING = "still_failing"  # failed, as the one before
    RECOVERED = "recovered"  # fixed, after two or more had failed in a row
    BLOCKED = "blocked"  # waits for a person's approval
    SLOW = "slow"  # takes much longer than its own history
    STUCK = "stuck"  # has not ended, and nothing of it has moved for long
    EVERY = "every"  # any end


class Style(StrEnum):
    """Where in a message the template's text goes."""

    TEXT = "text"  # the message's own text
    ATTACHMENT = "attachment"  # beside a coloured bar, as drone-slack has it


@dataclass(frozen=True, slots=True)
class TemplateText:
    """A template that was set, compiled, and where, for what is said of it."""

    template: Template
    where: str


@dataclass(frozen=True, slots=True)
class Quiet:
    """Hours in which a rule holds back. From `begin` until `end` (the next day, where that is earlier) in `zone`.

    `days` are the weekdays on which they begin (0 is Monday); on those of `whole` all of the day is quiet.
    """

    begin: time
    end: time
    zone: ZoneInfo
    days: frozenset[int] = frozenset(range(7))
    whole: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Rule:
    """One [[rule]]. `destination` is `channel:…` or `webhook:…`. What is empty, 0, False or None is off.

    `mentions` are ids of Slack, `here`, `channel`, or `author`. `excerpt` is how many lines, `group` how many seconds
    messages are gathered. `flapping` is how many changes among the last ten ends of a branch are told once as flapping.
    """

    name: str
    matcher: Matcher
    when: frozenset[Kind]
    destination: str
    template: TemplateText
    details: TemplateText | None
    stop: bool = False
    style: Style = Style.TEXT
    color: str = ""
    username: str = ""
    icon_emoji: str = ""
    icon_url: str = ""
    mentions: tuple[str, ...] = ()
    update: bool = True
    thread: bool = False
    broadcast: bool = False
    excerpt: int = 0
    snippet: bool = False
    group: float = 0.0
    quiet: Quiet | None = None
    flapping: int = 0
    doubt: Doubt = Doubt.AGAIN


@dataclass(frozen=True, slots=True)
class Silence:
    """One [[silence]]: what it matches is not told from `begin` until `end` (unix seconds)."""

    matcher: Matcher
    reason: str
    end: float
    begin: float = 0.0
    rules: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SlackSettings:
    """[slack]. `token` has an empty `key` where none is set. `rate` is messages a second a channel, 0 for no limit.

    `webhooks` are the addresses by their names, to be read like tokens; `api_url` ends with a slash.
    """

    token: TokenSource
    api_url: str = "https://slack.com/api/"
    rate: float = 1.0
    webhooks: Mapping[str, TokenSource] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StoreSettings:
    """[store]. `url` is SQLAlchemy's, `path` the file it names, absolute; its folder need not exist.

    What is older than `retention` seconds is let go of; an end older than `max_age` seconds is told in one summary.
    """

    url: str
    path: Path
    retention: float = 30 * 86400.0
    max_age: float = 86400.0


@dataclass(frozen=True, slots=True)
class NotifySettings:
    """Everything of the notifier.

    `health` is the host and port of its own web pages, None for none. `stuck_after` is in seconds. `users` tells the
    Slack id of an author by login or name, in lower case.
    """

    slack: SlackSettings
    store: StoreSettings
    rules: tuple[Rule, ...]
    silences: tuple[Silence, ...] = ()
    users: Mapping[str, str] = field(default_factory=dict)
    health: tuple[str, int] | None = None
    log_format: str = "text"
    log_level: str = "info"
    stuck_after: float = 3600.0
    file: Path | None = None
    warnings: tuple[str, ...] = ()

    @property
    def destinations(self) -> tuple[str, ...]:
        """Each destination that a rule names, once."""
        return tuple(dict.fromkeys(rule.destination for rule in self.rules))
