"""A real HTTP Slack in this process, and sinks that talk to it."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from buildwatch.config.token import Token
from buildwatch.demo.slack import SlackServer, running
from buildwatch.notify.slack.channel import ChannelSink, Workspace
from buildwatch.notify.slack.webhook import WebhookSink


@pytest_asyncio.fixture
async def slack() -> AsyncIterator[SlackServer]:
    async with running(SlackServer(seed=7, control=True)) as server:
        yield server


@pytest.fixture
def channel(slack: SlackServer) -> ChannelSink:
    return ChannelSink(Workspace(lambda: Token(slack.token), slack.api_url), "C0BUILDS")


@pytest.fixture
def webhook(slack: SlackServer) -> WebhookSink:
    return WebhookSink("team", lambda: Token(slack.webhook()))
