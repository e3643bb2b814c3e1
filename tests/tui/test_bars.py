"""The lines at the top and the bottom, the words in place of rows, and what is left in the shell."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from buildwatch.config.view import View
from buildwatch.model import Build, Repo, RepoKey, Stage, Status, Step
from buildwatch.store import Changes, Link, Move, Server, Store
from buildwatch.text import clean
from buildwatch.tui import bars, board_text
from buildwatch.tui.bars import Counts, address_of, bottom_line, top_line, with_help
from buildwatch.tui.cells import Pieces, width_of
from buildwatch.tui.filters import Filter
from buildwatch.tui.rows import Kind, Row
from buildwatch.tui.styles import STYLE_NAMES
from buildwatch.tui.verdict import Session
from buildwatch.words import ASCII, UNICODE

NOW = 1_700_000_000.0
SERVER = Server("ci.acme", "https://ci.acme.example", user="ann", link=Link.LIVE, listed=True)
NONE = Counts()
BUILD = Build("ci.acme", "acme/api", 7, 412, Status.SUCCESS, branch="main", author="ann")


def text(pieces: Pieces) -> str:
    return "".join(piece for piece, _ in pieces)


def top(*servers: Server, width: int = 120, counts: Counts = NONE, heard: float = NOW, ascii: bool = False) -> str:
    times = {server.name: heard for server in servers}
    return text(top_line(servers, counts, times, NOW, "14:32", width, ASCII if ascii else UNICODE))


# the line at the top


def test_the_top_tells_the_servers_the_counts_and_the_time() -> None:
    line = top(SERVER, counts=Counts(2, 1, 3))
    assert line.startswith(" buildwatch  ● ci.acme live ")
    assert line.endswith("● 2 running  ✗ 1 failing  ◆ 3 waiting  14:32 ")
    assert "running" not in top(SERVER), "what is not there is not counted"


@pytest.mark.parametrize(
    ("link", "heard", "words"),
    [
        (Link.CONNECTING, 0.0, "◐ ci.acme connecting"),
        (Link.LIVE, NOW - 3, "● ci.acme live"),
        (Link.LIVE, NOW - 200, "● ci.acme live, as of 3 minutes ago"),
        (Link.POLLING, NOW - 3, "◐ ci.acme polling"),
        (Link.POLLING, NOW - 90, "◐ ci.acme polling, as of 1 minute ago"),
        (Link.OFFLINE, NOW - 3, "○ ci.acme offline, as of just now"),
        (Link.OFFLINE, NOW - 7300, "○ ci.acme offline, as of 2 hours ago"),
        (Link.REFUSED, NOW - 42, "○ ci.acme refused, as of 42 seconds ago"),
    ],
)
def test_the_top_tells_how_old_is_what_one_sees(link: Link, heard: float, words: str) -> None:
    assert f"{words}  " in top(dataclasses.replace(SERVER, link=link), heard=heard)


@pytest.mark.parametrize("link", list(Link))
def test_what_was_never_read_has_no_age(link: Link) -> None:
    assert "as of" not in top(dataclasses.replace(SERVER, link=link, listed=False), heard=NOW - 500)


def test_many_servers_lose_their_words_then_their_names() -> None:
    servers = [dataclasses.replace(SERVER, name=f"ci-{number}.example", link=Link.LIVE) for number in range(4)]
    assert all(f"● {server.name} live  " in top(*servers, width=140) for server in servers)
    short = top(*servers, width=100)
    assert all(f"● {server.name}  " in short for server in servers)
    assert "● 3 live  ○ 1 offline" in top(*servers[:3], dataclasses.replace(SERVER, link=Link.OFFLINE), width=60)


def test_many_servers_in_trouble_do_not_hide_what_runs_and_fails() -> None:
    links = [Link.LIVE] * 5 + [Link.OFFLINE] * 2 + [Link.REFUSED]
    servers = [dataclasses.replace(SERVER, name=f"ci-{at}.example", link=link) for at, link in enumerate(links)]
    line = top(*servers, width=80, counts=Counts(21, 7, 4))
    assert "● 5 live  ○ 2 offline  ○ 1 refused" in line
    assert line.endswith("● 21  ✗ 7  ◆ 4  14:32 ")


@pytest.mark.parametrize("others", [0, 5])
def test_that_a_server_is_away_and_since_when_is_told_where_there_is_little_room(others: int) -> None:
    """At 80 columns and with counts that take their room, as on any day."""
    away = dataclasses.replace(SERVER, name="127.0.0.1:3901", link=Link.OFFLINE)
    rest = [dataclasses.replace(SERVER, name=f"ci-{number}.example") for number in range(others)]
    assert "offline 42s " in top(*rest, away, width=80, counts=Counts(12, 31, 1), heard=NOW - 42)
    assert "1 ◆ 1" not in top(*rest, away, width=80, counts=Counts(12, 31, 1), heard=NOW - 42)


@given(st.sampled_from([Link.OFFLINE, Link.REFUSED, Link.LIVE]), st.floats(0, 100_000))
def test_the_top_is_the_same_until_its_next_age(link: Link, old: float) -> None:
    known = [dataclasses.replace(SERVER, link=link)]
    heard = {SERVER.name: NOW - old}

    def at(now: float) -> str:
        return text(top_line(known, NONE, heard, now, "14:32", 120, UNICODE))

    wait = bars.next_age(known, heard, NOW)
    if link is Link.LIVE and old < bars.STALE:
        assert wait == float("inf")
    else:
        assert 0 < wait <= (5 if old < 5 else 1 if old < 60 else 60)
        assert at(NOW) == at(NOW + wait - 0.01) or wait < 0.02
        assert at(NOW) != at(NOW + wait + 0.01) or old >= 3600


names = st.text(min_size=1, max_size=30).map(clean) | st.sampled_from(["ci.acme", "並列ビルド", "a" * 60])
servers = st.lists(
    st.builds(
        Server,
        names,
        st.just("https://x.example"),
        link=st.sampled_from(Link),
        said=names,
        listed=st.booleans(),
        user=names,
    ),
    max_size=6,
    unique_by=lambda server: server.name,
)


@given(servers, st.integers(20, 220), st.integers(0, 999), st.floats(0, 2 * NOW), st.booleans())
def test_the_top_takes_exactly_the_width(
    known: list[Server], width: int, count: int, heard: float, ascii: bool
) -> None:
    glyphs = ASCII if ascii else UNICODE
    pieces = top_line(known, Counts(count, count, count), {s.name: heard for s in known}, NOW, "14:32", width, glyphs)
    assert width_of(text(pieces)) == width
    assert {style for _, style in pieces} <= set(STYLE_NAMES)


def test_counting() -> None:
    store = Store()
    store.set_repos("ci.acme", [Repo("ci.acme", slug) for slug in ("acme/api", "acme/web", "acme/old")])
    builds = [
        replace(BUILD, id=1, status=Status.FAILURE),
        replace(BUILD, id=2, status=Status.RUNNING),  # the newest ended one of this repo failed
        replace(BUILD, id=3, repo="acme/web", status=Status.FAILURE),
        replace(BUILD, id=4, repo="acme/web", status=Status.SUCCESS),  # this one is green again
        replace(BUILD, id=5, repo="acme/web", status=Status.BLOCKED),
        replace(BUILD, id=6, repo="acme/old", status=Status.KILLED),  # somebody stopped it: no failure
    ]
    for build in builds:
        store.apply(build, news=False)
    assert bars.count(store) == Counts(running=1, failing=1, waiting=1)


# the line at the bottom

KEYS = [("↵", "open"), ("/", "filter"), ("x", "failed"), ("r", "restart"), ("q", "quit")]


def test_the_bottom_has_the_keys_and_the_address() -> None:
    line = text(bottom_line(KEYS, "acme/api#412", 80, UNICODE)[1])
    assert line.startswith(" ↵ open  / filter  x failed  r restart  q quit  ")
    assert line.endswith("  acme/api#412 ")


def test_the_bottom_drops_the_last_keys_first() -> None:
    line = text(bottom_line(KEYS, "acme/api#412", 40, UNICODE)[1])
    assert line.startswith(" ↵ open  / filter  ")
    assert "quit" not in line


@given(st.lists(st.tuples(names, names), max_size=9), names | st.just(""), st.integers(20, 220))
def test_the_bottom_takes_exactly_the_width(keys: list[tuple[str, str]], address: str, width: int) -> None:
    assert width_of(text(bottom_line(keys, address, width, UNICODE)[1])) == width


ONE = replace(BUILD, stages=(Stage(1, "default", steps=(Step(1, "clone"), Step(2, "test"))),))
TWO = replace(BUILD, stages=(Stage(1, "unit", steps=(Step(1, "test"),)), Stage(2, "ship")))
KEY = RepoKey("ci.acme", "acme/api")


@pytest.mark.parametrize(
    ("row", "build", "address"),
    [
        (None, None, ""),
        (Row(Kind.SERVER, 0, "ci.acme"), None, "ci.acme"),
        (Row(Kind.NAMESPACE, 0, "ci.acme", part="acme"), None, "acme"),
        (Row(Kind.NAMESPACE, 0, "ci.acme", part=""), None, "ci.acme"),
        (Row(Kind.REPO, 1, "ci.acme", KEY), BUILD, "acme/api"),
        (Row(Kind.OLDER, 2, "ci.acme", KEY), BUILD, "acme/api"),
        (Row(Kind.BUILD, 2, "ci.acme", KEY, BUILD.key), BUILD, "acme/api#412"),
        (Row(Kind.STEP, 3, "ci.acme", KEY, BUILD.key, stage=1, step=2), ONE, "acme/api#412:test"),
        (Row(Kind.STAGE, 3, "ci.acme", KEY, BUILD.key, stage=2), TWO, "acme/api#412:ship"),
        (Row(Kind.STEP, 4, "ci.acme", KEY, BUILD.key, stage=1, step=1), TWO, "acme/api#412:unit/test"),
        (Row(Kind.STEP, 4, "ci.acme", KEY, BUILD.key, stage=9, step=1), TWO, "acme/api#412"),  # a stage that went
        (Row(Kind.STEP, 4, "ci.acme", KEY, BUILD.key, stage=1, step=9), TWO, "acme/api#412:unit"),
    ],
)
def test_the_address_of_every_row(row: Row | None, build: Build | None, address: str) -> None:
    assert address_of(row, build) == address


# words in place of rows


def said(lines: list[Pieces]) -> str:
    return " ".join(" ".join(text(line) for line in lines).split())


@pytest.mark.parametrize(
    ("server", "words"),
    [
        (dataclasses.replace(SERVER, link=Link.CONNECTING, listed=False), "asking https://ci.acme.example"),
        (
            dataclasses.replace(
                SERVER, link=Link.OFFLINE, listed=False, said="ci.acme does not answer (connection refused)"
            ),
            "ci.acme does not answer (connection refused) it is tried again by itself; R tries now, q leaves",
        ),
        (
            dataclasses.replace(
                SERVER, link=Link.REFUSED, listed=False, said="ci.acme does not accept the token (401)"
            ),
            "ci.acme does not accept the token (401) mend it and press R to try again",
        ),
        (dataclasses.replace(SERVER, link=Link.LIVE, listed=False), "ci.acme does not answer yet"),
        (
            SERVER,
            "ci.acme has no repos for ann "
            "activate one at https://ci.acme.example, or sync there; it appears here by itself",
        ),
        (dataclasses.replace(SERVER, user=""), "ci.acme has no repos for you"),
    ],
)
def test_an_empty_tree_says_why_and_what_to_do(server: Server, words: str) -> None:
    assert words in said(board_text.empty([server], Filter(), 80, UNICODE))


@pytest.mark.parametrize(
    ("filter", "words"),
    [
        (Filter("zebra"), "nothing matches 'zebra' esc shows everything again"),
        (Filter("failed"), "nothing matches 'failed'"),
    ],
)
def test_a_filter_without_rows_says_so(filter: Filter, words: str) -> None:
    assert words in said(board_text.empty([SERVER], filter, 80, UNICODE))


@given(servers, names | st.just(""), st.integers(20, 220))
def test_words_in_place_of_rows_fit(known: list[Server], typed: str, width: int) -> None:
    for line in board_text.empty(known, Filter(typed), width, UNICODE) + board_text.banner(known, width, UNICODE):
        assert width_of(text(line)) <= width


def test_trouble_has_a_line_a_server_and_three_at_most() -> None:
    down = [
        dataclasses.replace(SERVER, name=f"ci-{number}", link=Link.OFFLINE, said=f"ci-{number} does not answer")
        for number in range(5)
    ]
    assert board_text.banner([SERVER], 80, UNICODE) == []
    assert [text(line).strip() for line in board_text.banner(down[:3], 80, UNICODE)] == [
        server.said for server in down[:3]
    ]
    assert [text(line).strip() for line in board_text.banner(down, 80, UNICODE)] == [
        "ci-0 does not answer",
        "ci-1 does not answer",
        "and 3 more servers in trouble",
    ]


def test_a_long_sentence_of_one_server_is_shown_to_its_end() -> None:
    said = "ci.acme does not answer at https://ci.acme.example (connection refused); check the address and the network"
    lines = board_text.banner([dataclasses.replace(SERVER, link=Link.OFFLINE, said=said)], 80, UNICODE)
    assert [text(line).strip() for line in lines] == [said[:78], said[79:]]


def test_trouble_names_its_remedy() -> None:
    refused = dataclasses.replace(SERVER, link=Link.REFUSED, said="ci.acme does not accept the token (401)")
    assert (
        text(board_text.banner([refused], 80, UNICODE)[0]).strip()
        == "ci.acme does not accept the token (401); then press R"
    )


@given(names | st.just(""), names | st.just(""), st.integers(0, 99), st.booleans(), st.integers(50, 220), st.booleans())
def test_the_title_takes_exactly_the_width(
    name: str, typed: str, marked: int, follow: bool, width: int, strip: bool
) -> None:
    line = board_text.title(View(name[:24], typed), marked, follow, width, UNICODE, strip=strip)
    assert width_of(text(line)) == width


def test_the_title_tells_what_is_shown() -> None:
    view = View("", "main", "status", "duration")
    line = text(board_text.title(view, 3, True, 120, UNICODE, strip=True))
    for words in ("3 marked", "filter: main", "by status", "longest first", "following the newest", "last 12", "age"):
        assert words in line
    line = text(board_text.title(dataclasses.replace(view, name="nightly"), 0, False, 120, UNICODE, strip=True))
    assert " nightly  " in line
    assert "main" not in line, "a name says it all"
    assert " builds  " in text(board_text.title(View("all"), 0, False, 120, UNICODE, strip=True))


# what is left in the shell


def ended(build: Build, session: Session, status: str = "") -> None:
    now = replace(build, status=Status(status)) if status else build
    session.take(Changes(moves=[Move(now, None, None, Status.RUNNING, now.status)]))


def store_of(*builds: Build, server: Server = SERVER) -> Store:
    store = Store()
    store.set_server(server)
    for build in builds:
        store.apply(build, news=False)
    return store


def test_nothing_happened() -> None:
    assert Session().lines(store_of(), 252) == ["buildwatch watched ci.acme for 4:12: no build ended"]


def test_the_verdict_counts_ends_and_names_the_last_failure_and_what_runs() -> None:
    session = Session()
    red = replace(
        BUILD,
        id=8,
        number=8,
        stages=(
            Stage(
                1,
                "default",
                steps=(Step(1, "lint", Status.FAILURE, ignored=True), Step(2, "test", Status.FAILURE, exit_code=2)),
            ),
        ),
    )
    for build, status in ((BUILD, "success"), (red, "failure"), (replace(BUILD, id=9), "killed")):
        ended(build, session, status)
    store = store_of(
        replace(BUILD, id=20, number=20, status=Status.RUNNING), replace(BUILD, id=21, number=21, status=Status.BLOCKED)
    )
    assert session.lines(store, 61) == [
        "buildwatch watched ci.acme for 1:01: 3 builds ended, 1 green, 1 red, 1 stopped",
        "✗ acme/api#8 failed in test, exit 2  main · ann",
        "● 1 still running: acme/api#20  ◆ 1 waiting: acme/api#21",
    ]
    assert all(line.isascii() for line in session.lines(store, 61, ASCII))


def test_only_builds_ends_count_and_each_build_once() -> None:
    session = Session()
    session.take(Changes(moves=[Move(BUILD, "default", None, None, Status.SUCCESS)]))
    session.take(Changes(moves=[Move(BUILD, "default", "test", None, Status.SUCCESS)]))
    session.take(Changes(moves=[Move(BUILD, None, None, None, Status.RUNNING)]))
    assert "no build ended" in session.lines(store_of(), 1)[0]
    ended(BUILD, session, "killed")
    ended(BUILD, session, "failure")  # it flipped
    assert "1 build ended, 1 red" in session.lines(store_of(), 1)[0]


@given(
    st.lists(st.sampled_from([*UNICODE.status, "newword"]), max_size=30),
    st.lists(st.sampled_from(["running", "blocked", "pending"]), max_size=9),
    st.floats(0, 1e6),
)
def test_the_verdict_has_three_lines_at_most(ends: list[str], rest: list[str], seconds: float) -> None:
    session = Session()
    for id, status in enumerate(ends):
        ended(replace(BUILD, id=id), session, status)
    store = store_of(*(replace(BUILD, id=100 + id, status=Status(status)) for id, status in enumerate(rest)))
    lines = session.lines(store, seconds)
    assert 1 <= len(lines) <= 3
    assert all(line and line.isprintable() for line in lines)


def test_a_servers_name_cannot_command_the_terminal() -> None:
    hostile = Server("ci\x1b]0;owned\x07\x1b[31m\u202eemca\n", "https://x.example")
    [line] = Session().lines(store_of(server=hostile), 1)
    assert line == "buildwatch watched ciemca  for 0:01: no build ended"


@given(st.lists(st.integers(4, 20), max_size=12), st.integers(0, 11), st.integers(0, 120))
def test_the_key_for_the_help_is_the_last_to_go(sizes: list[int], at: int, room: int) -> None:
    help = at if at < len(sizes) else None
    shown = with_help(sizes, help, room)
    assert shown == sorted(set(shown))
    if help is not None and sizes[help] <= room:
        assert help in shown
        assert sum(sizes[one] for one in shown) <= room
        others = [one for one in shown if one != help]
        assert others == [one for one in range(len(sizes)) if one != help][: len(others)], "those needed most"
