"""Waits between tries."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from buildwatch.sources.backoff import FIRST, LAST, Backoff


@given(st.integers(0, 2**32), st.lists(st.one_of(st.none(), st.floats(0, 3600)), max_size=3000))
def test_never_shorter_than_asked_for_and_never_without_end(seed: int, said: list[float | None]) -> None:
    backoff = Backoff(Random(seed))
    for asked in said:
        if asked is None:
            backoff.succeeded()
        else:
            wait = backoff.failed(asked)
            assert max(FIRST / 2, asked) <= wait <= max(LAST, asked)


@given(st.integers(0, 2**32))
def test_each_wait_is_up_to_twice_the_one_before(seed: int) -> None:
    backoff, most = Backoff(Random(seed)), FIRST
    for _ in range(1500):
        assert most / 2 <= backoff.failed() <= most
        most = min(LAST, most * 2)
    backoff.succeeded()
    assert backoff.failed() <= FIRST


def test_many_clients_spread() -> None:
    waits = [Backoff(Random(seed)).failed() for seed in range(50)]
    assert len(set(waits)) == 50
