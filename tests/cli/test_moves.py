"""A status that moved, as a line."""

from __future__ import annotations

import json

import pytest

from buildwatch.cli.moves import as_json, as_text, moved_at
from buildwatch.cli.output import Output
from buildwatch.model import Build, Stage, Status, Step
from buildwatch.store import Move
from buildwatch.words import ASCII

STEP = Step(1, "test", started=130, stopped=140)
STAGE = Stage(1, "unit", created=110, started=120, stopped=150, steps=(STEP,))
BUILD = Build("ci", "acme/gcd", 7, 9, created=100, started=115, finished=160, stages=(STAGE,))


@pytest.mark.parametrize(
    ("stage", "step", "times"),
    [(None, None, (100, 115, 160)), ("unit", None, (110, 120, 150)), ("unit", "test", (0, 130, 140))],
)
def test_a_change_is_dated_by_the_server(stage: str | None, step: str | None, times: tuple[int, ...]) -> None:
    for after, at in zip((Status.PENDING, Status.RUNNING, Status.SUCCESS), times, strict=True):
        assert moved_at(Move(BUILD, stage, step, None, after)) == at


def test_one_that_the_server_does_not_date_has_its_time_now() -> None:
    declined = Build("ci", "acme/gcd", 7, 9, created=100)
    told = json.loads(as_json(Move(declined, None, None, Status.PENDING, Status.DECLINED), 170.9))
    assert told == {
        "server": "ci",
        "repo": "acme/gcd",
        "build": 9,
        "stage": None,
        "step": None,
        "from": "pending",
        "to": "declined",
        "at": 170,
    }
    assert moved_at(Move(BUILD, "gone", "test", None, Status.SUCCESS)) == 0


def test_json_is_one_line_of_ascii_whatever_the_names_are() -> None:
    line = as_json(Move(BUILD, "é\u2028\n", "x\u202e", None, Status("strange")), 0)
    assert line.isascii()
    assert line.isprintable()


def test_as_text_the_server_stands_first_where_there_are_several() -> None:
    out = Output(colour=False, width=None, glyphs=ASCII)
    move = Move(BUILD, "unit", "test", Status.RUNNING, Status.FAILURE)
    assert as_text(move, 0, out, with_server=True)[8:] == "  ci acme/gcd#9:unit/test  running -> x failure"
    coloured = Output(colour=True, width=80, glyphs=ASCII)
    assert "\x1b[31mx failure\x1b[0m" in as_text(move, 0, coloured, with_server=False)
