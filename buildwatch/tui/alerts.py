"""Builds whose end a person waits for, and how it is told beyond the screen: bell, desktop, a command.

Nothing from outside gets into an escape sequence but names of plain letters, and nothing into a command line: a command
gets what there is to know in its environment.
"""

from __future__ import annotations

import asyncio
import os
import re
import signal
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Final

from buildwatch.config.alert import AlertSettings
from buildwatch.insight.eta import ran
from buildwatch.model import Build, BuildKey, Status
from buildwatch.store import Changes
from buildwatch.words import duration

LONGEST: Final = 30.0
"""Seconds that a command may take."""

_PLAIN: Final = re.compile(r"[A-Za-z0-9._/#-]{1,120}")
"""Names that may stand in an escape sequence: neither control characters nor what separates its parts."""

_WORDS: Final[Mapping[str, str]] = {
    Status.SUCCESS: "succeeded",
    Status.FAILURE: "failed",
    Status.ERROR: "could not be run",
    Status.KILLED: "was stopped",
    Status.SKIPPED: "was skipped",
    Status.DECLINED: "was declined",
}


class Watched:
    """The builds that are watched for their end."""

    def __init__(self) -> None:
        self.keys: set[BuildKey] = set()
        """Always the same set."""

    def watch(self, builds: Iterable[Build], *, on: bool) -> None:
        """Watch these, or no more."""
        keys = {build.key for build in builds}
        self.keys.update(keys) if on else self.keys.difference_update(keys)

    def take(self, changes: Changes) -> list[Build]:
        """Those that ended just now; they are watched no more."""
        ended = {move.build.key: move.build for move in changes.moves if move.stage is None and move.after.ended}
        found = [build for key, build in ended.items() if key in self.keys]
        self.keys.difference_update(ended)
        return found


def sentence(build: Build, name: str) -> str:
    """How a build of that name ended: `acme/gcd#9 failed after 0:41`."""
    took = ran(build, 0)
    after = f" after {duration(took)}" if took is not None else ""
    return f"{name} {_WORDS.get(build.status, 'ended')}{after}"


def notification(build: Build, how: str) -> str:
    """The escape sequence that asks a terminal for a desktop notification; empty for `off`.

    OSC 9 is iTerm2's (also of WezTerm, kitty, Windows Terminal), OSC 777 rxvt's (also of VTE, foot, WezTerm).
    """
    name = build.address if _PLAIN.fullmatch(build.address) else f"build {build.number}"
    match how:
        case "osc9":
            return (
                f"\x1b]9;buildwatch: {sentence(build, name)}\x07"  # a text that begins with a digit is a command there
            )
        case "osc777":
            return f"\x1b]777;notify;buildwatch;{sentence(build, name)}\x07"
        case _:
            return ""


def facts(build: Build, url: str) -> dict[str, str]:
    """What a command is told of a build, as variables of its environment. `url` is its web page."""
    took = ran(build, 0)
    return {
        "BUILDWATCH_BUILD": build.address,
        "BUILDWATCH_SERVER": build.server,
        "BUILDWATCH_REPO": build.repo,
        "BUILDWATCH_NUMBER": str(build.number),
        "BUILDWATCH_STATUS": str(build.status),
        "BUILDWATCH_EVENT": build.event,
        "BUILDWATCH_BRANCH": build.branch,
        "BUILDWATCH_COMMIT": build.commit,
        "BUILDWATCH_AUTHOR": build.author,
        "BUILDWATCH_MESSAGE": build.title or build.message,
        "BUILDWATCH_SECONDS": "" if took is None else str(int(took)),
        "BUILDWATCH_URL": url,
    }


async def run(settings: AlertSettings, told: Mapping[str, str]) -> str:
    """Run the command; a sentence where that went wrong. It has neither input nor the terminal."""
    try:
        process = await asyncio.create_subprocess_exec(
            *settings.command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            env={**os.environ, **told},
            start_new_session=True,  # so that what it starts can be ended with it
        )
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "no such command"
        return f"the command of [alert] cannot be started ({reason.lower()})"
    try:
        status = await asyncio.wait_for(process.wait(), LONGEST)
    except TimeoutError:
        return f"the command of [alert] took more than {LONGEST:.0f} seconds and was ended"
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
    return f"the command of [alert] failed with exit {status}" if status else ""
