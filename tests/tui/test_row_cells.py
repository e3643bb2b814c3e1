"""What a row shows: as many cells as there are, columns that hold still, and the most needed facts longest."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from buildwatch.config.view import COLUMNS, GROUPS, View
from buildwatch.model import Build, Repo, RepoKey, Stage, Status, Step
from buildwatch.store import Link, Server, Store
from buildwatch.text import clean
from buildwatch.tui.cells import Pieces, fit, right, width_of
from buildwatch.tui.row_cells import AGE, TIME, Painter
from buildwatch.tui.row_facts import repo_facts
from buildwatch.tui.rows import Kind, Row
from buildwatch.tui.styles import STYLE_NAMES
from buildwatch.words import ASCII, UNICODE, Glyphs

NOW = 1_700_000_000
KEY = RepoKey("ci", "acme/api")
GREEN = Build(
    "ci",
    "acme/api",
    7,
    412,
    Status.SUCCESS,
    event="push",
    branch="main",
    commit="092ed22515f2",
    author="maiyang",
    message="Fix the retry policy\n\nCloses #98",
    created=NOW - 300,
    started=NOW - 298,
    finished=NOW - 180,
)
RUNNING = replace(GREEN, status=Status.RUNNING, started=NOW - 41, finished=0)


def painter_of(*builds: Build, glyphs: Glyphs = UNICODE, now: float = NOW) -> Painter:
    store = Store()
    store.set_server(Server("ci", "https://ci.example"))
    store.set_repos("ci", [Repo("ci", slug) for slug in {build.repo for build in builds} | {"acme/api"}])
    for build in builds:
        store.apply(build, news=False)
    painter = Painter(store, glyphs, times={"ci": now})
    painter.fit_names()
    return painter


def row(kind: Kind, build: Build = GREEN, *, depth: int = -1, stage: int = 0, step: int = 0) -> Row:
    depth = depth if depth >= 0 else {Kind.REPO: 1, Kind.BUILD: 2, Kind.STAGE: 3, Kind.STEP: 4}.get(kind, 0)
    key = build.key if kind in (Kind.BUILD, Kind.STAGE, Kind.STEP) else None
    part = "acme" if kind is Kind.NAMESPACE else ""
    return Row(kind, depth, "ci", build.repo_key, key, part, stage, step)


def text(pieces: Pieces) -> str:
    return "".join(piece for piece, _ in pieces)


def drawn(painter: Painter, row: Row, width: int = 80) -> str:
    return text(painter.draw(row, width, False))


def style_at(pieces: Pieces, word: str) -> str:
    return next(style for piece, style in pieces if word in piece)


# everything, in exactly the cells there are

outside = st.text(max_size=30).map(clean) | st.sampled_from(
    ["", "test", "並列ビルドを直す作業", "🚀 deploy to the moon", "a_long_name_of_a_step_without_a_break", "é́"]
)
words = st.sampled_from([*UNICODE.status, "newword", "待機中の新しい状態です", ""]).map(Status)
moments = st.just(0) | st.integers(NOW - 9000, NOW + 9000) | st.integers(1, 2**40)
steps = st.builds(
    Step,
    number=st.integers(1, 2),
    name=outside,
    status=words,
    started=moments,
    stopped=moments,
    exit_code=st.sampled_from([0, 1, 78, 137]),
    error=outside,
    ignored=st.booleans(),
)
stages = st.builds(
    Stage,
    number=st.integers(1, 2),
    name=outside,
    status=words,
    started=moments,
    stopped=moments,
    error=outside,
    steps=st.lists(steps, max_size=2).map(tuple),
)
builds = st.builds(
    Build,
    server=st.just("ci"),
    repo=st.just("acme/api") | outside,
    id=st.integers(1, 9),
    number=st.integers(1, 2**50),
    status=words,
    event=outside,
    branch=outside,
    ref=outside,
    commit=outside,
    title=outside,
    message=outside,
    author=outside,
    author_name=outside,
    deploy_to=outside,
    error=outside,
    created=moments,
    started=moments,
    finished=moments,
    stages=st.none() | st.lists(stages, max_size=3).map(tuple),
)
rows = st.sampled_from(Kind).flatmap(
    lambda kind: st.tuples(st.just(kind), st.integers(0, 6), st.integers(1, 2), st.integers(1, 2))
)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(builds, min_size=1, max_size=4),
    rows,
    st.integers(20, 220),
    st.booleans(),
    st.just(NOW) | st.just(0),
    st.builds(View, group=st.sampled_from(GROUPS), columns=st.sets(st.sampled_from(COLUMNS)).map(tuple)),
)
def test_every_row_has_exactly_as_many_cells_as_there_are(
    known: list[Build], what: tuple[Kind, int, int, int], width: int, is_open: bool, now: int, view: View
) -> None:
    kind, depth, stage, step = what
    painter = painter_of(*known, now=now)
    painter.view, painter.marked, painter.pinned = view, {known[0].key}, {known[0].repo_key}
    painter.fit_names()
    pieces = painter.draw(row(kind, known[0], depth=depth, stage=stage, step=step), width, is_open)
    assert width_of(text(pieces)) == width
    assert {style.removesuffix(" underline") for _, style in pieces} <= set(STYLE_NAMES)


@pytest.mark.parametrize("width", [20, 40, 57, 58, 69, 80, 100, 140, 220])
def test_every_row_of_a_server_has_exactly_as_many_cells_as_there_are(width: int) -> None:
    painter = painter_of(GREEN)
    assert isinstance(painter.store, Store)
    for link in Link:
        for name, said in (
            ("ci", ""),
            ("a-server-with-a-long-name.example.com", "it does not answer " * 9),
            ("日" * 30, "語"),
        ):
            painter.store.servers["ci"] = Server(name, "https://ci.example", link=link, said=said)
            assert width_of(drawn(painter, Row(Kind.SERVER, 0, "ci"), width)) == width


def test_the_row_of_a_server_in_trouble_names_it_once() -> None:
    painter = painter_of(GREEN)
    assert isinstance(painter.store, Store)
    painter.store.servers["ci"] = Server("dead", "https://ci.example", link=Link.OFFLINE, said="dead does not answer")
    assert drawn(painter, Row(Kind.SERVER, 0, "ci"), 80).rstrip().endswith("dead  does not answer")


@given(st.text(max_size=30).map(clean), st.integers(0, 20))
def test_text_is_fitted_by_cells_and_not_by_characters(words: str, width: int) -> None:
    assert width_of(fit(words, width, "…")) == width
    assert width_of(right(words, width)) == width


# columns

STEPS = (
    Step(1, "clone", Status.SUCCESS, started=NOW - 40, stopped=NOW - 38),
    Step(2, "test", Status.RUNNING, started=NOW - 38),
    Step(3, "deploy", Status.PENDING),
    Step(4, "notify", Status.SKIPPED, started=NOW - 9, stopped=NOW - 9),
    Step(5, "lint", Status.FAILURE, started=NOW - 38, stopped=NOW - 30, exit_code=2),
    Step(6, "docs", Status.FAILURE, started=NOW - 38, stopped=NOW - 30, exit_code=1, ignored=True),
)
STAGES = (
    Stage(1, "unit", Status.RUNNING, started=NOW - 40, steps=STEPS),
    Stage(2, "ship", Status.BLOCKED),
    Stage(3, "arm", Status.ERROR, error="no runner for linux/arm64"),
)


@pytest.mark.parametrize("width", [58, 69, 80, 116, 200])
def test_time_and_age_stand_in_the_same_columns_on_every_level(width: int) -> None:
    live = replace(RUNNING, id=8, number=413, stages=STAGES)
    painter = painter_of(GREEN, live, replace(GREEN, repo="acme/web", id=3))
    ended = [
        drawn(painter, row(Kind.REPO, replace(GREEN, repo="acme/web")), width),
        drawn(painter, row(Kind.BUILD), width),
    ]
    for line in ended:
        assert line[: width - AGE].endswith(" 1:58")
        assert line.endswith("   3m")
    for number, took in ((1, "0:02"), (5, "0:08")):
        line = drawn(painter, row(Kind.STEP, live, stage=1, step=number), width)
        assert line[: width - AGE].endswith(f" {took}")
        assert line.endswith(" " * AGE)
    elapsed = {drawn(painter, one, width).index("0:4") for one in (row(Kind.REPO), row(Kind.BUILD, live))}
    assert len(elapsed) == 1, "what runs has its time in one column, too"


@pytest.mark.parametrize("depth", range(5))
def test_mark_status_and_name_stand_by_depth(depth: int) -> None:
    painter = painter_of(replace(GREEN, stages=STAGES))
    for kind, name in ((Kind.REPO, "api"), (Kind.BUILD, "#412"), (Kind.STAGE, "unit")):
        line = drawn(painter, row(kind, depth=depth, stage=1), 120)
        sign = "●" if kind is Kind.STAGE else "✓"
        assert line.startswith(f"{'  ' * depth}▸ {sign} {name} ")
    assert drawn(painter, row(Kind.STEP, depth=depth, stage=1, step=1), 120).startswith(f"{'  ' * depth}  ✓ clone ")


def test_nothing_moves_sideways_while_time_passes() -> None:
    painter = painter_of(replace(RUNNING, id=8, stages=STAGES), GREEN)
    places = [
        row(Kind.REPO),
        row(Kind.BUILD, replace(RUNNING, id=8)),
        row(Kind.STEP, replace(RUNNING, id=8), stage=1, step=2),
    ]
    for place in places:
        before = None
        for seconds in range(0, 3400, 7):
            painter.times["ci"] = NOW + seconds
            line = drawn(painter, place, 90)
            end = len(line.rstrip())
            colon = line.rindex(":", 0, line.index(" / ") if " / " in line else end)
            assert before in (None, (end, colon))
            before = (end, colon)


@pytest.mark.parametrize(
    ("elapsed", "usual", "shown"),
    [
        (41, 107, "0:41 / 1:47"),
        (3599, 3599, "59:59 / 59:59"),
        (41, 3723, "0:41 / 1:02:03"),  # the cells of the age, which what runs has not, are used too
        (3723, 41, "1:02:03 / 0:41"),
        (4000, 4500, "1:06:40 / 1:15:00"),
        (360_000, 36_000, "100:00:00"),
        (41, None, "0:41"),
        (4000, None, "1:06:40"),
    ],
)
def test_long_times_are_never_cut(elapsed: int, usual: int | None, shown: str) -> None:
    live = replace(RUNNING, id=8, started=NOW - elapsed)
    known = [live] if usual is None else [live, replace(GREEN, started=NOW - 9000 - usual, finished=NOW - 9000)]
    painter = painter_of(*known)
    for place in (row(Kind.REPO), row(Kind.BUILD, live)):
        assert drawn(painter, place, 80).rstrip().endswith(f" {shown}")


@pytest.mark.parametrize("behind", [-3600, -3, 0, 3, 3600])
def test_what_runs_never_shows_less_than_nothing_nor_goes_back(behind: int) -> None:
    """Whether the server's clock is ahead of ours or behind it."""
    live = replace(RUNNING, id=8, started=NOW, stages=(replace(STAGES[0], steps=(replace(STEPS[1], started=NOW),)),))
    painter = painter_of(live, GREEN)
    before = -1
    for tick in range(30):
        painter.times["ci"] = NOW + behind + tick * 0.9
        for place in (row(Kind.BUILD, live), row(Kind.STEP, live, stage=1, step=2)):
            line = drawn(painter, place, 80)
            assert "-" not in line
            minutes, seconds = line.split(" / ")[0].split()[-1].rsplit(":", 1)
        shown = int(minutes.rpartition(":")[2]) * 60 + int(seconds)
        assert shown >= before
        before = shown


# facts


def shown_facts(width: int) -> set[str]:
    line = drawn(painter_of(GREEN), row(Kind.BUILD), width)
    texts = {"branch": "main", "event": "push", "commit": "092ed225", "author": "maiyang", "message": "Fix the"}
    return {fact for fact, found in texts.items() if found in line}


def test_a_builds_facts_go_in_a_fixed_order() -> None:
    order = ["message", "author", "commit", "event", "branch"]
    left = set(order)
    for width in range(160, 26, -1):
        now = shown_facts(width)
        assert now <= left, "what went does not come back"
        while left != now:
            left.discard(order.pop(0))
        line = drawn(painter_of(GREEN), row(Kind.BUILD), width)
        assert line.startswith("    ▸ ✓ #412")
        assert "1:58" in line, "name, sign and time stay"
    assert not left


def test_a_repos_strip_stays_longer_than_its_branch() -> None:
    painter = painter_of(*(replace(GREEN, id=id) for id in range(1, 13)))
    seen = []
    for width in range(160, 37, -1):
        line = drawn(painter, row(Kind.REPO), width)
        facts = ("Fix the" in line, "main" in line, "▂▂▂▂▂▂▂▂▂▂▂▂" in line)
        seen += [facts] * (facts not in seen)
        assert line.startswith("  ▸ ✓ api ")
        assert "1:58" in line
        assert "ma…" not in line, "a piece of a branch tells nothing"
    with_strip = [(True, True, True), (False, True, True), (False, False, True)]
    without = [(False, True, False), (False, False, False)]  # where the strip has gone a branch has room again
    assert seen == with_strip + without


def test_the_strip_is_the_last_twelve_oldest_first() -> None:
    known = [replace(GREEN, id=id, status=Status.FAILURE if id == 20 else Status.SUCCESS) for id in range(1, 21)]
    pieces = painter_of(*known).draw(row(Kind.REPO), 100, False)
    bars = [style for piece, style in pieces if piece in UNICODE.bars]
    assert bars == ["success"] * 11 + ["failure underline"]


def test_a_deployment_tells_its_target_in_place_of_the_branch() -> None:
    deployed = replace(GREEN, event="promote", deploy_to="production")
    for kind in (Kind.REPO, Kind.BUILD):
        line = drawn(painter_of(deployed), row(kind, deployed), 120)
        assert "production" in line
        assert "main" not in line


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"stages": (replace(STAGES[0], steps=(STEPS[4],)),)}, "lint: exit 2"),
        ({"stages": (replace(STAGES[0], steps=(STEPS[5], STEPS[4])),)}, "lint: exit 2"),
        ({"stages": (STAGES[2],)}, "arm: no runner for linux/arm64"),
        ({"stages": (), "error": "yaml: line 14: mapping values"}, "yaml: line 14"),
        ({"stages": None}, "Fix the retry policy"),
    ],
)
def test_a_red_build_says_what_broke(facts: dict[str, object], words: str) -> None:
    red = replace(GREEN, status=Status.FAILURE, **facts)
    assert words in drawn(painter_of(red), row(Kind.BUILD, red), 140)


@pytest.mark.parametrize(
    ("status", "facts", "shown"),
    [
        ("success", {}, "1:58   3m"),
        ("failure", {}, "1:58   3m"),
        ("killed", {"finished": 0}, "killed   4m"),  # nobody told when it ended
        ("declined", {"started": 0, "finished": 0}, "declined   5m"),
        ("skipped", {"started": 0, "finished": 0}, "skipped   5m"),
        ("error", {"started": NOW - 180}, "0:00   3m"),
        ("pending", {"started": 0, "finished": 0}, "queued   5m"),
        ("pending", {"started": 0, "finished": 0, "stages": None}, "queued   5m"),
        ("pending", {"started": 0, "finished": 0, "stages": ()}, "stuck   5m"),
        ("blocked", {"started": 0, "finished": 0}, "approve?   5m"),
        ("waiting", {"started": 0, "finished": 0, "created": 0}, "queued     "),
        ("running", {"started": NOW - 41, "finished": 0}, "0:41     "),
        ("newword", {"started": NOW - 41, "finished": 0}, "0:41     "),
        ("newword", {"started": 0, "finished": 0}, "queued   5m"),
    ],
)
def test_time_and_age_of_every_status(status: str, facts: dict[str, object], shown: str) -> None:
    build = replace(GREEN, status=Status(status), **facts)
    for kind in (Kind.REPO, Kind.BUILD):
        assert drawn(painter_of(build), row(kind, build)).endswith(f" {shown}")


def test_an_age_needs_no_redrawing_before_a_minute_is_full() -> None:
    shown = []
    for seconds in (0, 30, 59, 60, 119, 120, 7200):
        painter = painter_of(GREEN, now=GREEN.finished + seconds)
        shown.append(drawn(painter, row(Kind.BUILD)).split()[-1])
    assert shown == ["now", "now", "now", "1m", "1m", "2m", "2h"]


@pytest.mark.parametrize(
    ("step", "shown", "time"),
    [
        (1, "✓ clone", "0:02"),
        (2, "● test", "0:38"),
        (3, "○ deploy", ""),
        (4, "⊝ notify", "skipped"),
        (5, "✗ lint          exit 2", "0:08"),
        (6, "✗ docs          exit 1, ignored", "0:08"),
    ],
)
def test_rows_of_steps(step: int, shown: str, time: str) -> None:
    live = replace(RUNNING, stages=STAGES)
    line = drawn(painter_of(live), row(Kind.STEP, live, stage=1, step=step))
    assert line.split("──")[0].strip().startswith(shown)
    assert line[:-AGE].endswith(time.rjust(TIME))


@pytest.mark.parametrize(
    ("stage", "shown", "time"),
    [(1, "● unit", "0:40"), (2, "◆ ship", "approve?"), (3, "! arm", "error")],
)
def test_rows_of_stages(stage: int, shown: str, time: str) -> None:
    live = replace(RUNNING, stages=STAGES)
    line = drawn(painter_of(live), row(Kind.STAGE, live, stage=stage))
    assert shown in line
    assert line[:-AGE].endswith(time.rjust(TIME))


def test_what_has_not_begun_tells_what_is_expected_of_it() -> None:
    ended = replace(STAGES[0], status=Status.SUCCESS, stopped=NOW, steps=(replace(STEPS[0], stopped=NOW - 28),))
    waiting = (replace(STAGES[0], status=Status.PENDING, steps=(Step(1, "clone"),)),)
    green, live = replace(GREEN, stages=(ended,)), replace(RUNNING, id=8, stages=waiting)
    assert drawn(painter_of(green, live), row(Kind.STEP, live, stage=1, step=1))[:-AGE].endswith(" ~0:12")


def test_the_bar_of_a_running_step_is_as_long_as_it_is_far() -> None:
    ended = replace(
        STAGES[0], status=Status.SUCCESS, steps=(replace(STEPS[1], status=Status.SUCCESS, stopped=NOW + 42),)
    )
    green, live = replace(GREEN, stages=(ended,)), replace(RUNNING, id=8, stages=STAGES[:1])
    painter = painter_of(green, live)
    line = drawn(painter, row(Kind.STEP, live, stage=1, step=2), 120)
    assert line.count("━") == round(32 * 38 / 80)
    assert line.count("━") + line.count("─") == 32


def test_an_unknown_status_has_its_own_sign_and_its_word() -> None:
    odd = replace(
        GREEN, status=Status("paused"), stages=(replace(STAGES[0], steps=(Step(1, "test", Status("paused")),)),)
    )
    pieces = painter_of(odd).draw(row(Kind.BUILD, odd), 80, False)
    assert ("? ", "unknown") in pieces
    assert "paused" in drawn(painter_of(odd), row(Kind.STEP, odd, stage=1, step=1))


def test_every_status_can_be_told_without_colour() -> None:
    for glyphs in (UNICODE, ASCII):
        signs = {word: glyphs.status[word] for word in glyphs.status if word != "waiting"} | {"": glyphs.unknown}
        assert len(set(signs.values())) == len(signs)
        assert all(width_of(sign) == 1 for sign in signs.values())


def test_ascii_draws_only_ascii() -> None:
    live = replace(
        RUNNING, id=8, stages=STAGES, branch="feature/a-long-name-of-a-branch", author="somebody-with-a-name"
    )
    odd = [replace(GREEN, id=10 + id, status=Status(word)) for id, word in enumerate([*UNICODE.status, "newword"])]
    painter = painter_of(
        live, *odd, replace(GREEN, repo="acme/a-repo-with-a-name-longer-than-its-column"), glyphs=ASCII
    )
    places: Sequence[Row] = [
        Row(Kind.SERVER, 0, "ci"),
        row(Kind.NAMESPACE),
        row(Kind.OLDER),
        row(Kind.REPO),
        row(Kind.REPO, replace(GREEN, repo="acme/a-repo-with-a-name-longer-than-its-column")),
        row(Kind.BUILD, live),
        *(row(Kind.BUILD, build) for build in odd),
        *(row(Kind.STAGE, live, stage=stage.number) for stage in STAGES),
        *(row(Kind.STEP, live, stage=1, step=step.number) for step in STEPS),
    ]
    assert isinstance(painter.store, Store)
    for link in Link:
        painter.store.servers["ci"] = Server("ci", "https://ci.example", link=link, said="it does not answer " * 20)
        for place in places:
            for width in (30, 58, 80, 140):
                assert drawn(painter, place, width).isascii()


# what a view shows of it


def test_repos_of_another_grouping_are_named_with_their_owners() -> None:
    painter = painter_of(GREEN)
    for group in GROUPS:
        painter.view = View(group=group)
        assert ("acme/api" in drawn(painter, row(Kind.REPO), 120)) is (group != "namespace")


def test_where_servers_are_mixed_the_server_is_told() -> None:
    painter = painter_of(GREEN)
    assert isinstance(painter.store, Store)
    painter.view = View(group="status")
    assert " ci " not in drawn(painter, row(Kind.REPO), 140)
    painter.store.set_server(Server("other", "https://other.example"))
    assert " ci " in drawn(painter, row(Kind.REPO), 140)
    assert " ci " in drawn(painter, row(Kind.BUILD), 140)


def test_only_the_columns_that_are_asked_for_are_shown() -> None:
    painter = painter_of(GREEN)
    painter.view = View(columns=("commit",))
    for kind in (Kind.REPO, Kind.BUILD):
        line = drawn(painter, row(kind), 140)
        assert GREEN.commit[:8] in line
        assert GREEN.branch not in line
    assert not painter.has_strip(140)


def test_a_mark_and_a_pin_are_signs_and_move_nothing() -> None:
    for glyphs in (UNICODE, ASCII):
        painter = painter_of(GREEN, glyphs=glyphs)
        plain = [drawn(painter, row(kind), 100) for kind in (Kind.REPO, Kind.BUILD)]
        painter.marked, painter.pinned = {GREEN.key}, {GREEN.repo_key}
        repo, one = (drawn(painter, row(kind), 100) for kind in (Kind.REPO, Kind.BUILD))
        assert (glyphs.marked in repo, glyphs.pinned in repo, glyphs.marked in one) == (True, True, True)
        pairs = zip(plain, (repo, one), strict=True)
        assert [sum(a != b for a, b in zip(old, new, strict=True)) for old, new in pairs] == [2, 1]


# what is kept


def test_what_is_expected_follows_the_history() -> None:
    live = replace(RUNNING, id=8)
    painter = painter_of(live)
    assert " / " not in drawn(painter, row(Kind.BUILD, live))
    assert isinstance(painter.store, Store)
    painter.store.apply(GREEN, news=False)
    painter.forget({KEY})
    assert "0:41 / 1:58" in drawn(painter, row(Kind.BUILD, live))
    assert drawn(painter, row(Kind.REPO)).count("▂") == 1


def test_the_name_column_is_as_wide_as_the_names_within_bounds() -> None:
    for names, width in ((["api"], 12), (["a-repo-of-19-letter"], 19), (["x" * 60], 26), ([], 12)):
        store = Store()
        store.set_repos("ci", [Repo("ci", f"acme/{name}") for name in names])
        painter = Painter(store)
        painter.fit_names()
        assert painter.name_width == width


def test_overdue_is_red_and_the_rest_is_not() -> None:
    for elapsed, style in ((100, "running"), (178, "running"), (188, "failure")):
        live = replace(RUNNING, id=8, started=NOW - elapsed)
        pieces = painter_of(live, GREEN).draw(row(Kind.BUILD, live), 80, False)
        assert style_at(pieces, ":") == style


def test_what_was_slow_or_flaky_has_a_sign_before_its_time() -> None:
    def green(id: int, took: int, **fields: object) -> Build:
        return replace(
            GREEN, id=id, number=id, commit=f"c{id}", started=NOW - 9000, finished=NOW - 9000 + took, **fields
        )

    slow = green(20, 100)
    painter = painter_of(*(green(id, 60) for id in range(1, 9)), slow)
    assert drawn(painter, row(Kind.BUILD, slow)).split()[-3:-1] == ["▲", "1:40"]
    assert drawn(painter, row(Kind.REPO, slow)).split()[-3:-1] == ["▲", "1:40"]
    assert "▲" not in drawn(painter, row(Kind.BUILD, green(8, 60)))
    red = replace(green(20, 5), status=Status.FAILURE)
    again = replace(green(21, 60), commit=red.commit)
    painter = painter_of(*(green(id, 60) for id in range(1, 9)), red, again)
    assert drawn(painter, row(Kind.BUILD, again)).split()[-3:-1] == ["≈", "1:00"]
    assert "≈" in drawn(painter, row(Kind.BUILD, red))
    assert "&" in drawn(painter_of(red, again, glyphs=ASCII), row(Kind.BUILD, again))
    assert width_of(drawn(painter, row(Kind.BUILD, again))) == 80


@pytest.mark.parametrize(
    ("status", "room", "told"),
    [
        ("success", 30, "main"),
        ("failure", 30, "main            mlindqvist"),
        ("failure", 20, "main     mlindqvi…"),
        ("failure", 17, "main"),
        ("failure", 60, "main                mlindqvist: Subtract"),
        ("success", 60, "main                Subtract"),
    ],
)
def test_a_repo_whose_newest_build_failed_says_who_made_it(status: str, room: int, told: str) -> None:
    build = Build("s", "acme/gcd", 1, 1, Status(status), branch="main", author="mlindqvist", message="Subtract\nmore")
    pieces = repo_facts(build, room, UNICODE)
    assert sum(len(text) for text, _ in pieces) == room
    assert "".join(text for text, _ in pieces).strip() == told
