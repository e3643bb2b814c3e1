"""What drone-slack posts of an environment, by version."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from buildwatch.notify.plugin.blocks import custom_blocks, own_blocks
from buildwatch.notify.plugin.environment import Environment
from buildwatch.notify.plugin.shape import Json
from buildwatch.notify.plugin.versions import Like

Render = Callable[[str], str]
"""What a template's setting prints, trimmed."""

_COLORS: Final = {"success": "good", "failure": "danger", "error": "danger", "killed": "danger"}


def payload(environment: Environment, like: Like, render: Render) -> Json:
    """The JSON for the webhook. Raises `PluginError`, and what `render` raises."""
    settings = environment.settings
    if like is Like.CURRENT:
        return _current(environment, render)
    fallback = render(settings["fallback"]) if settings.get("fallback") else default_fallback(environment)
    text = render(settings["template"]) if settings["template"] else default_text(environment)
    attachment: Json = {
        "color": _color(environment),
        "fallback": fallback,
        "text": text,
        **_given(image_url=settings["imageURL"]),
        "mrkdwn_in": ["text", "fallback"],
    }
    names = "1" if environment.flags["linkNames"] else ""
    return {**_head(environment), **_given(link_names=names), "attachments": [attachment]}


def call(environment: Environment, render: Render) -> Json:
    """The arguments of chat.postMessage, which the current version calls where it has an access token."""
    text, _, blocks = _parts(environment, render)
    said: Json = {"blocks": blocks} if blocks else {"text": text}
    return {"channel": _channel(environment), **said}


def default_text(environment: Environment) -> str:
    """The message without a template."""
    one = environment
    what = f"{one.owner}/{one.name}#{one.commit[:8]}"
    return _still(f"*{one.status}* <{one.link}|{what}> ({one.branch}) by {one.author['username']}")


def default_fallback(environment: Environment) -> str:
    """The fallback without a template."""
    one = environment
    what = f"{one.owner}/{one.name}#{one.commit[:8]}"
    return _still(f"{one.status} {what} ({one.branch}) by {one.author['username']}")


def _current(environment: Environment, render: Render) -> Json:
    text, fallback, blocks = _parts(environment, render)
    attachment: Json = {
        **_given(color=_color(environment), fallback=fallback, text=text, image_url=environment.settings["imageURL"]),
        "mrkdwn_in": ["text", "fallback"],
        "blocks": None,
    }
    return {
        **_head(environment),
        "attachments": [attachment],
        **({"blocks": blocks} if blocks else {}),
        "replace_original": False,
        "delete_original": False,
    }


def _parts(environment: Environment, render: Render) -> tuple[str, str, list[Json]]:
    """Text, fallback and blocks of the current version, in the order in which it makes, and fails at, them."""
    settings = environment.settings
    text = render(settings["template"]) if settings["template"] else settings["message"] or default_text(environment)
    if settings["mentions"]:
        named = (one if one.startswith("@") else f"@{one}" for one in settings["mentions"].split(","))
        text = f"{' '.join(f'<{one}>:' for one in named)} {text}"
    blocks = custom_blocks(environment)
    if blocks:
        text = ""
    fallback = render(settings["fallback"]) if settings["fallback"] else default_fallback(environment)
    return text, fallback, blocks + own_blocks(environment)


def _head(environment: Environment) -> Json:
    settings = environment.settings
    return _given(
        username=settings["username"],
        channel=_channel(environment),
        icon_url=settings["iconURL"],
        icon_emoji=settings["iconEmoji"],
    )


def _channel(environment: Environment) -> str:
    recipient, channel = environment.settings["recipient"], environment.settings["channel"]
    if recipient:
        return recipient if recipient.startswith("@") else f"@{recipient}"
    return channel if not channel or channel.startswith("#") else f"#{channel}"


def _color(environment: Environment) -> str:
    return environment.settings.get("color") or _COLORS.get(environment.status, "warning")


def _given(**values: str) -> Json:
    """Those that are not empty."""
    return {name: value for name, value in values.items() if value}


def _still(text: str) -> str:
    """A text of ours in which no value may mention anybody."""
    return text.replace("<!", "<\u200b!").replace("<@", "<\u200b@")
