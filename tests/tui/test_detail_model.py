"""The lines about a selected build, stage, step or repo."""

from __future__ import annotations

from itertools import pairwise

import pytest
from msgspec.structs import replace

from buildwatch.insight.eta import expect
from buildwatch.model import Build, Repo, Stage, Status, Step
from buildwatch.tui.cells import Pieces, width_of
from buildwatch.tui.detail_model import build_lines, last_green, repo_lines
from buildwatch.tui.page import Page
from buildwatch.words import ASCII, UNICODE, Glyphs

ZERO = 1_795_420_000
PLAN = (("clone", 2), ("setup", 3), ("test", 41), ("build", 12), ("build_image", 38), ("run_server", 10))


def build(number: int, status: str, stages: tuple[Stage, ...] | None = None, **fields: object) -> Build:
    known: dict[str, object] = {
        "event": "push",
        "branch": "master",
        "commit": "092ed225c9",
        "author": "maiyang",
        "message": "add Version props\n\nand more",
        "created": ZERO,
        "started": ZERO,
    }
    row = Build("ci", "acme/gcd", number, number, Status(status), stages=stages)
    return replace(row, **(known | fields))


def lone(status: str, *steps: Step, **fields: object) -> tuple[Stage, ...]:
    stage = Stage(1, "default", Status(status), created=ZERO, started=ZERO, steps=steps)
    return (replace(stage, **fields),)


def green(number: int = 7) -> Build:
    at, steps = ZERO, []
    for n, (name, took) in enumerate(PLAN, 1):
        steps.append(Step(n, name, Status.SUCCESS, at, at + took))
        at += took
    stages = lone("success", *steps, stopped=at)
    return build(number, "success", stages, created=ZERO - 840, finished=at, commit="4e174fd1aa")


def running() -> Build:
    ran = [Step(1, "clone", Status.SUCCESS, ZERO, ZERO + 2), Step(2, "setup", Status.SUCCESS, ZERO + 2, ZERO + 5)]
    runs = Step(3, "test", Status.RUNNING, ZERO + 5)
    ahead = [Step(n, name) for n, (name, _) in enumerate(PLAN[3:], 4)]
    return build(9, "running", lone("running", *ran, runs, *ahead))


def failed() -> Build:
    steps = (
        Step(1, "clone", Status.SUCCESS, ZERO, ZERO + 5),
        Step(2, "lint", Status.FAILURE, ZERO + 5, ZERO + 7, exit_code=2, ignored=True),
        Step(3, "test", Status.FAILURE, ZERO + 5, ZERO + 51, exit_code=1),
        Step(4, "build", Status.SKIPPED, ZERO + 51, ZERO + 51),
    )
    return build(8, "failure", lone("failure", *steps, stopped=ZERO + 57), finished=ZERO + 57)


def texts(lines: list[Pieces]) -> list[str]:
    return ["".join(text for text, _ in line) for line in lines]


def style_in(lines: list[Pieces], text: str) -> str:
    """The style of the first piece that holds `text`."""
    return next(style for line in lines for piece, style in line if text in piece)


def shown(of: Build, now: int = ZERO, *, width: int = 50, stage: int = 0, step: int = 0) -> list[str]:
    return texts(build_lines(of, Page(width, now), stage=stage, step=step))


def test_a_running_step_looks_like_the_picture() -> None:
    usual = expect(running(), [green()])
    assert texts(build_lines(running(), Page(50, ZERO + 41), usual=usual, stage=1, step=3)) == [
        "acme/gcd #9 › test                   ● 0:36 / 0:41",
        "push · master · 092ed225 · maiyang",
        "add Version props",
        "",
        "✓ clone       │▌                              0:02",
        "✓ setup       │▐▌                             0:03",
        "● test        │ ▐█████████░                   0:36",
        "○ build       │            ░░░░              ~0:12",
        "○ build_image │                ░░░░░░░░░░    ~0:38",
        "○ run_server  │                          ░░  ~0:10",
        "               └──────┴──────┴─────┴──────┘",
        "               0:00        0:53        1:46",
    ]


def test_a_red_build_tells_first_what_failed_and_which_was_green() -> None:
    lines = build_lines(failed(), Page(50, ZERO + 300), green=green())
    assert texts(lines)[:7] == [
        "acme/gcd #8                        ✗ failure  0:57",
        "push · master · 092ed225 · maiyang",
        "add Version props",
        "",
        "lint failed with exit 2 after 0:02, which this",
        "build ignores",
        "test failed with exit 1 after 0:46",
    ]
    assert "last green #7 4e174fd1 · 14 minutes before" in texts(lines)
    assert (style_in(lines, "test failed"), style_in(lines, "lint failed")) == ("failure", "dim")


def test_a_failure_that_does_not_count_has_no_colour_in_the_waterfall() -> None:
    lines = build_lines(failed(), Page(50, ZERO + 300))
    bars = {text.split()[1]: line for text, line in zip(texts(lines), lines, strict=True) if "│" in text}
    assert {style for text, style in bars["lint"] if text.strip()} == {"dim", "rule", "text"}
    assert "failure" in {style for text, style in bars["test"] if "█" in text}


def parallel() -> Build:
    """A slow lint beside the tests, and then nothing for a while."""
    steps = (
        Step(1, "clone", Status.SUCCESS, ZERO, ZERO + 4),
        Step(2, "lint", Status.SUCCESS, ZERO + 4, ZERO + 24, depends_on=("clone",)),
        Step(3, "test", Status.SUCCESS, ZERO + 4, ZERO + 44, depends_on=("clone",)),
        Step(4, "publish", Status.SUCCESS, ZERO + 52, ZERO + 60, depends_on=("lint", "test")),
    )
    return build(8, "success", lone("success", *steps, stopped=ZERO + 60), finished=ZERO + 60)


@pytest.mark.parametrize(
    ("glyphs", "drawn"),
    [
        (
            UNICODE,
            [
                "✓ clone   │██                             0:04",
                "✓ lint    │  ━━━━━━━━━╸                   0:20",
                "✓ test    │  ███████████████████▌         0:40",
                "✓ publish │                      ···████  0:08",
            ],
        ),
        (
            ASCII,
            [
                "+ clone   |##                             0:04",
                "+ lint    |  ==========                   0:20",
                "+ test    |  ####################         0:40",
                "+ publish |                      ...####  0:08",
            ],
        ),
    ],
)
def test_what_decided_the_length_is_thick_and_what_waited_has_dots(glyphs: Glyphs, drawn: list[str]) -> None:
    lines = texts(build_lines(parallel(), Page(46, ZERO + 300, 0, glyphs)))
    assert lines[4:8] == drawn
    assert lines[10] == f"decided by test 0:40 {glyphs.ellipsis} {glyphs.dot} nothing ran for 0:08"
    wide = texts(build_lines(parallel(), Page(90, ZERO + 300, 0, glyphs)))
    into = glyphs.into
    assert f"decided by clone 0:04 {into} test 0:40 {into} publish 0:08 {glyphs.dot} nothing ran for 0:08" in wide


@pytest.mark.parametrize(
    ("of", "said"),
    [
        (build(1, "blocked", created=ZERO - 360, started=0), "waits for approval for 6m: A approves, D declines"),
        (build(1, "pending", created=ZERO - 20, started=0), "waits for a runner for 20s"),
        (
            build(1, "pending", lone("pending", started=0, os="linux", arch="arm64"), created=ZERO - 3600, started=0),
            "waits for a runner for 1h: no runner has taken it (it asks for linux/arm64)",
        ),
        (
            build(1, "pending", (), created=ZERO - 3600, started=0),
            "stuck for 1h: the server made nothing of it that could run, so it will never begin",
        ),
        (build(1, "killed", lone("killed", Step(1, "a", Status.KILLED, 1, 2, 130))), "stopped: a person cancelled it"),
        (
            build(1, "killed", lone("killed", Step(1, "a", Status.KILLED, 1, 2, 137))),
            "killed from outside (exit 137): by the repo's time limit, or for want of memory",
        ),
        (build(1, "killed", ()), "stopped before its end: by a person, or by the repo's time limit"),
        (build(1, "killed", (), started=0), "stopped before any of it ran"),
        (build(1, "skipped"), "stopped: a newer build took its place"),
        (build(1, "declined"), "a person declined it: it cannot be restarted, only created anew"),
        (build(1, "error", error="yaml: line 3: bad"), "yaml: line 3: bad"),
        (build(1, "error", lone("error", error="Linter: duplicate step name")), "Linter: duplicate step name"),
        (build(1, "error", ()), "could not be run, and the server does not say why"),
        (build(1, "paused"), "the server calls this 'paused', a word that this version does not know"),
    ],
)
def test_what_a_status_means_for_a_person(of: Build, said: str) -> None:
    assert said in shown(of, width=120)


def test_stages_that_wait_within_a_running_build_say_so() -> None:
    stages = (
        Stage(1, "lint", Status.SUCCESS, started=ZERO, stopped=ZERO + 9),
        Stage(2, "arm", Status.PENDING, created=ZERO, os="linux", arch="arm64", kind="docker"),
        Stage(3, "deploy", Status.BLOCKED, created=ZERO),
        Stage(4, "tell", Status.WAITING, depends_on=("deploy",)),
    )
    lines = shown(build(4, "running", stages), ZERO + 300, width=120)
    assert "arm: waits for a runner for 5m: no runner has taken it (it asks for linux/arm64, docker)" in lines
    assert "deploy: waits for approval for 5m: A approves, D declines" in lines


def test_what_takes_much_longer_says_so() -> None:
    one, two = expect(running(), [green()]), expect(running(), [green(7), green(6)])
    page = Page(90, ZERO + 400)
    said = "takes much longer than usual: 6:40 so far, 1:46 in the last"
    assert f"{said} green build" in texts(build_lines(running(), page, usual=one))
    assert f"{said} 2 green builds" in texts(build_lines(running(), page, usual=two))
    three = expect(running(), [green(7), green(6), green(5)])
    said = "takes much longer than usual: 6:35 so far, 0:41"
    for usual, among in ((one, "in the last green build"), (two, "in the last 2 green builds"), (three, "as a rule")):
        assert f"{said} {among}" in texts(build_lines(running(), page, usual=usual, stage=1, step=3))


@pytest.mark.parametrize(
    ("step", "said"),
    [
        (Step(2, "build", Status.SKIPPED, ZERO, ZERO), "never ran: test failed"),
        (Step(2, "build", Status.PENDING, depends_on=("test", "lint")), "waits for test, lint"),
        (Step(2, "build", Status.FAILURE, ZERO, ZERO + 5, exit_code=1), "build failed with exit 1 after 0:05"),
        (Step(2, "build", Status.ERROR, error="no such image"), "no such image"),
        (Step(2, "build", Status.KILLED, ZERO, ZERO + 5, 130), "stopped: a person cancelled it"),
    ],
)
def test_what_the_status_of_a_step_means(step: Step, said: str) -> None:
    test = Step(1, "test", Status.FAILURE, ZERO, ZERO + 1, exit_code=1)
    of = build(4, "failure", lone("failure", test, step), finished=ZERO + 9)
    assert said in shown(of, ZERO + 10, stage=1, step=2)


def test_a_step_after_an_early_end_was_not_failed_by_anybody() -> None:
    steps = (Step(1, "check", Status.SUCCESS, ZERO, ZERO, 78), Step(2, "build", Status.SKIPPED, ZERO, ZERO))
    of = build(4, "success", lone("success", *steps), finished=ZERO)
    assert "never ran: a step before it ended the stage" in shown(of, stage=1, step=2)


@pytest.mark.parametrize(
    ("stage", "said"),
    [
        (Stage(2, "unit", Status.WAITING, depends_on=("lint", "types")), "waits for lint, types"),
        (Stage(2, "unit", Status.ERROR, error="no machine"), "no machine"),
        (Stage(2, "unit", Status.BLOCKED, created=ZERO - 120), "waits for approval for 2m: A approves, D declines"),
        (Stage(2, "unit", Status.PENDING, created=ZERO - 120), "waits for a runner for 2m: no runner has taken it"),
        (Stage(2, "unit", Status.KILLED), "stopped before its end: by a person, or by the repo's time limit"),
        (Stage(2, "unit", Status.SKIPPED), "never ran: what it depends on did not succeed, or the build was stopped"),
        (Stage(2, "unit", Status.DECLINED), "a person declined it"),
        (Stage(2, "unit", Status("odd")), "the server calls this 'odd', a word that this version does not know"),
    ],
)
def test_what_the_status_of_a_stage_means(stage: Stage, said: str) -> None:
    for status in ("running", "blocked", "pending"):
        of = build(4, status, (Stage(1, "lint", Status.SUCCESS), stage))
        lines = shown(of, width=100, stage=2)
        assert said in lines
        assert lines[0].startswith("acme/gcd #4 › unit ")


def test_a_build_tells_why_its_step_could_not_run() -> None:
    step = Step(1, "test", Status.ERROR, error="no such image")
    assert "test failed: no such image" in shown(build(4, "error", lone("error", step), finished=ZERO + 1))


def test_facts_go_in_their_order_when_room_gets_short() -> None:
    lines = [shown(running(), ZERO, width=width)[1] for width in (60, 30, 20, 10)]
    assert lines == ["push · master · 092ed225 · maiyang", "push · master · 092ed225", "push · master", "master"]


def test_the_name_and_the_state_stay_when_room_gets_short() -> None:
    assert shown(running(), ZERO + 41, width=24, stage=1, step=3)[0] == "gcd #9 › test     ● 0:36"


def test_a_pull_request_tells_its_title_and_both_branches() -> None:
    of = build(3, "success", event="pull_request", ref="refs/pull/31/head", source="mesh", title="use the mesh")
    assert shown(of, width=80)[1:3] == ["pull request 31 · mesh into master · 092ed225 · maiyang", "use the mesh"]


def test_a_promotion_tells_whence_and_where_to() -> None:
    of = build(
        12, "success", event="promote", deploy_to="production", parent=11, trigger="ann", params=(("REGION", "eu"),)
    )
    lines = shown(of)
    assert lines[2] == "to production · from #11 · started by ann"
    assert "with REGION=eu" in lines
    assert "a restart of #11 · cron nightly" in shown(
        replace(of, event="cron", deploy_to="", trigger="", cron="nightly")
    )


def test_where_and_when_it_ran_is_told_below() -> None:
    stages = lone("success", machine="runner-3", os="linux", arch="amd64", kind="docker")
    of = build(2, "success", stages, created=ZERO - 9, finished=ZERO + 5)
    assert shown(of, ZERO + 125, width=100)[-1] == (
        "ended 2 minutes ago · waited 0:09 to begin · on runner-3 · linux/amd64 · docker"
    )


def test_a_part_tells_what_it_comes_after() -> None:
    publish = shown(parallel(), ZERO + 300, width=80, stage=1, step=4)
    assert any(line.startswith("after lint, test") for line in publish)
    deploy = Stage(2, "deploy", Status.RUNNING, started=ZERO + 60, depends_on=("backend", "frontend"))
    lines = shown(build(4, "running", (*lone("success"), deploy)), ZERO + 300, width=80, stage=2)
    assert any(line.startswith("after backend, frontend") for line in lines)
    waiting = replace(deploy, status=Status.WAITING, started=0)
    lines = shown(build(4, "running", (*lone("success"), waiting)), ZERO + 300, width=80, stage=2)
    assert "waits for backend, frontend" in lines
    assert not any("after " in line for line in lines), "it is told once"


def test_a_long_message_is_cut_after_two_lines_and_an_error_is_not() -> None:
    of = build(2, "error", message="word " * 60, error="reason " * 60)
    lines = shown(of, width=40)
    assert sum("word" in line for line in lines) == 2
    assert lines[3].endswith("…")
    assert sum(line.count("reason") for line in lines) == 60


def many(count: int) -> Build:
    steps = [Step(n, f"shard-{n}", Status.SUCCESS, ZERO + n, ZERO + n + 1) for n in range(1, 30)]
    steps.append(Step(30, "shard-30", Status.FAILURE, ZERO + 30, ZERO + 31, exit_code=1))
    steps += [Step(n, f"shard-{n}", Status.SKIPPED) for n in range(31, count + 1)]
    return build(5, "failure", lone("failure", *steps), finished=ZERO + 31)


@pytest.mark.parametrize("height", [3, 6, 12, 24, 36])
def test_what_matters_stays_when_lines_get_short(height: int) -> None:
    lines = texts(build_lines(many(40), Page(60, ZERO + 60, height)))
    assert len(lines) == height
    assert lines[0].startswith("acme/gcd #5")
    assert height < 6 or any(line.startswith("✗ shard-30") for line in lines)
    assert height < 12 or any(line.startswith("… ") and line.endswith(" more above") for line in lines)


def test_the_selected_step_stays_when_lines_get_short() -> None:
    lines = build_lines(many(40), Page(60, ZERO + 60, 20), stage=1, step=3)
    assert style_in(lines, "shard-3") == "head"


def test_lines_go_in_their_order_when_lines_get_short() -> None:
    of = replace(failed(), params=(("REGION", "eu"),))
    heights = dict.fromkeys(("with REGION", "└", "add Version", "✗ test"), 0)
    for height in range(30, 2, -1):
        lines = texts(build_lines(of, Page(60, ZERO + 60, height)))
        assert len(lines) <= height
        for marker in heights:
            if any(marker in line for line in lines):
                heights[marker] = height
    assert all(first > then for first, then in pairwise(heights.values())), heights


def test_with_room_a_step_is_held_against_the_usual() -> None:
    usual = expect(failed(), [green()])
    lines = texts(build_lines(failed(), Page(80, ZERO + 60), usual=usual))
    row = next(line for line in lines if line.startswith("✗ test"))
    assert row.split()[-3:] == ["0:46", "0:41", "+12%"]
    assert next(line for line in lines if line.startswith("✓ clone")).split()[-2:] == ["0:05", "0:02"]


def test_in_ascii_nothing_else_is_drawn() -> None:
    usual = expect(running(), [green()])
    lines = texts(build_lines(running(), Page(50, ZERO + 41, 0, ASCII), usual=usual))
    assert all(line.isascii() for line in lines)
    assert any(line.startswith("* test") and "###" in line for line in lines)


def test_a_repo_shows_how_its_builds_went_and_the_newest_one() -> None:
    builds = [failed(), green(7), green(6), build(5, "killed", finished=ZERO + 1), green(4), build(3, "skipped")]
    lines = texts(repo_lines(Repo("ci", "acme/gcd"), builds, Page(60, ZERO + 60), green=green(7)))
    assert lines[0].split() == ["acme/gcd", "✗", "failure", "0:57"]
    assert lines[1].startswith("3 of the last 5 green (60%) · 1:46 as a rule")
    assert lines[1].endswith("⊝▂⊘▂▂▁")
    assert lines[3] == "#8 · push · master · 092ed225 · maiyang"
    assert "test failed with exit 1 after 0:46" in lines


def test_what_one_green_build_took_is_no_rule() -> None:
    lines = texts(repo_lines(Repo("ci", "acme/gcd"), [failed(), green(7)], Page(80, ZERO + 60), green=green(7)))
    assert lines[1].startswith("1 of the last 2 green (50%) · 1:46 in the last green build")


@pytest.mark.parametrize(
    ("active", "said"), [(True, "no builds yet"), (False, "not active: this server does not build it")]
)
def test_a_repo_without_builds_says_so(active: bool, said: str) -> None:
    assert texts(repo_lines(Repo("ci", "acme/new", active=active), [], Page(60, ZERO))) == ["acme/new", said]


def test_the_last_green_one_is_of_the_same_branch_and_event() -> None:
    builds = [green(10), failed(), replace(green(7), branch="dev"), green(6), green(5)]
    found = last_green(failed(), builds)
    assert found is not None
    assert found.number == 6
    assert last_green(failed(), [green(10)]) is None


def test_wide_characters_keep_the_columns() -> None:
    steps = (
        Step(1, "テスト一式を走らせる長い名前", Status.SUCCESS, ZERO, ZERO + 5),
        Step(2, "🚀 deploy", Status.RUNNING, ZERO + 5),
    )
    lines = shown(build(2, "running", lone("running", *steps), message="並列ビルドを直す" * 9), ZERO + 9, width=40)
    bars = [line for line in lines if "│" in line]
    assert len({width_of(line.partition("│")[0]) for line in bars}) == 1
    assert {width_of(line) for line in bars} == {40}
