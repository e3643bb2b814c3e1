"""`buildwatch demo --notify`: a Slack on loopback, and a real `buildwatch notify` between it and the demo servers."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Final, cast

from buildwatch.cli.errors import UserError

_SLACK: Final = "BUILDWATCH_DEMO_SLACK_TOKEN"
_CI: Final = "BUILDWATCH_DEMO_CI_TOKEN"

_RULES: Final = """
[[rule]]
name = "what broke"
when = ["broken", "still_failing", "fixed", "blocked"]
channel = "#builds"
mention = "author"
excerpt = 6
thread = true

[[rule]]
name = "deployments"
target = "*?"
when = ["started", "every"]
channel = "#deploys"
"""


@contextmanager
def notified(servers: list[tuple[str, str]], token: str) -> Iterator[Path]:
    """A notifier of these servers (names and addresses); its outbox. It lives as long as the block."""
    with tempfile.TemporaryDirectory(prefix="buildwatch-demo-") as name, ExitStack() as stack:
        folder = Path(name)
        environ = os.environ | {_SLACK: f"xoxb-{secrets.token_hex(12)}", _CI: token}
        slack = stack.enter_context(_process("buildwatch.demo.slack", env=environ))
        ready = cast(IO[str], slack.stdout).readline().split()
        if ready[:1] != ["ready"]:
            raise UserError("the demo's Slack did not start", 1)
        outbox = folder / "outbox.db"
        config = folder / "config.toml"
        config.write_text(_configuration(servers, ready[1], outbox))
        stack.enter_context(_process("buildwatch", "notify", "--config", str(config), env=environ))
        yield outbox


def _configuration(servers: list[tuple[str, str]], api_url: str, outbox: Path) -> str:
    tables = "".join(f'[[server]]\nname = "{name}"\nurl = "{url}"\ntoken_env = "{_CI}"\n' for name, url in servers)
    slack = f'[slack]\ntoken_env = "{_SLACK}"\napi_url = "{api_url}"\n'
    return f'{tables}{slack}[store]\nurl = "sqlite:///{outbox}"\n{_RULES}'


@contextmanager
def _process(module: str, *args: str, env: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(  # noqa: S603 - this very program
        [sys.executable, "-m", module, *args],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=env,
        start_new_session=True,  # Ctrl-C is for the screen
    ) as process:
        try:
            yield process
        finally:
            process.terminate()
