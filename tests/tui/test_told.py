"""What a notifier tells, below the tree."""

from __future__ import annotations

from pathlib import Path

from buildwatch.notify.message import Message
from buildwatch.notify.outbox import Outbox
from buildwatch.notify.schema import State
from buildwatch.tui import told
from buildwatch.tui.cells import width_of
from buildwatch.tui.told import Said
from buildwatch.words import ASCII, UNICODE


def message(key: str, line: str) -> Message:
    return Message(key=key, slot=key, destination="channel:#builds", body={"text": line}, line=line, at=0.0)


def test_the_last_messages_of_an_outbox_as_they_go_out(tmp_path: Path) -> None:
    path = tmp_path / "outbox.db"
    assert told.read(path) == []
    outbox = Outbox(f"sqlite:///{path}")
    outbox.composed(0, [message(f"k{number}", f"line {number}") for number in range(8)], 1.0)
    outbox.composed(0, [message("k7|excerpt", "line 7")], 1.0)
    queued = outbox.next("channel:#builds")
    assert queued is not None
    outbox.settled(queued, 2.0, State.DELIVERED, "")
    assert [(one.state, one.line) for one in told.read(path, 8)] == [
        ("delivered", "line 0"),
        *(("waiting", f"line {number}") for number in range(1, 8)),
    ]
    assert [one.line for one in told.read(path)] == [f"line {number}" for number in range(3, 8)]
    outbox.close()


def test_a_line_fits_and_says_in_words_what_slack_would_show() -> None:
    broken = Said(
        0.0, "delivered", "channel:#builds", ":x: *broken* <http://ci/acme/web/7|acme/web#7> (a &lt; b) by dana"
    )
    for width in (40, 80, 200):
        head, line = told.lines([broken], width, UNICODE)
        assert sum(width_of(text) for text, _ in line) == width
        assert head[0] == (" told in Slack ", "head")
    shown = "".join(text for text, _ in told.lines([broken], 100, UNICODE)[1])
    assert "✗ broken acme/web#7 (a < b) by dana" in shown
    assert shown.endswith("#builds ")
    assert told.lines([], 80, UNICODE) == []


def test_nothing_from_outside_reaches_the_terminal() -> None:
    hostile = Said(0.0, "dead", "channel:#builds", "x\x1b[2J <http://a|\u202eb> \n y")
    shown = "".join(text for text, _ in told.lines([hostile], 80, ASCII)[1])
    assert not set("\x1b\u202e\n") & set(shown)
    assert told.lines([hostile], 80, ASCII)[1][1][1] == "failure"
