"""Which numbers are accounted for: none is missed, and no repo is read for ever."""

from hypothesis import given
from hypothesis import strategies as st

from buildwatch.ledger import LOOKS, WIDEST, Ledger

numbers = st.one_of(st.integers(1, 30), st.integers(1, 5000), st.sampled_from((10**6, 2**62)))


def test_numbers_that_follow_each_other_need_no_read() -> None:
    ledger = Ledger(7)
    for number in (8, 9, 10):
        ledger.saw(number, unknown=True)
        assert (ledger.cursor, ledger.must_read) == (number, False)


def test_what_is_known_already_needs_no_read() -> None:
    ledger = Ledger(7)
    for number in (7, 3, 7):
        ledger.saw(number, unknown=False)
    assert (ledger.cursor, ledger.must_read) == (7, False)


def test_a_hole_has_the_builds_read_and_the_cursor_waits_for_it() -> None:
    ledger = Ledger(7)
    ledger.saw(9, unknown=True)
    assert (ledger.cursor, ledger.must_read) == (7, True)
    ledger.read([9, 8, 7])
    assert (ledger.cursor, ledger.must_read) == (9, False)


def test_a_hole_is_looked_for_in_so_many_reads_and_then_let_go() -> None:
    ledger = Ledger(7)
    ledger.saw(10, unknown=True)
    for _ in range(LOOKS):
        assert ledger.must_read
        ledger.read([10, 9, 7])
    assert (ledger.cursor, ledger.must_read) == (10, False)


def test_a_hole_that_is_filled_meanwhile_is_looked_for_no_longer() -> None:
    ledger = Ledger(7)
    ledger.saw(10, unknown=True)
    ledger.read([10, 9])
    ledger.saw(8, unknown=True)
    assert (ledger.cursor, ledger.must_read) == (10, False)


def test_each_hole_is_looked_for_as_often() -> None:
    ledger = Ledger(7)
    ledger.saw(9, unknown=True)
    ledger.read([9])
    ledger.saw(11, unknown=True)
    reads = 0
    while ledger.must_read:
        ledger.read([11, 9])
        reads += 1
    assert (ledger.cursor, reads) == (11, LOOKS)


def test_a_late_number_has_the_builds_read_once() -> None:
    ledger = Ledger(7)
    ledger.saw(5, unknown=True)
    assert ledger.must_read
    ledger.read([7, 5, 6])
    assert (ledger.cursor, ledger.must_read) == (7, False)


def test_a_giant_jump_is_no_thousand_holes_and_leaves_nothing_behind() -> None:
    ledger = Ledger(7)
    ledger.saw(9, unknown=True)
    ledger.saw(10**9, unknown=True)
    for _ in range(LOOKS):
        assert ledger.must_read
        ledger.read([10**9, 9])
    assert (ledger.cursor, ledger.must_read) == (10**9, False)


@given(
    st.integers(0, 20),
    st.lists(st.one_of(st.tuples(numbers, st.booleans()), st.lists(numbers, max_size=5)), max_size=20),
)
def test_whatever_was_told_the_reading_comes_to_an_end(start: int, said: list[tuple[int, bool] | list[int]]) -> None:
    ledger = Ledger(start)
    there: set[int] = set()
    for word in said:
        before = ledger.cursor
        if isinstance(word, list):
            there.update(word)
            ledger.read(sorted(there))
        else:
            number, unknown = word
            there.add(number)
            ledger.saw(number, unknown=unknown)
        assert ledger.cursor >= before
    for _ in range(LOOKS):
        if ledger.must_read:
            ledger.read(sorted(there))
    assert not ledger.must_read
    assert ledger.cursor >= max(there, default=start)


@given(
    st.lists(st.tuples(st.integers(1, 4), st.booleans()), min_size=1, max_size=60),
    st.integers(0, 30),
)
def test_every_build_is_found_though_only_the_newest_is_shown(steps: list[tuple[int, bool]], start: int) -> None:
    """Each step makes a build, some numbers on; now and then the newest is looked at, as the list of repos shows it."""
    ledger, there, found, reads, holes = Ledger(start), list[int](), set[int](), 0, 0
    newest = start
    for gap, looked in [*steps, (1, True)]:
        holes += gap - 1
        newest += gap
        there.append(newest)
        if looked:
            ledger.saw(newest, unknown=newest not in found)
            found.add(newest)
            if ledger.must_read:
                ledger.read(there)
                found.update(there)
                reads += 1
            assert found == set(there)
    assert reads <= len(steps) + 1
    while ledger.must_read:
        ledger.read(there)
        reads += 1
    assert ledger.cursor == newest
    assert holes or reads <= sum(not looked for _, looked in steps)


def test_a_gap_is_never_looked_through_number_by_number_for_longer_than_the_widest() -> None:
    ledger = Ledger(0)
    ledger.saw(WIDEST * 3, unknown=True)
    ledger.read([WIDEST * 3])
    assert ledger.cursor == WIDEST * 2
