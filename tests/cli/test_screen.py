"""What the screen needs of a terminal."""

from __future__ import annotations

import os
import pty
import termios
from collections.abc import Iterator
from typing import IO

import pytest

from buildwatch.cli import screen


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[IO[str]]:
    """One that does not know its size."""
    ours, theirs = pty.openpty()
    monkeypatch.setenv("COLUMNS", "")
    monkeypatch.setenv("LINES", "")
    with os.fdopen(ours, "rb"), os.fdopen(theirs, "w") as end:
        yield end


def test_a_terminal_that_never_knows_its_size_gets_the_usual_one(
    terminal: IO[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdout", terminal)
    monkeypatch.setattr(screen, "SIZE_WAIT", 0.0)
    screen._wait_for_size()
    assert (os.environ["COLUMNS"], os.environ["LINES"]) == ("80", "24")


def test_one_that_is_told_it_a_moment_later_is_waited_for(terminal: IO[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout", terminal)
    monkeypatch.setattr("time.sleep", lambda _: termios.tcsetwinsize(terminal, (33, 99)))
    screen._wait_for_size()
    assert (os.environ["COLUMNS"], os.environ["LINES"]) == ("", "")
    assert os.get_terminal_size(terminal.fileno()) == (99, 33)
