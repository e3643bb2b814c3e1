"""How the daemon is, and its numbers in the format of Prometheus. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Health:
    """How the daemon is. `alive` and `ready` are empty when all is well, else a sentence; `metrics` by full name."""

    alive: str = ""
    ready: str = ""
    metrics: Mapping[str, float] = field(default_factory=dict)


HELP: Mapping[str, tuple[str, str]] = {
    "buildwatch_builds_seen_total": ("counter", "Moves of builds that were accounted for."),
    "buildwatch_builds_ended_total": ("counter", "Ends of builds that were accounted for."),
    "buildwatch_rules_matched_total": ("counter", "Messages that rules made."),
    "buildwatch_messages_sent_total": ("counter", "Messages that are in Slack."),
    "buildwatch_messages_failed_total": ("counter", "Attempts of which nobody can say whether they arrived."),
    "buildwatch_messages_retried_total": ("counter", "Attempts that were put off."),
    "buildwatch_messages_dead_total": ("counter", "Messages that Slack refused for good."),
    "buildwatch_queue_depth": ("gauge", "Messages in the queue, by state."),
    "buildwatch_lag_seconds": ("gauge", "How long the oldest message that is due waits."),
    "buildwatch_last_delivery_seconds": ("gauge", "From an event to its message in Slack, the last time."),
    "buildwatch_stream_up": ("gauge", "Whether a server's event stream is open, by server."),
    "buildwatch_server_up": ("gauge", "Whether a server answers, by server."),
}


def page(metrics: Mapping[str, float]) -> str:
    """Numbers in the text format of Prometheus. Names may have labels."""
    lines: list[str] = []
    for name, (kind, what) in HELP.items():
        own = {full: value for full, value in metrics.items() if full.partition("{")[0] == name}
        if own:
            lines += [f"# HELP {name} {what}", f"# TYPE {name} {kind}"]
            lines += [f"{full} {value:g}" for full, value in sorted(own.items())]
    return "\n".join(lines) + "\n"


def label(name: str, **labels: str) -> str:
    """A number's name with its labels."""
    shown = ",".join(f'{key}="{_escaped(value)}"' for key, value in labels.items())
    return f"{name}{{{shown}}}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
