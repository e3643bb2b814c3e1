"""Builds, pasts and rules for the tests of the notifier."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from msgspec.structs import replace as changed

from buildwatch.config.token import plain
from buildwatch.model import Build, Stage, Status, Step
from buildwatch.notify.matching import Matcher
from buildwatch.notify.message import End
from buildwatch.notify.settings import (
    Kind,
    NotifySettings,
    Rule,
    Silence,
    SlackSettings,
    StoreSettings,
    TemplateText,
)
from buildwatch.notify.templates import Template

ANY = Matcher({})
NOW = 1_700_001_000.0


def build(number: int = 7, status: str = "failure", **values: object) -> Build:
    """A build of octocat/hello-world on lab that ran for a minute; its id is its number and 100."""
    made = Build(
        "lab",
        "octocat/hello-world",
        100 + number,
        number,
        Status(status),
        event="push",
        branch="main",
        author="octocat",
        message="Say hello",
        commit="7fd1a60b01f91b314f59955a4e4d4e80d8edf11d",
        created=1_700_000_000 + 100 * number,
        started=1_700_000_001 + 100 * number,
        finished=1_700_000_061 + 100 * number if Status(status).ended else 0,
    )
    return changed(made, **values)


def with_steps(of: Build, *statuses: str) -> Build:
    """The build with one stage of steps named s1, s2, … that ended so."""
    steps = tuple(
        Step(n, f"s{n}", Status(word), of.started, of.started + 5, exit_code=0 if word == "success" else n)
        for n, word in enumerate(statuses, 1)
    )
    return changed(of, stages=(Stage(1, "default", of.status, steps=steps),))


def end(number: int, status: str, run: int = 0, length: int = 60, **values: object) -> End:
    """What is remembered of `build(number)`."""
    of = build(number, status, **values)
    finished = of.started + length
    return End(
        of.server,
        of.repo,
        of.id,
        run,
        number,
        of.branch,
        of.event,
        of.deploy_to,
        of.status,
        of.created,
        of.started,
        finished,
        of.commit,
        of.author,
    )


def text(source: str) -> TemplateText:
    """A compiled template."""
    return TemplateText(Template(source), "test: template")


def rule(name: str = "r", when: str = "every", source: str = "{{build.address}} {{change}}", **values: Any) -> Rule:
    """A rule; `when` are words with spaces between."""
    kinds = frozenset(map(Kind, when.split()))
    base: dict[str, Any] = {
        "matcher": ANY,
        "destination": "channel:C0BUILDS",
        "template": text(source),
        "details": None,
    }
    return Rule(name=name, when=kinds, **(base | values))


def book(*rules: Rule, silences: tuple[Silence, ...] = (), users: dict[str, str] | None = None) -> NotifySettings:
    """Settings with these rules."""
    store = StoreSettings("sqlite:////nowhere/outbox.db", Path("/nowhere/outbox.db"))
    return NotifySettings(SlackSettings(plain("xoxb-1")), store, rules, silences, users or {})
