"""The outbox: what is accounted for once, and what becomes of messages."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from msgspec.structs import replace

from buildwatch.ledger import Mark
from buildwatch.model import Build, Status
from buildwatch.notify.lock import Lock, Taken
from buildwatch.notify.message import Message, Snippet
from buildwatch.notify.occasions import end_of
from buildwatch.notify.outbox import KEPT_ENDS, Facts, Noted, Outbox, StoreError
from buildwatch.notify.schema import State

BUILD = Build("ci", "acme/web", 7, 3, Status.RUNNING, event="push", branch="main", started=100)
ENDED = replace(BUILD, status=Status.FAILURE, finished=130)


def message(key: str, slot: str = "", **facts: object) -> Message:
    made = {"destination": "channel:C1", "body": {"text": key}, "line": key, "at": 5.0} | facts
    return Message(key=key, slot=slot or key, **made)  # type: ignore[arg-type]  # whatever a test gives


@pytest.fixture
def outbox(tmp_path: Path) -> Outbox:
    return Outbox(f"sqlite:///{tmp_path}/deep/er/outbox.db")


def again(outbox: Outbox) -> Outbox:
    outbox.close()
    return Outbox(f"sqlite:///{outbox.path}")


def test_an_end_is_told_once(outbox: Outbox) -> None:
    running = Noted(BUILD, "", Status.RUNNING, 1.0)
    ended = Noted(ENDED, "running", Status.FAILURE, 2.0)
    assert len(outbox.account(Facts(moved=[running]))) == 1
    assert outbox.running("ci") == [BUILD]
    assert [one.after for one in outbox.account(Facts(moved=[ended]))] == ["failure"]
    assert outbox.account(Facts(moved=[ended])) == []
    assert outbox.running("ci") == []
    reopened = again(outbox)
    assert reopened.account(Facts(moved=[ended])) == []
    assert [(one.before, one.after, one.build) for one in reopened.occasions()] == [
        ("", "running", BUILD),
        ("running", "failure", ENDED),
    ]


def test_another_end_of_the_same_run_replaces_the_first(outbox: Outbox) -> None:
    killed = replace(BUILD, status=Status.KILLED)
    outbox.account(Facts(moved=[Noted(killed, "running", Status.KILLED, 2.0)]))
    (told,) = outbox.account(Facts(moved=[Noted(ENDED, "killed", Status.FAILURE, 3.0)]))
    assert told.replaced == "killed"
    assert outbox.line(end_of(ENDED)) == [end_of(ENDED)]
    later = replace(ENDED, run=BUILD.run + 5, status=Status.SUCCESS)
    (told,) = outbox.account(Facts(moved=[Noted(later, "failure", Status.SUCCESS, 4.0)]))
    assert told.replaced == ""  # another run


def test_marks_are_kept_by_repo(outbox: Outbox) -> None:
    outbox.account(Facts(marks=[Mark("ci", "acme/web", 3, 7), Mark("ci", "acme/api", 0, 0), Mark("lab", "x/y", 1, 1)]))
    outbox.account(Facts(marks=[Mark("ci", "acme/web", 5, 9)]))
    assert sorted(again(outbox).marks("ci")) == [Mark("ci", "acme/api", 0, 0), Mark("ci", "acme/web", 5, 9)]


def test_the_messages_of_an_occasion_replace_it(outbox: Outbox) -> None:
    (noted,) = outbox.account(Facts(moved=[Noted(ENDED, "running", Status.FAILURE, 2.0)]))
    one = message("k1", snippet=Snippet("log.txt", "the log", "…"), group="g", hold_until=9.0, broadcast=True)
    assert outbox.composed(noted.id, [one, message("k1")], 3.0) == [one]
    assert outbox.occasions() == []
    assert outbox.composed(noted.id, [one], 3.0) == []
    queued = again(outbox).next("channel:C1")
    assert queued is not None
    assert queued.message == one


def test_a_later_text_takes_the_place_of_one_that_waits(outbox: Outbox) -> None:
    outbox.composed(0, [message("started", "build")], 1.0)
    outbox.composed(0, [message("ended", "build")], 2.0)
    queued = outbox.next("channel:C1")
    assert queued is not None
    assert queued.message.key == "ended"
    assert outbox.counts() == {"replaced": 1, "waiting": 1}


def test_a_later_text_takes_that_ones_place_in_the_queue_too(outbox: Outbox) -> None:
    """What belongs into a message's thread stays behind it."""
    outbox.composed(0, [message("killed", "build"), message("killed|excerpt", "build|excerpt", reply_to="build")], 1.0)
    outbox.composed(0, [message("another")], 1.0)
    outbox.composed(0, [message("failed", "build"), message("failed|excerpt", "build|excerpt", reply_to="build")], 2.0)
    told = []
    while queued := outbox.next("channel:C1"):
        told.append((queued.message.key, queued.thread))
        outbox.delivered(queued, 3.0, channel="C1", ts=str(len(told)))
    assert told == [("failed", ""), ("failed|excerpt", "1"), ("another", "")]
    assert outbox.composed(0, [message("killed", "build")], 4.0) == []


def test_an_excerpt_whose_thread_is_gone_goes_into_its_own_messages(outbox: Outbox) -> None:
    outbox.composed(0, [message("red", reply_to="pruned"), message("red|excerpt", reply_to="pruned")], 1.0)
    for thread in ("", "1.0"):
        queued = outbox.next("channel:C1")
        assert queued is not None
        assert queued.thread == thread
        outbox.delivered(queued, 2.0, channel="C1", ts="1.0")


def test_what_is_held_back_holds_nothing_else_back(outbox: Outbox) -> None:
    outbox.composed(0, [message("night", hold_until=1000.0), message("now")], 1.0)
    queued = outbox.next("channel:C1")
    assert queued is not None
    assert queued.message.key == "now"
    outbox.delivered(queued, 2.0, channel="C1", ts="1.0")
    queued = outbox.next("channel:C1")
    assert queued is not None
    assert queued.message.key == "night"


def test_dead_letters_are_listed_retried_and_dropped(outbox: Outbox) -> None:
    outbox.composed(0, [message("a"), message("b"), message("c")], 1.0)
    for _ in range(2):
        queued = outbox.next("channel:C1")
        assert queued is not None
        outbox.settled(queued, 2.0, State.DEAD, "channel_not_found")
    dead = outbox.listed((State.DEAD,))
    assert [(one.message.key, one.said) for one in dead] == [("a", "channel_not_found"), ("b", "channel_not_found")]
    assert outbox.retry([dead[0].id], 3.0) == 1
    assert outbox.drop([dead[1].id], 3.0) == 1
    assert outbox.counts() == {"waiting": 2, "dropped": 1}
    assert outbox.retry([999], 3.0) == 0


def test_what_a_killed_sender_had_claimed_is_doubted(outbox: Outbox) -> None:
    outbox.composed(0, [message("a")], 1.0)
    queued = outbox.next("channel:C1")
    assert queued is not None
    outbox.claim(queued, 5.0)
    reopened = again(outbox)
    assert reopened.take_over() == 1
    queued = reopened.next("channel:C1")
    assert queued is not None
    assert (queued.state, queued.due, queued.attempts) == (State.DOUBTFUL, 6.0, 1)


def test_it_does_not_grow_for_ever(outbox: Outbox) -> None:
    for number in range(KEPT_ENDS + 10):
        build = replace(ENDED, id=number + 1, number=number + 1)
        (noted,) = outbox.account(Facts(moved=[Noted(build, "", Status.FAILURE, 1.0)]))
        outbox.composed(noted.id, [message(f"k{number}")], 1.0)
        queued = outbox.next("channel:C1")
        assert queued is not None
        outbox.delivered(queued, float(number), channel="C1", ts=f"{number}.0")
    outbox.prune(before=50.0)
    assert outbox.counts() == {"delivered": KEPT_ENDS + 10 - 50}
    assert [end.number for end in outbox.line(end_of(ENDED), 1000)] == list(range(KEPT_ENDS + 10, 10, -1))


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("nonsense", "is no address of a database"),
        ("postgresql://localhost/x", "can only be an SQLite file"),
        ("sqlite://", "can only be an SQLite file"),
        ("sqlite:////dev/null/x.db", "cannot be"),
    ],
)
def test_a_wrong_place_is_one_sentence(url: str, words: str) -> None:
    with pytest.raises(StoreError, match=words):
        Outbox(url)


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "x.db").write_text("this is no database, but a text that is long enough to be read as a header")
    with pytest.raises(StoreError, match="cannot be used as the outbox"):
        Outbox(f"sqlite:///{tmp_path}/x.db")


def test_only_one_works_on_an_outbox(tmp_path: Path) -> None:
    path = tmp_path / "outbox.db"
    lock = Lock(path)
    with pytest.raises(Taken, match=rf"\(process {os.getpid()}\) already works on"):
        Lock(path)
    lock.release()
    hold = f"lock = Lock(Path({str(path)!r})); print(1, flush=True); input()"
    code = f"from pathlib import Path; from buildwatch.notify.lock import Lock; {hold}"
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        other.stdout.readline()
        with pytest.raises(Taken):
            Lock(path)
        other.send_signal(signal.SIGKILL)
        other.wait()
    Lock(path).release()
