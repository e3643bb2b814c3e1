"""[[rule]] and [[silence]] tables → `Rule` and `Silence`."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

from buildwatch.config import secrets, token, tomlfile
from buildwatch.config.errors import ConfigError, near
from buildwatch.config.token import TokenSource
from buildwatch.config.tomlfile import Key, Table
from buildwatch.notify import amounts, load_quiet
from buildwatch.notify.builtin import BUILTINS
from buildwatch.notify.matching import FIELDS, BadGlob, Matcher, globs
from buildwatch.notify.message import Doubt
from buildwatch.notify.settings import Kind, Rule, Silence, Style, TemplateText
from buildwatch.notify.templates import Template, TemplateError
from buildwatch.text import clean

LARGEST: Final = 64 * 1024
"""Bytes of a template's file."""

_GLOB: Final = Key((str, list), 'a text or a list of texts, like "release/*"')
_MATCH: Final = dict.fromkeys(FIELDS, _GLOB)
_FLAG: Final = Key((bool,), "true or false")
_RULE: Final[Mapping[str, Key]] = {
    "name": Key((str,), "a short name of its own, without line breaks", form=r"\S(.{0,58}\S)?"),
    **_MATCH,
    "when": Key((str, list), f"one or more of {', '.join(Kind)}"),
    "stop": _FLAG,
    "channel": Key((str,), 'a channel, like "#builds" or "C0BUILDS"', form=r"[#@]?[^\s#@<>&:,|]{1,80}"),
    "webhook": Key((str,), "the name of a [slack.webhooks.NAME], or its address", form=r"\S+"),
    "webhook_env": Key((str,), "the name of an environment variable (in capitals)", form="[A-Z_][A-Z0-9_]*"),
    "template": Key((str,), "a template's text"),
    "template_file": Key((str,), "the path of a file with a template", form=".+"),
    "builtin": Key((str,), f"one of {', '.join(BUILTINS)}", tuple(BUILTINS)),
    "details": Key((str,), "a template's text, for what stands below the message"),
    "style": Key((str,), '"text" or "attachment"', tuple(Style)),
    "color": Key(
        (str,), 'good, warning, danger or a colour like "#36a64f"', form="good|warning|danger|#[0-9a-fA-F]{6}"
    ),
    "username": Key((str,), "a name that messages are shown under", form=".{1,80}"),
    "icon_emoji": Key((str,), 'an emoji, like ":drone:"', form=":[a-z0-9_+'-]{1,100}:"),
    "icon_url": Key((str,), "the address of a picture", form=r"https?://\S+"),
    "mention": Key((str, list), 'one or more of "author", "here", "channel" and ids of Slack, like "S012AB3CD"'),
    "update": _FLAG,
    "thread": _FLAG,
    "broadcast": _FLAG,
    "excerpt": Key((bool, int), "true, false or a number of lines from 1 to 50"),
    "snippet": _FLAG,
    "group": Key((str, int, float), amounts.LENGTH),
    "quiet": Key((dict,), 'a table, like { from = "22:00", to = "07:00", timezone = "Europe/Berlin" }'),
    "flapping": Key((int,), "how many changes among ten ends count as flapping, from 2 to 9"),
    "ambiguous": Key((str,), '"again" or "never"', tuple(Doubt)),
}
_SILENCE: Final[Mapping[str, Key]] = {
    **_MATCH,
    "rule": Key((str, list), "the name of a rule, or a list of such"),
    "from": Key((datetime,), "a date and time, like 2030-01-31T08:00:00+01:00"),
    "until": Key((datetime,), "a date and time, like 2030-01-31T08:00:00+01:00"),
    "reason": Key((str,), "why, in a few words", form=r"\S.{0,300}"),
}
_EXCERPT: Final = 12
"""How many lines of an excerpt `true` means."""


class Surroundings(NamedTuple):
    """What rules are read in: the file, the environment, the [slack] table, and the webhooks, to which they add."""

    file: Path
    environ: Mapping[str, str]
    slack: Table
    webhooks: dict[str, TokenSource]


def rules(table: Table, around: Surroundings) -> tuple[Rule, ...]:
    """The rules of a file, in its order. Raises `ConfigError`."""
    found: dict[str, Rule] = {}
    for number, entry in enumerate(table.get("rule", ()), 1):
        where = _where(around.file, "rule", number, entry)
        rule = _rule(_table(entry, where), where, around)
        if rule.name in found:
            raise ConfigError(f'{where}: the name "{rule.name}" is taken already; expected one of its own')
        found[rule.name] = rule
    return tuple(found.values())


def silences(table: Table, around: Surroundings, names: set[str]) -> tuple[Silence, ...]:
    """The silences of a file; `names` are the rules that there are. Raises `ConfigError`."""
    found = []
    for number, entry in enumerate(table.get("silence", ()), 1):
        where = _where(around.file, "silence", number, entry)
        tomlfile.check(_table(entry, where), _SILENCE, where)
        for key in ("until", "reason"):
            if key not in entry:
                raise ConfigError(f"{where}: {key} is missing; expected {_SILENCE[key].expected}")
        meant = _texts(entry.get("rule", []), "rule", where, _SILENCE)
        for name in meant:
            if name not in names:
                raise ConfigError(f'{where}: there is no rule "{clean(name, 60)}"{near(name, names)}')
        begin = _moment(entry["from"], "from", where) if "from" in entry else 0.0
        end = _moment(entry["until"], "until", where)
        if end <= begin:
            raise ConfigError(f"{where}: until must be later than from")
        found.append(Silence(_matcher(entry, where), clean(entry["reason"]), end, begin, meant))
    return tuple(found)


def _rule(entry: Table, where: str, around: Surroundings) -> Rule:
    tomlfile.check(entry, _RULE, where)
    for key in ("name", "when"):
        if key not in entry:
            raise ConfigError(f"{where}: {key} is missing; expected {_RULE[key].expected}")
    if clean(entry["name"]) != entry["name"]:
        raise ConfigError(f"{where}: name must be {_RULE['name'].expected}")
    destination = _destination(entry, where, around)
    text, details = _templates(entry, where, around.file)
    style = entry.get("style", "attachment" if entry.get("builtin") == "drone" else "text")
    values: dict[str, Any] = {
        key: entry.get(key, around.slack.get(key, "")) for key in ("username", "icon_emoji", "icon_url")
    }
    values |= {key: entry[key] for key in ("stop", "color", "thread", "broadcast", "snippet") if key in entry}
    values["update"] = entry.get("update", destination.startswith("channel:"))
    if "group" in entry:
        values["group"] = _seconds(entry["group"], "group", where)
    if "quiet" in entry:
        values["quiet"] = load_quiet.quiet(entry["quiet"], f"{where}: quiet")
    if "flapping" in entry:
        values["flapping"] = _number(entry["flapping"], "flapping", 2, 9, where)
    return Rule(
        entry["name"],
        _matcher(entry, where),
        _when(entry["when"], where),
        destination,
        text,
        details,
        style=Style(style),
        mentions=_mentions(entry.get("mention", []), where),
        excerpt=_excerpt(entry.get("excerpt", False), where),
        doubt=Doubt(entry.get("ambiguous", Doubt.AGAIN)),
        **values,
    )


def _destination(entry: Table, where: str, around: Surroundings) -> str:
    """`channel:…` or `webhook:…`; a webhook that is given here by itself is put with the others."""
    given = [key for key in ("channel", "webhook", "webhook_env") if key in entry]
    if len(given) > 1:
        raise ConfigError(f"{where}: {' and '.join(given)} are given; expected only one of them")
    if given == ["channel"] or (not given and "channel" in around.slack):
        return f"channel:{_channel(entry.get('channel', around.slack.get('channel')), where)}"
    for key in ("update", "thread", "broadcast", "snippet"):
        if entry.get(key):
            raise ConfigError(f"{where}: {key} needs a channel and a bot token; a webhook's messages stay as they are")
    name = _webhook(entry, where, around)
    if name not in around.webhooks:
        if not given:
            raise ConfigError(f"{where}: no channel and no webhook is given; expected one of them, here or in [slack]")
        hint = near(name, around.webhooks) or "; expected one of [slack.webhooks.NAME]"
        raise ConfigError(f'{where}: there is no webhook "{clean(name, 60)}"{hint}')
    return f"webhook:{name}"


def _channel(name: str, where: str) -> str:
    if not re.fullmatch(_RULE["channel"].form, name):
        raise ConfigError(f"{where}: channel must be {_RULE['channel'].expected}")
    return name if name[0] in "#@" or re.fullmatch("[CDGUW][A-Z0-9]{2,}", name) else f"#{name}"


def _webhook(entry: Table, where: str, around: Surroundings) -> str:
    """The name of the webhook; nothing of an address is in it."""
    if "webhook_env" in entry:
        name = entry["webhook_env"]
        around.webhooks.setdefault(name, token.from_env(name, around.environ, "webhook"))
        return str(name)
    name = entry.get("webhook", "default")
    if "/" not in name and ":" not in name:
        return str(name)
    if not re.fullmatch(r"https?://[!-~]+", name):
        raise ConfigError(f"{where}: webhook must be {_RULE['webhook'].expected}")
    short = hashlib.sha256(name.encode()).hexdigest()[:10]
    around.webhooks.setdefault(short, token.plain(name, "webhook"))
    return short


def _templates(entry: Table, where: str, file: Path) -> tuple[TemplateText, TemplateText | None]:
    """The message's own, and the one for what stands below it."""
    given = [key for key in ("template", "template_file", "builtin") if key in entry]
    if len(given) > 1:
        raise ConfigError(f"{where}: {' and '.join(given)} are given; expected only one of them")
    builtin = BUILTINS[entry.get("builtin", "default")]
    below = entry.get("details", "" if given and given[0] != "builtin" else builtin.details)
    details = _compiled(below, f"{where}: details") if below else None
    match given:
        case ["template"]:
            return _compiled(entry["template"], f"{where}: template"), details
        case ["template_file"]:
            return _from_file(secrets.path_of(entry["template_file"], file), where), details
        case _:
            return _compiled(builtin.text, f"{where}: builtin"), details


def _compiled(source: str, where: str) -> TemplateText:
    try:
        return TemplateText(Template(source), where)
    except TemplateError as error:
        raise ConfigError(f"{where}, {clean(str(error), 300)}") from None


def _from_file(path: Path, where: str) -> TemplateText:
    shown = clean(str(path))
    try:
        with path.open("rb") as opened:
            data = opened.read(LARGEST + 1)
    except OSError as error:
        why = (error.strerror or "no reason given").lower()
        raise ConfigError(f"{where}: template_file {shown} cannot be read ({why})") from None
    if len(data) > LARGEST:
        raise ConfigError(f"{where}: template_file {shown} is larger than {LARGEST // 1024} KiB; expected a template")
    try:
        source = data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"{where}: template_file {shown}, line {line}: expected text in UTF-8") from None
    return _compiled(source, f"{where}: template_file {shown}")


def _matcher(entry: Table, where: str) -> Matcher:
    found = {}
    for name in FIELDS:
        if name in entry:
            texts = _texts(entry[name], name, where, _MATCH)
            if not texts:
                raise ConfigError(f"{where}: {name} is an empty list; expected {_GLOB.expected}")
            try:
                found[name] = globs(texts, any_case=name == "author")
            except BadGlob as error:
                raise ConfigError(f"{where}: {name} {error}; expected a glob, {_GLOB.expected}") from None
    return Matcher(found)


def _when(value: object, where: str) -> frozenset[Kind]:
    texts = _texts(value, "when", where, _RULE)
    words = {kind.value for kind in Kind}
    for text in texts:
        if text not in words:
            raise ConfigError(f"{where}: when must be {_RULE['when'].expected}{near(text, words)}")
    if not texts:
        raise ConfigError(f"{where}: when is an empty list; expected {_RULE['when'].expected}")
    return frozenset(map(Kind, texts))


def _mentions(value: object, where: str) -> tuple[str, ...]:
    texts = tuple(text.removeprefix("@") for text in _texts(value, "mention", where, _RULE))
    for text in texts:
        if text not in ("author", "here", "channel") and not re.fullmatch("[UWS][A-Z0-9]{1,20}", text):
            raise ConfigError(f"{where}: mention must be {_RULE['mention'].expected}")
    return texts


def _excerpt(value: bool | int, where: str) -> int:
    return _EXCERPT if value is True else _number(value, "excerpt", 0 if value is False else 1, 50, where)


def _texts(value: object, key: str, where: str, schema: Mapping[str, Key]) -> tuple[str, ...]:
    listed = value if isinstance(value, list) else [value]
    texts = tuple(text for text in listed if isinstance(text, str))
    if len(texts) < len(listed):
        raise ConfigError(f"{where}: {key} must be {schema[key].expected}")
    return texts


def _number(value: int, key: str, least: int, most: int, where: str) -> int:
    if not least <= value <= most:
        raise ConfigError(f"{where}: {key} must be {_RULE[key].expected}")
    return int(value)


def _moment(value: datetime, key: str, where: str) -> float:
    """Unix seconds; without an offset it is this machine's own time."""
    try:
        return value.timestamp()
    except (OverflowError, ValueError, OSError):  # a year that no clock tells
        raise ConfigError(f"{where}: {key} must be {_SILENCE[key].expected}") from None


def _seconds(value: object, key: str, where: str) -> float:
    length = amounts.seconds(value)
    if length is None:
        raise ConfigError(f"{where}: {key} must be {amounts.LENGTH}")
    return length


def _table(entry: object, where: str) -> Table:
    if not isinstance(entry, dict):
        raise ConfigError(f"{where} must be a table")
    return entry


def _where(file: Path, table: str, number: int, entry: object) -> str:
    name = entry.get("name") if isinstance(entry, dict) else None
    return f"{clean(str(file))}: [[{table}]] {clean(name, 60) if isinstance(name, str) and name else number}"
