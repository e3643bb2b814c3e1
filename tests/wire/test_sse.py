"""Server-sent events: whatever the pieces the bytes come in, the same events; and only what the standard calls one."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from buildwatch.wire import sse
from buildwatch.wire.sse import Decoder, Event, TooLarge

ENDS = st.sampled_from((b"\n", b"\r\n", b"\r"))
LINES = st.one_of(
    st.sampled_from(
        (
            *(b"", b"", b"data", b"data:", b"data: ", b"data:  two spaces", b"event", b"event: error", b"event:x"),
            *(b": ping", b"id: 1", b"retry: 5", b"database: x", b"data\xe2\x80\xa8: x", b"\xef\xbb\xbfdata: later"),
        )
    ),
    st.builds(lambda text: b"data: " + text, st.binary(max_size=12)),
    st.binary(max_size=12),
)
streams = st.builds(
    lambda lines, bom, rest: bom + b"".join(line + end for line, end in lines) + rest,
    st.lists(st.tuples(LINES, ENDS), max_size=20),
    st.sampled_from((b"", b"\xef\xbb\xbf", b"\xef", b"\xef\xbb")),
    st.sampled_from((b"", b"data: unfinished", b"\r")),
)


def reference(text: bytes) -> list[Event]:
    """The standard's rules, word for word, on the whole text at once."""
    lines = re.split(b"\r\n|\n|\r", text.removeprefix(b"\xef\xbb\xbf"))[:-1]
    events, type, data = [], b"", list[bytes]()
    for line in lines:
        name, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if not line:
            if data:
                events.append(Event(type.decode("utf-8", "replace") or "message", b"\n".join(data)))
            type, data = b"", []
        elif name == b"data":
            data.append(value)
        elif name == b"event":
            type = value
    return events


def cut(text: bytes, places: list[int]) -> list[bytes]:
    at = sorted(place % (len(text) + 1) for place in places)
    return [text[begin:end] for begin, end in zip([0, *at], [*at, len(text)], strict=True)]


@example(b"event: error\nevent\ndata: 1\n\n")
@given(streams)
def test_one_piece_is_read_as_the_standard_says(text: bytes) -> None:
    assert Decoder().feed(text) == reference(text)


@given(streams, st.lists(st.integers(0, 10_000), max_size=30))
def test_pieces_make_no_difference(text: bytes, places: list[int]) -> None:
    decoder = Decoder()
    events = [event for piece in cut(text, places) for event in decoder.feed(piece)]
    assert events == reference(text)


@given(st.binary(max_size=200))
def test_byte_by_byte(text: bytes) -> None:
    decoder = Decoder()
    assert [event for byte in text for event in decoder.feed(bytes((byte,)))] == reference(text)


def test_a_line_separator_inside_json_cuts_nothing() -> None:
    text = 'data: {"out":"a\u2028b\x85c"}\n\n'.encode()
    assert Decoder().feed(text) == [Event("message", '{"out":"a\u2028b\x85c"}'.encode())]


def test_three_line_feeds_after_a_log_entry_are_one_event() -> None:
    assert Decoder().feed(b": ping\n\ndata: 1\n\n\ndata: 2\n\n\n") == [Event("message", b"1"), Event("message", b"2")]


def test_the_end_as_drone_tells_it() -> None:
    assert Decoder().feed(b"event: error\ndata: eof\n\n") == [Event("error", b"eof")]


@pytest.mark.parametrize("line", [b"data: xxxxxxxxx\n", b"data\n", b"data:\n", b"x" * 10])
def test_an_event_without_end_is_refused(monkeypatch: pytest.MonkeyPatch, line: bytes) -> None:
    monkeypatch.setattr(sse, "LIMIT", 1000)
    decoder = Decoder()

    def flood() -> None:
        for _ in range(2000):
            decoder.feed(line)

    with pytest.raises(TooLarge):
        flood()


def test_events_that_end_may_be_any_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sse, "LIMIT", 1000)
    decoder = Decoder()
    assert (
        sum(len(decoder.feed(b"data: " + b"x" * 900 + b"\n\n" + b": " + b"y" * 900 + b"\n")) for _ in range(50)) == 50
    )
