"""The blocks of `custom_block` and `custom_template`, as the current drone-slack makes them."""

from __future__ import annotations

import json
import re
from typing import Final, NoReturn

from buildwatch.notify.plugin.environment import Environment
from buildwatch.notify.plugin.shape import DIVIDER, HEADER, Json, Misfit, actions, section, shaped
from buildwatch.notify.plugin.versions import PluginError


def _header(text: str) -> Json:
    return {"type": "header", "text": {"type": "plain_text", "text": text, "emoji": True}}


def _fields(*names: str) -> Json:
    return {"type": "section", "fields": [{"type": "mrkdwn", "text": f"*{name}*: {{{{{name}}}}}"} for name in names]}


def _button(label: str, action: str) -> Json:
    text = {"type": "plain_text", "text": label}
    button = {"type": "button", "action_id": action, "text": text, "url": "{{Link}}"}
    return {"type": "actions", "elements": [button]}


_WHO: Final = _fields("Project", "Branch", "Author")
_CUSTOM: Final = {
    "basic_success_1": [_header("Build Succeeded. :white_check_mark:"), _WHO, _button("View Build", "view_build")],
    "basic_fail_1": [_header("Build Failed. :red_circle:"), _WHO, _button("View Build", "view_build")],
    "basic_on_hold_1": [_header("ON HOLD - Awaiting Approval :raised_hand:"), _WHO, _fields("Mentions")],
}
"""Its templates, by the names of the setting. There is one more, `success_tagged_deploy_1`, which is no JSON there."""


def custom_blocks(environment: Environment) -> list[Json]:
    """The blocks of the setting `custom_template`, empty where it is not set. Raises `PluginError`.

    Values go into the JSON as they are, so a quote in one is an error there as here.
    """
    name = environment.settings.get("customTemplate", "")
    if not name:
        return []
    if name == "success_tagged_deploy_1":
        raise PluginError("failed to parse filled template JSON: invalid character '\"' after object key:value pair")
    if name not in _CUSTOM:
        raise PluginError(f"invalid template name: {name}")
    values = {
        "Project": environment.name,
        "Branch": environment.branch,
        "Author": environment.author.get("username", ""),
        "Mentions": environment.settings.get("mentions", ""),
        "Link": environment.link,
    }
    source = json.dumps(_CUSTOM[name], ensure_ascii=False)
    filled = re.sub(r"\{\{([A-Za-z]+)\}\}", lambda found: values[found[1]], source)
    try:
        return [_known(block) for block in _loaded(filled)]
    except (ValueError, Misfit) as error:
        raise PluginError(f"failed to parse filled template JSON: {_said(error)}") from None


def own_blocks(environment: Environment) -> list[Json]:
    """The blocks of the setting `custom_block`. Raises `PluginError`."""
    text = environment.settings.get("customBlock", "")
    if not text:
        return []
    try:
        given = _json(text)
        if given is not None and not isinstance(given, dict):
            raise Misfit("expected an object with blocks")
        blocks = {name.lower(): value for name, value in (given or {}).items()}.get("blocks")
        if blocks is not None and not isinstance(blocks, list):
            raise Misfit("blocks are no list")
    except (ValueError, Misfit) as error:
        raise PluginError(f"could not unmarshal custom block: {_said(error)}") from None
    try:
        return [section(block) for block in blocks or []]
    except Misfit as error:
        raise PluginError(f"could not unmarshal individual block: {error}") from None


def _known(block: object) -> Json:
    match block:
        case {"type": "section"}:
            return section(block)
        case {"type": "header"}:
            return shaped(block, HEADER, "HeaderBlock")
        case {"type": "actions"}:
            return actions(block)
    return shaped(block, DIVIDER, "DividerBlock")


def _loaded(text: str) -> list[object]:
    blocks = _json(text)
    if not isinstance(blocks, list):
        raise Misfit("blocks are no list")
    return blocks


def _json(text: str) -> object:
    try:
        return json.loads(text, parse_constant=_no_constant)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def _no_constant(word: str) -> NoReturn:
    raise ValueError(f"invalid character {word[:1]!r}")


def _said(error: Exception) -> str:
    """Where the JSON is wrong, without the text itself."""
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg[:1].lower()}{error.msg[1:]}, line {error.lineno} column {error.colno}"
    return str(error)
