"""What the daemon says on stderr: a line for each thing that happened, for people or as JSON, without secrets."""

from __future__ import annotations

import json
import sys
import time
from typing import Final, TextIO

from buildwatch.text import clean

LEVELS: Final = ("debug", "info", "warning", "error")


class Log:
    """Says what is at least as important as `level`. Everything from outside is made safe to show."""

    def __init__(self, level: str = "info", *, as_json: bool = False, out: TextIO | None = None) -> None:
        self._least = LEVELS.index(level)
        self._as_json = as_json
        self._out = out or sys.stderr

    def __call__(self, level: str, event: str, **facts: object) -> None:
        """Say that this happened, with what belongs to it."""
        if LEVELS.index(level) < self._least:
            return
        shown = {name: clean(value, 500) if isinstance(value, str) else value for name, value in facts.items()}
        now = time.time()
        if self._as_json:
            line = json.dumps({"time": round(now, 3), "level": level, "event": event, **shown})
        else:
            stamp = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(now))
            parts = "".join(f" {name}={_quoted(value)}" for name, value in shown.items() if value not in ("", None))
            line = f"{stamp} {level:7} {event}{parts}"
        try:
            self._out.write(line + "\n")
            self._out.flush()
        except (OSError, ValueError):
            return  # nobody reads it any more, which is no reason not to send


def _quoted(value: object) -> str:
    text = str(value)
    return json.dumps(text, ensure_ascii=False) if " " in text or '"' in text or "=" in text else text
