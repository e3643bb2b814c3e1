"""Whatever a server says, every line about it fits the page."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from buildwatch.insight.eta import Expected
from buildwatch.model import Build, Repo, Stage, Status, Step
from buildwatch.store import Link, Server
from buildwatch.text import clean
from buildwatch.tui.cells import Pieces, width_of
from buildwatch.tui.detail_model import build_lines, repo_lines
from buildwatch.tui.detail_places import group_lines, server_lines
from buildwatch.tui.page import Page
from buildwatch.tui.styles import STYLE_NAMES
from buildwatch.words import ASCII, UNICODE

ZERO = 1_700_000_000

outside = st.text(max_size=40).map(clean) | st.sampled_from(
    ["", "test", "並列ビルドを直す", "🚀 deploy to the moon", "a_rather_long_name_of_a_step_without_a_break", "é́"]
)
words = st.sampled_from(
    ["waiting", "blocked", "pending", "running", "success", "failure", "error", "killed", "skipped", "declined"]
).map(Status) | outside.map(Status)
moments = st.just(0) | st.integers(ZERO - 4000, ZERO + 4000) | st.integers(1, 2**40)
needs = st.lists(outside, max_size=2).map(tuple)
steps = st.builds(
    Step,
    number=st.integers(1, 5),
    name=outside,
    status=words,
    started=moments,
    stopped=moments,
    exit_code=st.sampled_from([0, 1, 78, 130, 137, 255]),
    error=outside,
    ignored=st.booleans(),
    detached=st.booleans(),
    image=outside,
    depends_on=needs,
)
stages = st.builds(
    Stage,
    number=st.integers(1, 3),
    name=outside,
    status=words,
    created=moments,
    started=moments,
    stopped=moments,
    error=outside,
    machine=outside,
    os=outside,
    depends_on=needs,
    steps=st.lists(steps, max_size=4).map(tuple),
)
builds = st.builds(
    Build,
    server=st.just("ci"),
    repo=outside,
    id=st.integers(1, 99),
    number=st.integers(1, 2**40),
    status=words,
    event=st.sampled_from(["push", "pull_request", "promote", "cron", ""]),
    branch=outside,
    source=outside,
    ref=outside,
    commit=outside,
    title=outside,
    message=outside,
    author=outside,
    trigger=outside,
    cron=outside,
    deploy_to=outside,
    parent=st.integers(0, 9),
    error=outside,
    params=st.lists(st.tuples(outside, outside), max_size=2).map(tuple),
    created=moments,
    started=moments,
    finished=moments,
    stages=st.none() | st.lists(stages, max_size=3).map(tuple),
)
lengths = st.floats(0, 1e9)
usuals = st.none() | st.builds(
    Expected,
    build=lengths,
    greens=st.just(3),
    stages=st.dictionaries(outside, lengths),
    steps=st.dictionaries(st.tuples(outside, outside), lengths),
)
pages = st.builds(
    Page,
    width=st.integers(20, 200),
    now=st.integers(ZERO - 4000, ZERO + 4000).map(float),
    height=st.just(0) | st.integers(1, 60),
    glyphs=st.sampled_from([UNICODE, ASCII]),
)


def assert_fits(lines: list[Pieces], page: Page) -> None:
    assert lines
    assert not page.height or len(lines) <= page.height
    for line in lines:
        text = "".join(text for text, _ in line)
        assert width_of(text) <= page.width, text
        assert "\n" not in text
        assert {style.removesuffix(" underline") for _, style in line} <= {*STYLE_NAMES, "rule"}


@settings(max_examples=200)
@given(builds, pages, usuals, st.none() | builds, st.integers(0, 3), st.integers(0, 5))
def test_a_build_fits(
    of: Build, page: Page, usual: Expected | None, green: Build | None, stage: int, step: int
) -> None:
    assert_fits(build_lines(of, page, usual=usual, green=green, stage=stage, step=step), page)


@given(outside, st.lists(builds, max_size=3), pages, usuals)
def test_a_repo_fits(slug: str, of: list[Build], page: Page, usual: Expected | None) -> None:
    assert_fits(repo_lines(Repo("ci", slug), of, page, usual=usual), page)


@given(outside, st.lists(st.tuples(outside, st.none() | builds), max_size=4), pages)
def test_a_namespace_fits(name: str, repos: list[tuple[str, Build | None]], page: Page) -> None:
    assert_fits(group_lines(name, [(Repo("ci", slug), build) for slug, build in repos], page), page)


servers = st.builds(
    Server,
    name=outside,
    url=outside,
    kind=outside,
    version=outside,
    user=outside,
    admin=st.booleans(),
    link=st.sampled_from(Link),
    said=outside,
    heard=st.floats(0, 2**40),
)


@given(servers, pages, st.integers(0, 2**40))
def test_a_server_fits(server: Server, page: Page, count: int) -> None:
    assert_fits(server_lines(server, page, repos=count, builds=count, requests=count), page)


@given(outside | st.text("ab 字", max_size=60), st.integers(2, 40), st.integers(0, 4))
def test_wrapping_loses_no_word_unless_it_says_so(text: str, width: int, most: int) -> None:
    page = Page(width, 0)
    lines = ["".join(piece for piece, _ in line) for line in page.wrap(text, "text", most)]
    assert all(0 < width_of(line) <= width for line in lines)
    assert not most or len(lines) <= most
    if not any(line.endswith("…") for line in lines):
        assert "".join(lines).replace(" ", "") == "".join(text.split())


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("one two three", ["one two", "three"]),
        ("修正: 並列ビルドのとき", ["修正:", "並列ビルド", "のとき"]),
        ("a aaaaaaaaaaaaaaa b", ["a aaaaaaaa", "aaaaaaa b"]),
        ("", []),
    ],
)
def test_lines_are_broken_between_words(text: str, lines: list[str]) -> None:
    assert ["".join(piece for piece, _ in line) for line in Page(10, 0).wrap(text, "text")] == lines


def test_a_list_is_broken_between_its_things() -> None:
    lines = Page(20, 0).listed(["ended just now", "on runner-3", "linux"], "dim")
    assert lines == [[("ended just now", "dim")], [("on runner-3 · linux", "dim")]]


@pytest.mark.parametrize(
    ("left", "right", "line"),
    [
        ("name", "0:41", "name    0:41"),
        ("a long name", "0:41", "a lon…  0:41"),
        ("name", "very long words", "very long w…"),
    ],
)
def test_both_ends_of_a_line(left: str, right: str, line: str) -> None:
    assert "".join(text for text, _ in Page(12, 0).spread([(left, "head")], [(right, "dim")])) == line
