"""What drone-template-lib has not: helpers that write what Slack understands. All for `{{{ }}}`."""

from __future__ import annotations

import re

from buildwatch.notify.templates.helpers.calls import helper
from buildwatch.notify.templates.helpers.texts import slackescape
from buildwatch.notify.templates.run import Run
from buildwatch.notify.templates.values import Own, text_of


@helper("mention", "any")
def mention(run: Run, value: object) -> str:
    """A member's or a group's id as a mention: `U012AB3CD`, `S012AB3CD`. Anything else is printed escaped."""
    text = text_of(value).removeprefix("@")
    if re.fullmatch(r"[UW][A-Z0-9]{6,20}", text):
        return Own(f"<@{text}>")
    if re.fullmatch(r"S[A-Z0-9]{6,20}", text):
        return Own(f"<!subteam^{text}>")
    return slackescape(run, value)


@helper("mrkdwn_link", "any", "any")
def mrkdwn_link(run: Run, address: object, label: object) -> str:
    """A link with its words; without an http address only the words."""
    words = slackescape(run, label).replace("|", "¦")
    where = text_of(address)
    if not re.match(r"https?://[^\s<>|]+\Z", where):
        return words
    return f"<{slackescape(run, where)}|{words}>"
