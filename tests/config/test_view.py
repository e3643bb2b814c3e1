"""The tables `[[view]]`: what they take, and that each fault is one clear sentence."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildwatch.config import ConfigError, load
from buildwatch.config.view import (
    BUILT_IN,
    COLUMNS,
    GROUPS,
    SORTS,
    USUAL_COLUMNS,
    View,
    from_entry,
    named,
    offered,
    to_entry,
)


def loaded(tmp_path: Path, text: str) -> tuple[View, ...]:
    file = tmp_path / ".config" / "buildwatch" / "config.toml"
    file.parent.mkdir(parents=True)
    file.write_text(text)
    return load(environ={"HOME": str(tmp_path)}).views


def test_a_view_in_the_file(tmp_path: Path) -> None:
    text = """
        [[view]]
        name = "nightly"
        filter = " event:cron "
        group = "status"
        sort = "duration"
        columns = ["message", "branch"]
        [[view]]
        name = "by author"
        group = "author"
    """
    assert loaded(tmp_path, text) == (
        View("nightly", "event:cron", "status", "duration", ("branch", "message")),
        View("by author", "", "author", "name", USUAL_COLUMNS),
    )


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("view = [1]", "[[view]] 1 must be a table that begins with [[view]]"),
        ('[view]\nname = "a"', "view must be tables that begin with [[view]], not a table"),
        ('[[view]]\nfilter = "a"', "[[view]] 1: name is missing; expected a name of at most 24 letters"),
        ('[[view]]\nname = ""', "[[view]] 1: name must be a name of at most 24 letters, on one line"),
        ('[[view]]\nname = "a\\nb"', "[[view]] 1: name must be a name of at most 24 letters, on one line"),
        ('[[view]]\nname = "a"\ngruop = "x"', '[[view]] 1: unknown key "gruop"; did you mean "group"?'),
        ('[[view]]\nname = "a"\ngroup = "stauts"', 'status, author; did you mean "status"?'),
        ('[[view]]\nname = "a"\nsort = 3', "sort must be one of name, newest, status, duration, not a number"),
        ('[[view]]\nname = "a"\ncolumns = ["massage"]', 'author, message, last; did you mean "message"?'),
        ('[[view]]\nname = "a"\nfilter = "x\\ty"', "[[view]] 1: filter must be what one would type after"),
        ('[[view]]\nname = "a"\n[[view]]\nname = "a"', '[[view]] 2: the name "a" is taken already'),
    ],
)
def test_what_is_wrong_is_said(text: str, sentence: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as error:
        loaded(tmp_path, text)
    assert sentence in str(error.value)
    assert "config.toml" in str(error.value)


views = st.builds(
    View,
    st.from_regex("[a-z]{1,24}", fullmatch=True),
    st.sampled_from(["", "failed", "main !mine"]),
    st.sampled_from(GROUPS),
    st.sampled_from(SORTS),
    st.sets(st.sampled_from(COLUMNS)).map(lambda some: tuple(one for one in COLUMNS if one in some)),
)


@given(views)
def test_what_is_written_is_read(view: View) -> None:
    read = from_entry(to_entry(view), "here")
    assert (read, read.name) == (view, view.name)


def test_views_are_offered_built_in_ones_first_and_the_last_of_a_name_wins() -> None:
    mine = View("failed", "failed main")
    found = offered((View("a"), View("b")), (View("a", "x"), mine))
    assert [view.name for view in found] == [*(view.name for view in BUILT_IN), "a", "b"]
    assert mine in found
    assert View("", "x") in found


def test_a_view_has_the_name_of_the_first_one_that_shows_the_same() -> None:
    assert named(View("", "failed"), BUILT_IN).name == "failed"
    assert named(View("failed", "failed x"), BUILT_IN).name == ""
