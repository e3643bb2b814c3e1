"""What of the palette is meant by a few letters."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.binding import Binding

from buildwatch.tui import keys
from buildwatch.tui.palette import fit

NAMES = [binding.description for binding in (*keys.APP, *keys.VIEWING) if isinstance(binding, Binding) and binding.show]
LETTERS = st.text("ab c", max_size=8)


def found(typed: str) -> list[str]:
    """The names that are offered, the best first."""
    scores = {name: fit(typed, name)[0] for name in NAMES}
    return sorted((name for name, score in scores.items() if score), key=lambda name: -scores[name])


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("create", "create a new build of this repo"),
        ("creat", "create a new build of this repo"),
        ("new", "create a new build of this repo"),
        ("rest", "restart"),
        ("rb", "roll back"),
        ("quit", "quit"),
        ("CANCEL", "cancel"),
        ("browser", "open in the browser"),
        ("green compare", "compare with the last green build, or another"),
        ("cwl", "compare with the last green build, or another"),
    ],
)
def test_the_first_is_what_one_would_mean(typed: str, first: str) -> None:
    assert found(typed)[0] == first


@pytest.mark.parametrize("typed", ["xyz", "retsart", "aeiou", "cmpr", "restartt"])
def test_letters_that_only_happen_to_be_there_find_nothing(typed: str) -> None:
    assert found(typed) == []


def test_the_middle_of_a_word_comes_last() -> None:
    assert found("art")[-1] == "restart"
    assert fit("art", "restart")[0] < fit("rb", "roll back")[0]


@given(LETTERS, LETTERS)
def test_what_fits_is_pointed_at(typed: str, name: str) -> None:
    score, letters = fit(typed, name)
    assert (score > 0) == bool(letters)
    assert sorted(name[at] for at in letters if name[at] != " ") == sorted(typed.replace(" ", "")) or not letters
    assert len(set(letters)) == len(letters) or " " in typed
