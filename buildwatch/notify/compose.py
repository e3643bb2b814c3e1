"""A rule and an occasion → the message that tells it. Pure."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final
from urllib.parse import quote

from buildwatch.model import Status
from buildwatch.notify.context import failed_step, sign
from buildwatch.notify.excerpts import excerpt
from buildwatch.notify.hours import quiet_until
from buildwatch.notify.message import OF_IT, Doubt, Message, Snippet
from buildwatch.notify.mrkdwn import BELOW, DIGEST, TEXT, code, cut, escape, link
from buildwatch.notify.occasions import Occasion
from buildwatch.notify.rules import Verdict
from buildwatch.notify.settings import Kind, NotifySettings, Rule, Style
from buildwatch.notify.templates import TemplateError
from buildwatch.notify.templates.values import Struct
from buildwatch.text import clean

LATE_WAIT: Final = 10.0
"""Seconds for which ends that are older than `max_age` are gathered."""

SNIPPET: Final = 200_000
"""Characters of a snippet."""

_WORD: Final = re.compile(r"\*([a-z ]+)\*")
"""What a line says that it is, as `line_of` writes it."""

Body = dict[str, object]


def messages(
    verdict: Verdict, occasion: Occasion, settings: NotifySettings, now: float, context: Callable[[str], Struct]
) -> list[Message]:
    """What the rule of a verdict that tells says of the occasion: one message, and its excerpt where that goes into the
    thread; none where the template prints nothing. `context` is what templates are given, with that `change`.
    """
    rule = verdict.rule
    change = "flapping" if verdict.flapping else "slow" if verdict.matched == {Kind.SLOW} else ""
    given = context(change)
    text, fault = _rendered(rule, given, occasion, now)
    if not text:
        return []
    group, hold_until = _held(rule, occasion, settings, now)
    threaded = rule.thread and not group
    shown = _excerpt(rule, occasion)
    below = [part for part in (_details(rule, given, now), fault) if part]
    if shown and not threaded:
        below.append(shown)
    slot = _slot(rule, occasion)
    key = f"{_name(rule, occasion)}|{_part(occasion.word)}"
    message = Message(
        key,
        slot,
        rule.destination,
        _body(rule, occasion, cut(text, TEXT), below, _mentions(rule, occasion, settings)),
        line_of(occasion, change),
        occasion.at,
        rule.name,
        _thread(rule, occasion) if threaded else "",
        rule.broadcast,
        hold_until,
        group,
        rule.doubt,
        _snippet(rule, occasion),
    )
    if not (shown and threaded):
        return [message]
    own = {"text": shown, **_face(rule)}
    return [
        message,
        replace(
            message,
            key=f"{key}{OF_IT}",
            slot=f"{slot}{OF_IT}",
            body=own,
            reply_to=message.reply_to or slot,
            broadcast=False,
            snippet=None,
        ),
    ]


def line_of(occasion: Occasion, change: str = "") -> str:
    """An occasion in one line."""
    build = occasion.build
    words = [sign(build.status), f"*{change or occasion.change or build.status}*"]
    words.append(link(occasion.links.build, build.address))
    if build.branch:
        words.append(f"({escape(clean(build.branch, 80))})")
    if build.author:
        words.append(f"by {escape(clean(build.author, 60))}")
    return " ".join(words)


def sent(text: str) -> str:
    """What a template printed, as it is sent: Slack knows no `&quot;` and no `&apos;` and would show them."""
    return text.replace("&quot;", '"').replace("&apos;", "'")


def digest(due: Sequence[Message]) -> Message:
    """One message for several that are due together: how many of which, and each in one line, as far as they fit.

    They are of one destination. Whom they mention it mentions, once.
    """
    told = sorted(due, key=lambda message: message.at)
    mentioned = dict.fromkeys(mention for message in told for mention in _mentioned(message))
    rules = dict.fromkeys(message.rule for message in told)
    counts = Counter(found[1] for message in told if (found := _WORD.search(message.line)))
    head = f"*{len(told)} messages*" + (f" of {escape(next(iter(rules)))}" if len(rules) == 1 and told[0].rule else "")
    head += ": " * bool(counts) + ", ".join(f"{count} {word}" for word, count in counts.most_common())
    lines = [" ".join([*mentioned, head])]
    room = DIGEST - len(lines[0]) - len("\n… and 1000000 more")
    for index, message in enumerate(told):
        line = cut(message.line, 500)
        room -= len(line) + 1
        if room < 0:
            lines.append(f"… and {len(told) - index} more")
            break
        lines.append(line)
    key = "digest|" + hashlib.sha256("\n".join(message.key for message in told).encode()).hexdigest()[:32]
    face = {name: told[0].body[name] for name in ("username", "icon_emoji", "icon_url") if name in told[0].body}
    return replace(
        told[-1],
        key=key,
        slot=key,
        body={"text": "\n".join(lines), **face},
        line=head,
        rule=next(iter(rules)) if len(rules) == 1 else "",
        reply_to="",
        broadcast=False,
        hold_until=0.0,
        group="",
        doubt=Doubt.NEVER if all(message.doubt is Doubt.NEVER for message in told) else Doubt.AGAIN,
        snippet=None,
    )


def color_of(status: Status) -> str:
    """drone-slack's colour of a status (`plugin.go`)."""
    if status == Status.SUCCESS:
        return "good"
    return "danger" if status.failed else "warning"


def _rendered(rule: Rule, given: Struct, occasion: Occasion, now: float) -> tuple[str, str]:
    """The text, and a sentence where its template fails: then the plain line stands for it."""
    try:
        return sent(rule.template.template.render(given, now=now, slack_safe=True)).strip(), ""
    except TemplateError as error:
        return line_of(occasion), f"_The template of rule {escape(rule.name)} fails: {escape(clean(str(error), 300))}_"


def _details(rule: Rule, given: Struct, now: float) -> str:
    if rule.details is None:
        return ""
    try:
        return sent(rule.details.template.render(given, now=now, slack_safe=True)).strip()
    except TemplateError as error:
        return f"_The details of rule {escape(rule.name)} fail: {escape(clean(str(error), 300))}_"


def _body(rule: Rule, occasion: Occasion, text: str, below: list[str], mentions: str) -> Body:
    color = rule.color or color_of(occasion.build.status)
    body: Body = {"text": " ".join(filter(None, (mentions, text)))}
    attached: list[Body] = []
    if rule.style is Style.ATTACHMENT:
        body = {"text": mentions} if mentions else {}
        attached.append({"color": color, "fallback": text, "text": text, "mrkdwn_in": ["text", "fallback"]})
    attached += [
        {"color": color, "fallback": cut(part, 300), "text": cut(part, BELOW), "mrkdwn_in": ["text", "fallback"]}
        for part in below
    ]
    return {**body, "attachments": attached, **_face(rule)}


def _face(rule: Rule) -> Body:
    given = {"username": rule.username, "icon_emoji": rule.icon_emoji, "icon_url": rule.icon_url}
    return {name: value for name, value in given.items() if value}


def _excerpt(rule: Rule, occasion: Occasion) -> str:
    if not rule.excerpt or not occasion.ended or not occasion.build.status.failed:
        return ""
    failed = failed_step(occasion.build)
    lines = excerpt(occasion.log, failed[1].exit_code if failed else 0, rule.excerpt)
    return code("\n".join(lines), BELOW) if any(line.strip() for line in lines) else ""


def _snippet(rule: Rule, occasion: Occasion) -> Snippet | None:
    failed = failed_step(occasion.build)
    if not (rule.snippet and occasion.ended and occasion.build.status.failed and occasion.log and failed):
        return None
    title = f"{occasion.build.address} {failed[1].name}"
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", title).strip("-.")[:100] or "log"
    return Snippet(f"{name}.log", title, "\n".join(occasion.log)[-SNIPPET:])


def _mentions(rule: Rule, occasion: Occasion, settings: NotifySettings) -> str:
    build = occasion.build
    found = []
    for mention in rule.mentions:
        id = mention
        if mention == "author":
            known = (settings.users.get(name.lower()) for name in (build.author, build.author_name) if name)
            id = next((one for one in known if one), "")
        if id in ("here", "channel"):
            found.append(f"<!{id}>")
        elif id:
            found.append(f"<!subteam^{id}>" if id[0] == "S" else f"<@{id}>")
    return " ".join(dict.fromkeys(found))


def _mentioned(message: Message) -> list[str]:
    text = message.body.get("text")
    return re.findall(
        r"<(?:@[UW][A-Z0-9]+|!subteam\^S[A-Z0-9]+|!here|!channel)>", text if isinstance(text, str) else ""
    )


def _held(rule: Rule, occasion: Occasion, settings: NotifySettings, now: float) -> tuple[str, float]:
    """The group in which it waits, and until when; nothing for 'at once'."""
    until = quiet_until(rule.quiet, now) if rule.quiet else 0.0
    name = f"{_part(rule.name)}|{_part(rule.destination)}"
    if until:
        return f"quiet|{name}", until
    if now - (occasion.build.finished or occasion.at) > settings.store.max_age:
        return f"late|{name}", now + LATE_WAIT
    return (f"burst|{name}", now + rule.group) if rule.group else ("", 0.0)


def _thread(rule: Rule, occasion: Occasion) -> str:
    """The slot in whose thread it goes: that of the build's own start, else of the failure it goes on or ends."""
    if not rule.update and Kind.STARTED in rule.when and Kind.STARTED not in occasion.kinds:
        return f"{_name(rule, occasion)}|started"
    broke = occasion.standing.broke
    if not occasion.ended or broke is None or not occasion.kinds & {Kind.FIXED, Kind.STILL_FAILING}:
        return ""
    root = f"{_name_of(broke.server, broke.repo, broke.build, broke.run, rule)}"
    return root if rule.update else f"{root}|end"


def _slot(rule: Rule, occasion: Occasion) -> str:
    name = _name(rule, occasion)
    return name if rule.update else f"{name}|{'end' if occasion.ended else occasion.word}"


def _name(rule: Rule, occasion: Occasion) -> str:
    build = occasion.build
    return _name_of(build.server, build.repo, build.id, build.run, rule)


def _name_of(server: str, repo: str, build: int, run: int, rule: Rule) -> str:
    return "|".join([_part(server), _part(repo), f"{build}.{run}", _part(rule.name)])


def _part(text: str) -> str:
    """`text` without the sign that parts are joined by, so that no two keys are the same by chance."""
    return quote(text, safe=" /#:@!$&'()*+,;=?[]")
