"""The table of kinds: which servers there are, and in what they differ. A new kind is a new row.

What is not named here is the same for all. A tree is how a build ends, see `tree`: a line for the build, its stages and
their steps, each with its status, and with its exit code where that is not 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from textwrap import dedent
from typing import Literal

from buildwatch.demo import kinds as demo
from buildwatch.model import Build


@dataclass(frozen=True)
class Kind:
    """One kind of server, as the demo server plays it and as buildwatch calls it.

    `repo` is a public repo of it and `private` one that is not. `axis` is how a stage of a matrix is called whose name
    is `go {}` and whose axis is GO={}, as far as there are such things. `again` says what a restart is, `gates` whether
    builds can wait for approval, `needs` whether a stage can wait for others. `silent` names the scenarios of whose end
    no event tells. `ends` has the trees that are not those of all others, and why.
    """

    name: demo.Kind
    repo: str
    private: str
    axis: str = "GO={}"
    again: Literal["a new number", "the same number"] = "a new number"
    gates: bool = True
    needs: bool = False
    silent: frozenset[str] = frozenset()
    ends: Mapping[str, str] = field(default_factory=dict)


_NO_TRACE = {
    "failure": """
        failure
          default: failure
            clone: success
            test: failure 3
            notify: success
        """,
    "skipped": """
        failure
          default: failure
            a: failure 3
        """,
    "killed": """
        killed
          default: killed
            clone: success
            test: killed
        """,
}
"""Steps that never ran leave no line in a log, and logs are all that tells of steps there."""

_STOPPED_WELL = {
    "killed": """
        killed
          default: killed
            clone: success
            test: success
            after: skipped
        """
}
"""The agent says of the step that it stopped that it ended well."""

_WAITED = """
    failure
      unit: failure
        clone: success
        test: failure 3
      ship: skipped
    """
"""A stage is skipped because one that it waits for fails."""

KINDS = (
    Kind(
        "drone-0.5",
        "cellar/fax-gateway",
        "cellar/payroll",
        again="the same number",
        gates=False,
        ends=_NO_TRACE,
    ),
    Kind(
        "drone-0.7",
        "outlet/shopfront",
        "outlet/tills",
        again="the same number",
        silent=frozenset({"refusal"}),
        ends=_STOPPED_WELL,
    ),
    Kind(
        "drone-0.8",
        "warehouse/picking",
        "logistics/customs",
        silent=frozenset({"refusal"}),
        ends=_STOPPED_WELL,
    ),
    Kind(
        "drone-2",
        "acme/search",
        "acme/billing",
        axis="go {}",
        needs=True,
        silent=frozenset({"killed", "refusal"}),
        ends={
            "skipped": _WAITED,
            "killed": """
                killed
                  default: killed
                    clone: success
                    test: killed 130
                    after: skipped 130
                """,
            "refusal": """
                declined
                  default: declined
                """,
        },
    ),
    Kind(
        "woodpecker",
        "workshop/chat",
        "robots/fleet",
        axis="go {0} GO={0}",
        needs=True,
        ends={
            "skipped": _WAITED.rstrip() + "\n        push: skipped\n",
            "refusal": """
                declined
                  default: declined
                    clone: declined
                    test: declined
                """,
        },
    ),
)


def tree(build: Build | None) -> str:
    """A build as text, to be compared whole."""
    if build is None:
        return "unknown"
    lines = [f"{build.status}"]
    for stage in build.stages or ():
        lines.append(f"  {stage.name}: {stage.status}")
        lines += [f"    {step.name}: {step.status} {step.exit_code or ''}".rstrip() for step in stage.steps]
    return "\n".join(lines)


def end(text: str) -> str:
    """A tree as it is written here."""
    return dedent(text).strip()
