"""The sinks of a configuration, by their destinations."""

from __future__ import annotations

from buildwatch.notify.settings import SlackSettings
from buildwatch.notify.slack.channel import ChannelSink, Workspace
from buildwatch.notify.slack.webhook import WebhookSink


class Sinks:
    """`sinks(destination)` is the sink of `channel:NAME` or `webhook:NAME`, None where that is not configured.

    Tokens are read when the first message is sent.
    """

    def __init__(self, settings: SlackSettings) -> None:
        self._settings = settings
        self._workspace = Workspace(settings.token.read, settings.api_url)
        self._made: dict[str, ChannelSink | WebhookSink] = {}

    def __call__(self, destination: str) -> ChannelSink | WebhookSink | None:
        """The sink of a destination; the same one each time, since it knows what it is still waiting for."""
        if destination not in self._made:
            kind, _, name = destination.partition(":")
            if kind == "channel" and name and self._settings.token.key:
                self._made[destination] = ChannelSink(self._workspace, name)
            elif kind == "webhook" and name in self._settings.webhooks:
                self._made[destination] = WebhookSink(name, self._settings.webhooks[name].read)
            else:
                return None
        return self._made[destination]
