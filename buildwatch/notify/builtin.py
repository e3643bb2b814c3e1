"""The templates that are there without being written: the text of a message, and what stands below it."""

from __future__ import annotations

from typing import Final, NamedTuple


class Builtin(NamedTuple):
    """The text and the details (both templates; the latter empty for none)."""

    text: str
    details: str = ""


_HEAD: Final = (
    "{{{sign}}} *{{#if change}}{{change}}{{else}}{{build.status}}{{/if}}* {{{mrkdwn_link build.link build.address}}}"
    "{{#if build.branch}} ({{{slackescape build.branch}}}){{/if}}"
    "{{#if build.deployTo}} to {{{slackescape build.deployTo}}}{{/if}}"
    "{{#if build.author.username}} by {{{slackescape build.author}}}{{/if}}"
    "{{#if build.duration}} after {{build.duration}}{{/if}}"
)
_DETAILS: Final = """\
{{#if build.message.title}}{{{slackescape build.message.title}}}
{{/if}}
{{#if build.error}}
{{{slackescape build.error}}}
{{/if}}
{{#if step.failed.name}}
step {{{mrkdwn_link links.step step.failed.name}}} ended with exit status {{step.failed.exit_code}}
{{/if}}
{{#if build.previous.number}}
{{#if change}}
before it: {{{mrkdwn_link build.previous.link build.previous.address}}} {{build.previous.status}}
{{/if}}
{{/if}}
"""
_DRONE: Final = (
    "*{{build.status}}* <{{build.link}}|{{repo.owner}}/{{repo.name}}#{{truncate build.commit 8}}> "
    "({{{slackescape build.branch}}}) by {{{slackescape build.author}}}"
)

BUILTINS: Final = {
    "default": Builtin(_HEAD, _DETAILS),
    "short": Builtin(_HEAD),
    "drone": Builtin(_DRONE),
}
"""By the names that `builtin` takes; `drone` is the default message of drone-slack."""
