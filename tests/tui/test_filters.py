"""What is typed after `/`: every form of a word, on builds that it finds and on those that it does not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from buildwatch.model import Build, Repo, Status
from buildwatch.tui.filters import Filter, with_or_without
from buildwatch.words import UNICODE

REPO = Repo("ci", "acme/Checkout-API")
BUILD = Build(
    "ci",
    "acme/Checkout-API",
    7,
    412,
    Status.FAILURE,
    event="pull_request",
    branch="main",
    source="fix/Retry",
    title="Fix the retry policy",
    message="Fix the retry policy\n\nCloses #98",
    author="ann",
    author_name="Ann Lee",
    sender="bob",
    trigger="carol",
    deploy_to="production",
)

STATUSES = (*(word for word in UNICODE.status), "a-new-word")


def shown(text: str, *, me: str = "", **facts: object) -> bool:
    return Filter(text).shows(REPO, replace(BUILD, **facts), me)


@pytest.mark.parametrize(
    "text",
    [
        "checkout",  # a piece of the repo's name, without regard to case
        "ACME/",
        "main",  # branch
        "fix/retry",  # the branch of a pull request
        "ann",
        "lee",
        "bob",
        "failure",  # status
        "pull",  # event
        "policy",  # title
        "closes",  # message
        "#412",  # number
        "#98",
        "production",
        "failed",
        "repo:checkout",
        "repo:acme/checkout-api",
        "branch:main",
        "branch:retry",
        "author:ann",
        "author:bob",
        "status:fail",
        "event:pull_request",
        "server:ci",
        "STATUS:Failure",
        "!green",
        "!running",
        "!branch:dev",
        "!status:success",
        "ann main policy",  # all of them
        "ann !develop",
        "  ann   main ",
        "",
        "   ",
    ],
)
def test_words_that_find_the_build(text: str) -> None:
    assert shown(text)


@pytest.mark.parametrize(
    "text",
    [
        "zebra",
        "carolina",
        "running",
        "waiting",
        "mine",
        "repo:main",  # there, but not in that place
        "branch:ann",
        "author:main",
        "status:main",
        "server:main",
        "event:push",
        "!ann",
        "!failed",
        "!branch:main",
        "ann develop",  # not all of them
        "policy !main",
        "https://ann",  # an unknown place is no place
    ],
)
def test_words_that_do_not(text: str) -> None:
    assert not shown(text)


@pytest.mark.parametrize(
    ("word", "statuses"),
    [
        ("failed", {"failure", "error", "killed"}),
        ("running", {"running"}),
        ("waiting", {"waiting", "blocked", "pending"}),
        ("blocked", {"blocked"}),
    ],
)
def test_words_with_a_meaning(word: str, statuses: set[str]) -> None:
    for status in STATUSES:
        build = replace(BUILD, status=Status(status), title="", message="")
        assert Filter(word).shows(REPO, build) is (status in statuses), status
        assert Filter(f"!{word}").shows(REPO, build) is (status not in statuses), status


@pytest.mark.parametrize("me", ["ann", "bob", "carol", "Ann"])
def test_mine_is_what_i_wrote_sent_or_started(me: str) -> None:
    assert shown("mine", me=me)
    assert not shown("!mine", me=me)
    assert not shown("mine", me="dave")


def test_mine_is_nobodys_while_the_user_is_not_known() -> None:
    assert not shown("mine", me="", trigger="", sender="")


@pytest.mark.parametrize(
    ("text", "word", "then"),
    [
        ("", "failed", "failed"),
        ("main  ann", "mine", "main ann mine"),
        ("Mine main", "mine", "main"),
        ("mine", "mine", ""),
    ],
)
def test_a_word_is_put_there_and_taken_away(text: str, word: str, then: str) -> None:
    assert with_or_without(text, word) == then


def test_a_repo_without_builds_is_found_by_its_name_alone() -> None:
    for text, found in (("checkout", True), ("repo:acme", True), ("failed", False), ("mine", False), ("ann", False)):
        assert Filter(text).shows(REPO, None, "ann") is found, text
    assert Filter("!failed").shows(REPO, None)


@pytest.mark.parametrize(("text", "filters"), [("", False), (" \t", False), ("a", True), ("!", True), (":", True)])
def test_whether_anything_is_filtered(text: str, filters: bool) -> None:
    assert bool(Filter(text)) is filters


@pytest.mark.parametrize("text", ["!", "!!ann", ":", "repo:", "!repo:", "::", "branch::", "[/foo]", "\\", "(", "*"])
def test_odd_words_are_no_error(text: str) -> None:
    assert isinstance(shown(text), bool)


def test_a_place_without_a_word_shows_all() -> None:
    """So the rows do not go while one types `branch:`."""
    assert shown("branch:")
    assert shown("ann repo:")


def test_twice_turned_round_is_the_word_itself() -> None:
    assert shown("!!ann")
    assert not shown("!!zebra")


@given(st.text(max_size=20), st.sampled_from(list("abcdefghijklmnopqrstuvwxyz#/")))
def test_any_text_is_a_filter(text: str, letter: str) -> None:
    Filter(text).shows(REPO, BUILD, "ann")
    assert Filter(letter).shows(REPO, BUILD) is not Filter(f"!{letter}").shows(REPO, BUILD)
