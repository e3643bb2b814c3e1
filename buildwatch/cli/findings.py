"""How what a check found is printed, and what its exit status is."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Final

from buildwatch.cli.output import Output, say
from buildwatch.findings import Finding
from buildwatch.model import Status

_SIGNS: Final = {"ok": Status.SUCCESS, "warning": Status.ERROR, "problem": Status.FAILURE}


async def tell(findings: AsyncIterator[Finding], out: Output, *, as_json: bool) -> int:
    """Print each as it comes, a line each; the exit status: 0 where there is no problem, else 1.

    As JSON a line is an object with `level` (ok, warning, problem) and `said`.
    """
    problems = 0
    async for finding in findings:
        problems += finding.level == "problem"
        say(json.dumps(finding._asdict()) if as_json else line(finding, out))
    return 1 if problems else 0


def line(finding: Finding, out: Output) -> str:
    """A finding with its sign."""
    status = _SIGNS[finding.level]
    return f"{out.painted(out.glyphs.status[status], status)} {finding.said}"
