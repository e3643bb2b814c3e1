"""The table of scenarios as they were recorded: where, and how the build ended. A new kind is a new row in each.

How a build ended is written as `brief` gives it: stages and steps with their status where it is not `success`.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from buildwatch.model import Build, Status


class Row(NamedTuple):
    """Where a scenario was recorded, and the end."""

    kind: str
    recording: str
    slug: str
    number: int
    end: str


def brief(build: Build) -> str:
    """`failure | unit failure: clone, test failure 3 | ship skipped`."""
    stages = []
    for stage in build.stages or ():
        steps = ", ".join(_word(step.name, step.status, step.exit_code) for step in stage.steps)
        stages.append(_word(stage.name, stage.status) + (f": {steps}" if steps else ""))
    return " | ".join([str(build.status), *stages])


def _word(name: str, status: Status, code: int = 0) -> str:
    return " ".join([name, *([status] if status != Status.SUCCESS else []), *([str(code)] if code else [])])


_BUILT: Final = "clone, setup, test, build, build_image, run_server, check"
_FLAKY: Final = "failure | default failure: clone, setup, test failure 3, build skipped, notify"
_SHIPPED: Final = f"success | default: {_BUILT}, deploy, slack"
_AXIS: Final = "clone, redis, test failure 1, lint skipped"
_AXES: Final = (
    f"failure | DB=sqlite PY=2.7 failure: {_AXIS} | DB=pg PY=2.7 failure: {_AXIS}"
    " | DB=sqlite PY=3.6: clone, redis, test, lint | DB=pg PY=3.6: clone, redis, test, lint"
)
_WEB: Final = "lint: clone, eslint, prettier failure 1 | unit: jest"
_MULTI: Final = (
    "success | build: clone, install, bundle | lint: clone, eslint, stylelint | unit: clone, jest"
    " | e2e: clone, chrome, firefox | deploy: clone, upload"
)
_CHECKED: Final = "clone, unit, lint failure 3"
_STOPPED: Final = "skipped 130, build_image skipped 130, run_server skipped 130"
_LEFT_OUT: Final = "build skipped, build_image skipped, run_server skipped, check skipped, slack skipped"

ROWS: Final = {
    "success": (
        # of the steps of 0.5 its logs tell, not its answers
        Row("drone-0.5", "feed_gcd_success", "old/gcd", 1, "success | default"),
        Row("drone-0.7", "feed_gcd_success", "ops/gcd", 1, f"success | default: {_BUILT}, slack"),
        Row("drone-0.8", "events_gcd_success", "devs/gcd", 2, f"success | default: {_BUILT}, slack"),
        Row("drone-1", "gcd_success", "devs/gcd", 2, "success | default: clone, deps, build, test, package"),
        Row("drone-2", "push_success_gcd", "devs/gcd", 2,
            "success | default: clone, setup, test, build, build_image, run_server, slack"),
        Row("woodpecker", "third", "octo/private-svc", 3, "success | woodpecker: work"),
    ),
    "failure in a step": (
        Row("drone-0.5", "feed_after_stuck", "old/flaky", 3, "failure | default failure"),
        Row("drone-0.7", "feed_flaky_failure", "ops/flaky", 1, _FLAKY),
        Row("drone-0.8", "events_flaky_failure", "devs/flaky", 1, _FLAKY),
        Row("drone-1", "api_failure", "devs/api", 2,
            "failure | default failure: clone, vet, compile failure 1, test skipped, report"),
        Row("drone-2", "custom_failure_gcd", "devs/gcd", 3,
            "failure | default failure: clone, setup, test failure 3, build skipped, build_image skipped,"
            " run_server skipped, deploy skipped, slack"),
        Row("woodpecker", "first", "octo/flaky", 1,
            "failure | woodpecker failure: clone, ok, fails failure 42, never skipped, notify"),
    ),
    "skipped": (
        # 0.5 to 0.8 have no stages that wait for others, and let older builds run on
        Row("drone-1", "auto_cancel_push", "ops/multi", 7,
            "skipped | build skipped | lint skipped | unit skipped | e2e skipped | deploy skipped"),
        Row("drone-2", "auto_cancel_push_gcd", "devs/gcd", 24,
            f"skipped | default killed: clone, setup, test killed 130, build {_STOPPED}, slack skipped 130"),
        Row("drone-2", "multistage_failure_web", "devs/web", 2,
            f"failure | {_WEB} | e2e failure: browsers failure 1, report skipped | package skipped | notify: slack"),
    ),
    "killed": (
        Row("drone-0.5", "feed_client_never_pongs", "old/gcd", 2, "killed | default killed"),
        Row("drone-0.7", "feed_kill_root", "ops/gcd", 3, f"killed | default killed: clone, setup, test, {_LEFT_OUT}"),
        Row("drone-0.8", "events_all_scenarios2", "devs/gcd", 6,
            f"killed | default killed: clone, setup, test, {_LEFT_OUT}"),
        Row("drone-0.8", "events_agent_dead_zombiekill", "devs/flaky", 5,
            "killed | default killed: clone, setup, test failure 3, build killed 137, notify killed 137"),
        Row("drone-1", "long_cancel", "ops/long", 4,
            "killed | default killed: clone, count killed 130, done skipped 130"),
        Row("drone-2", "multistage_cancel_web", "devs/web", 3,
            "killed | lint: clone, eslint, prettier failure 1 | unit killed: jest killed 130"
            " | e2e killed: browsers killed 137, report skipped | package skipped | notify skipped"),
        Row("woodpecker", "second", "octo/slow", 5, "killed | woodpecker killed: clone, long killed, after skipped"),
        Row("woodpecker", "second", "octo/slow", 7,
            "killed | woodpecker skipped: clone skipped, long skipped, after skipped"),
    ),
    "approval": (
        # 0.5 has none
        Row("drone-0.7", "feed_gated_approve", "ops/gated", 1, "success | default: clone, test, deploy"),
        Row("drone-0.8", "events_gated_approve", "devs/gated", 5, "success | default: clone, test, deploy"),
        Row("drone-1", "blocked_multistage_approved", "ops/multi", 1, _MULTI),
        Row("drone-2", "blocked_multistage_web", "devs/web", 7,
            f"success | {_WEB} | e2e: browsers, report | package: bundle | notify: slack"),
        Row("woodpecker", "first", "octo/gated", 1, "success | woodpecker: clone, hello"),
    ),
    "refusal": (
        # of 0.7 and 0.8 no event tells: see the answers that are read
        Row("drone-2", "blocked_multistage_web", "devs/web", 8,
            "declined | lint: clone, eslint, prettier failure 1 | unit declined | e2e blocked | package blocked"
            " | notify blocked"),
        Row("woodpecker", "first", "octo/gated", 2,
            "declined | woodpecker declined: clone declined, hello declined"),
    ),
    "matrix or several stages": (
        Row("drone-0.5", "feed_matrix", "old/matrix", 1,
            "failure | DB=sqlite PY=2.7 failure | DB=pg PY=2.7 failure | DB=sqlite PY=3.6 | DB=pg PY=3.6"),
        Row("drone-0.7", "feed_matrix", "ops/matrix", 1, _AXES),
        Row("drone-0.8", "events_matrix", "devs/matrix", 1, _AXES),
        Row("drone-1", "web_multistage_success", "devs/web", 2, _MULTI),
        Row("drone-2", "mixed_minute", "devs/web", 9,
            f"success | {_WEB} | e2e: browsers, report | package: bundle | notify: slack"),
        Row("woodpecker", "second", "octo/demo", 5,
            f"success | build: clone, compile, package | test PY=3.11: {_CHECKED} | test PY=3.12: {_CHECKED}"),
    ),
    "parallel steps": (
        Row("drone-0.8", "events_parallel_group", "devs/quiet", 5,
            "success | default: clone, frontend, backend, burst"),
        Row("drone-2", "blocked_declined_then_blocked_approved_api", "devs/api", 6,
            "success | parallel: clone, setup, test ünicode 🚀, progress, flood, slowlog, finish"),
    ),
    "restart": (
        Row("drone-0.5", "feed_restart_fork", "old/flaky", 2, "failure | default failure"),
        Row("drone-0.7", "feed_restart", "ops/flaky", 1, _FLAKY),
        Row("drone-0.8", "events_restart", "devs/flaky", 2, _FLAKY),
        Row("drone-2", "mixed_minute", "devs/web", 11,
            f"success | {_WEB} | e2e: browsers, report | package: bundle | notify: slack"),
        Row("woodpecker", "first", "octo/demo", 3,
            f"success | build: clone, compile, package | deploy: clone, rollout | test PY=3.11: {_CHECKED}"
            f" | test PY=3.12: {_CHECKED}"),
    ),
    "deployment": (
        Row("drone-0.5", "feed_deploy", "old/gcd", 3, "success | default"),
        Row("drone-0.7", "feed_deploy", "ops/gcd", 2, _SHIPPED),
        Row("drone-0.8", "events_deploy", "devs/gcd", 5, _SHIPPED),
    ),
    "server restart": (
        Row("drone-0.7", "feed_after_restart", "ops/flaky", 3, _FLAKY),
        Row("drone-0.8", "events_server_restart_before", "devs/gcd", 10,
            "running | default running: clone, setup, test, build running, build_image pending, run_server pending,"
            " check pending, slack pending"),
        Row("drone-1", "server_restart_mid_build", "ops/long", 6, "success | default: clone, count, done"),
    ),
    "private repo": (
        Row("drone-0.7", "feed_private_repo", "ops/private", 1, "success | default: clone, test"),
        Row("drone-0.8", "events_private_repo_ok", "ann/private", 2, "success | default: clone, test"),
        Row("woodpecker", "first", "octo/private-svc", 1, "success | woodpecker: work"),
    ),
}  # fmt: skip
