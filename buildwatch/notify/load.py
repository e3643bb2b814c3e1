"""Configuration file → `NotifySettings`: [slack], [store], [notify], [users], [[rule]] and [[silence]].

Servers and everything else of the same file are read by `buildwatch.config.load`.
"""

from __future__ import annotations

import math
import os
import re
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from buildwatch.config import Settings, secrets, token, tomlfile, urls
from buildwatch.config.errors import ConfigError
from buildwatch.config.tomlfile import Key, Table
from buildwatch.notify import amounts
from buildwatch.notify.load_rules import Surroundings, rules, silences
from buildwatch.notify.settings import NotifySettings, SlackSettings, StoreSettings
from buildwatch.text import clean

_SLACK: Final[Mapping[str, Key]] = {
    **secrets.schema("token"),
    **secrets.schema("webhook"),
    "api_url": Key((str,), "an address like https://slack.com/api/"),
    "rate": Key((int, float), "messages a second a channel, from 0 (no limit of ours) on"),
    "channel": Key((str,), "a channel for the rules that name none"),
    "username": Key((str,), "a name that messages are shown under", form=".{1,80}"),
    "icon_emoji": Key((str,), 'an emoji, like ":drone:"', form=":[a-z0-9_+'-]{1,100}:"),
    "icon_url": Key((str,), "the address of a picture", form=r"https?://\S+"),
    "webhooks": Key((dict,), "tables that begin with [slack.webhooks.NAME]"),
}
_WEBHOOK: Final = secrets.schema("webhook")
_STORE: Final[Mapping[str, Key]] = {
    "url": Key((str,), "sqlite:/// and the path of a file, like sqlite:////var/lib/buildwatch/outbox.db"),
    "retention": Key((str, int, float), amounts.LENGTH),
    "max_age": Key((str, int, float), amounts.LENGTH),
}
_NOTIFY: Final[Mapping[str, Key]] = {
    "health": Key((str,), 'an address to listen on, like "127.0.0.1:8099"'),
    "log_format": Key((str,), '"text" or "json"', ("text", "json")),
    "log_level": Key((str,), "debug, info, warning or error", ("debug", "info", "warning", "error")),
    "stuck_after": Key((str, int, float), amounts.LENGTH),
}
_WEBHOOK_NAME: Final = "[A-Za-z0-9][A-Za-z0-9_.-]{0,60}"


def load_notify(settings: Settings, environ: Mapping[str, str] = os.environ) -> NotifySettings:
    """What the notifier is set to in the file that `settings` came from. Raises `ConfigError`, one sentence.

    The file is read once more, and those that its templates are in; no token is read and no command is run. Without
    any token key the bot token is the one of SLACK_BOT_TOKEN.
    """
    if settings.file is None:
        missing = clean(str(settings.paths.config))
        raise ConfigError(f"there is no configuration file {missing}; expected one with at least one [[rule]]")
    file = settings.file
    shown = clean(str(file))
    table = tomlfile.read(file, required=True) or {}
    entry = table.get("slack", {})
    slack = _slack(entry, file, f"{shown}: [slack]", environ)
    webhooks = dict(slack.webhooks)
    around = Surroundings(file, environ, entry, webhooks)
    found = rules(table, around)
    if not found:
        raise ConfigError(f"{shown} has no [[rule]]; expected at least one, that says what is told to whom")
    if not slack.token.key and any(rule.destination.startswith("channel:") for rule in found):
        raise ConfigError(
            f"{shown}: [slack] has no token; expected token_env, token_file or token_command, as a rule names a channel"
        )
    return NotifySettings(
        slack=SlackSettings(slack.token, slack.api_url, slack.rate, webhooks),
        store=_store(table.get("store", {}), file, f"{shown}: [store]", settings.paths.state),
        rules=found,
        silences=silences(table, around, {rule.name for rule in found}),
        users=_users(table.get("users", {}), f"{shown}: [users]"),
        file=file,
        warnings=_warnings(file, slack.token, *webhooks.values()),
        **_notify(table.get("notify", {}), f"{shown}: [notify]"),
    )


def _slack(entry: Table, file: Path, where: str, environ: Mapping[str, str]) -> SlackSettings:
    tomlfile.check(entry, _SLACK, where)
    bot = secrets.source(entry, "token", file, where, environ)
    if not bot.key and environ.get("SLACK_BOT_TOKEN"):
        bot = token.from_env("SLACK_BOT_TOKEN", environ)
    rate = float(entry.get("rate", 1.0))
    if not math.isfinite(rate) or rate < 0:
        raise ConfigError(f"{where}: rate must be {_SLACK['rate'].expected}")
    try:
        api_url = urls.server_url(entry.get("api_url", "https://slack.com/api/")) + "/"
    except urls.BadUrl as error:
        raise ConfigError(f"{where}: api_url {error}") from None
    webhooks = {}
    default = secrets.source(entry, "webhook", file, where, environ)
    if default.key:
        webhooks["default"] = default
    for name, one in entry.get("webhooks", {}).items():
        place = f"{where[:-1]}.webhooks.{clean(name, 60)}]"
        if not re.fullmatch(_WEBHOOK_NAME, name) or name in webhooks:
            raise ConfigError(f"{place} must have a short name of its own, of letters, digits, dots, - and _")
        if not isinstance(one, dict):
            raise ConfigError(f"{place} must be a table with webhook_env, webhook_file or webhook_command")
        tomlfile.check(one, _WEBHOOK, place)
        webhooks[name] = secrets.source(one, "webhook", file, place, environ)
        if not webhooks[name].key:
            raise ConfigError(f"{place} is empty; expected webhook_env, webhook_file or webhook_command")
    return SlackSettings(bot, api_url, rate, webhooks)


def _store(entry: Table, file: Path, where: str, state: Path) -> StoreSettings:
    tomlfile.check(entry, _STORE, where)
    lengths = {key: _length(entry[key], key, where) for key in ("retention", "max_age") if key in entry}
    url = entry.get("url")
    if url is None:
        path = state / "outbox.db"
    else:
        name = url.removeprefix("sqlite:///")
        if name == url or not name.strip("/") or name == ":memory:" or "?" in name or clean(name, 4096) != name:
            raise ConfigError(f"{where}: url must be {_STORE['url'].expected}")
        path = secrets.path_of(name, file)
    path = Path(os.path.abspath(path))
    return StoreSettings(f"sqlite:///{path}", path, **lengths)


def _notify(entry: Table, where: str) -> dict[str, Any]:
    tomlfile.check(entry, _NOTIFY, where)
    values: dict[str, Any] = {key: entry[key] for key in ("log_format", "log_level") if key in entry}
    if "stuck_after" in entry:
        values["stuck_after"] = _length(entry["stuck_after"], "stuck_after", where)
    if "health" in entry:
        values["health"] = _listen(entry["health"], where)
    return values


def _users(entry: Table, where: str) -> dict[str, str]:
    found = {}
    for name, id in entry.items():
        if not isinstance(id, str) or not re.fullmatch("@?[UWS][A-Z0-9]{1,20}", id):
            raise ConfigError(f'{where}: {clean(name, 60)} must be a Slack id, like "U012AB3CD"')
        found[name.lower()] = id.removeprefix("@")
    return found


def _length(value: object, key: str, where: str) -> float:
    length = amounts.seconds(value)
    if length is None:
        raise ConfigError(f"{where}: {key} must be {amounts.LENGTH}")
    return length


def _listen(text: str, where: str) -> tuple[str, int]:
    found = re.fullmatch(r"(?:(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]*):)?(\d{1,5})", text)
    if found is None or int(found[2]) > 65535:
        raise ConfigError(f"{where}: health must be {_NOTIFY['health'].expected}")
    return (found[1] or "127.0.0.1").strip("[]"), int(found[2])


def _warnings(file: Path, *sources: token.TokenSource) -> tuple[str, ...]:
    if all(source.key not in ("token", "webhook") for source in sources):
        return ()
    if not file.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH):
        return ()
    shown = clean(str(file))
    return (f"{shown} holds a token or a webhook and others can read it; run chmod 600 on it, or use the …_env keys",)
