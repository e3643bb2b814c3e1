"""What changes from one failure to the next is not part of its signature."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildwatch.insight.signature import LONGEST, signature


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("--- FAIL: TestX (0.31s)", "--- FAIL: TestX (<n>)"),
        ("/drone/src/internal/session/store.go:141: boom", "store.go:<n> boom"),
        ("C:\\build\\src\\Main.java:12: error: no", "Main.java:<n> error: no"),
        ("dial tcp 10.42.0.17:5432: connect: connection refused", "dial tcp <n> connect: connection refused"),
        ("commit 092ed225c9a1 not found", "commit <hash> not found"),
        ("manifest sha256:0f1e2d3c4b5a not found", "manifest <hash> not found"),
        ("lock 4fd1c2b7-a09e-1234-9876-0123456789ab", "lock <id>"),
        ("2026-11-20T09:12:44.201Z ERROR boom", "<time> ERROR boom"),
        ("09:12:44 ERROR boom", "<time> ERROR boom"),
        ("pod api-7d9f8c6b54-x7k2p not ready after 120s", "pod api-<id> not ready after <n>"),
        ("panic at 0xc000010000 in 3 of 12 shards", "panic at <hash> in <n> of <n> shards"),
        ("deadbeef feedface cafe", "deadbeef feedface cafe"),
        ("error[E0382]: borrow of moved value: `segment`", "error[E<n>]: borrow of moved value: `segment`"),
        ("  ran   1,024 of 2.5GB, 98%  ", "ran <n> of <n> <n>"),
        ("________ test_rounds ________", "test_rounds"),
        ("", ""),
    ],
)
def test_signatures(text: str, expected: str) -> None:
    assert signature(text) == expected


@given(st.integers(0, 10**9), st.integers(0, 10**9), st.sampled_from(["{} failed", "a.go:{}: x", "in {}ms", "#{}"]))
def test_numbers_never_count(one: int, other: int, form: str) -> None:
    assert signature(form.format(one)) == signature(form.format(other))


@given(st.text(max_size=3 * LONGEST))
def test_any_text_has_a_short_signature(text: str) -> None:
    assert len(signature(text)) <= 6 * LONGEST
