"""Globs on what a build is."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildwatch.model import Build, Status
from buildwatch.notify.matching import BadGlob, Matcher, globs


@pytest.mark.parametrize(
    ("texts", "value", "matches"),
    [
        (("main",), "main", True),
        (("main",), "mainline", False),
        (("*",), "feature/x", True),
        (("*",), "", True),
        (("release/*",), "release/1/2", True),
        (("release/?",), "release/12", False),
        (("v[0-9]*",), "v2", True),
        (("v[!0-9]*",), "v2", False),
        (("[]]",), "]", True),
        (("[{,}]",), ",", True),
        (("{main,release/*}",), "release/1", True),
        (("{main,release/{a,b}}",), "release/b", True),
        (("{main,release/{a,b}}",), "release/c", False),
        (("a.c",), "abc", False),
        (("!renovate/*",), "main", True),
        (("!renovate/*",), "renovate/x", False),
        (("*", "!renovate/*"), "renovate/x", False),
        (("main\n",), "main", False),
        (("Main",), "main", False),
    ],
)
def test_what_globs_match(texts: tuple[str, ...], value: str, matches: bool) -> None:
    assert globs(texts).match(value) is matches


def test_an_author_is_known_by_login_or_name_in_any_case() -> None:
    matcher = Matcher({"author": globs(("octo*", "The Octocat"), any_case=True)})
    assert not matcher.why_not(Build("s", "a/b", 1, 1, author="OctoCat"))
    assert not matcher.why_not(Build("s", "a/b", 1, 1, author="oc", author_name="The octocat"))
    assert matcher.why_not(Build("s", "a/b", 1, 1, author="x", author_name="Y")) == (
        'author is "x" or "Y", not octo* or The Octocat'
    )


def test_the_first_key_that_does_not_match_is_told() -> None:
    matcher = Matcher({"repo": globs(("acme/*",)), "target": globs(("prod",)), "status": globs(("failure",))})
    build = Build("s", "acme/api", 1, 1, status=Status.FAILURE)
    assert matcher.why_not(build) == "target is empty, not prod"


@given(st.text(alphabet="a*?[]{}!,/-\\", max_size=12), st.text(alphabet="ab/", max_size=5))
def test_any_text_is_a_glob_or_is_told(text: str, value: str) -> None:
    with suppress(BadGlob):
        assert globs((text,)).match(value) in (True, False)


@given(st.text(min_size=1, max_size=20).filter(lambda text: not set(text) & set("*?[]{}!")))
def test_a_text_without_signs_matches_itself(text: str) -> None:
    assert globs((text,)).match(text)
    assert not globs((text,)).match(text + "x")
