"""`buildwatch diff` against a server."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from buildwatch.demo.control import StageScript, StepScript

if TYPE_CHECKING:
    from tests.cli.conftest import Cli, Drone

REPO = "acme/storefront"

GREEN = StageScript((StepScript("compile", seconds=0.0), StepScript("test", seconds=0.0)), "unit")
RED = StageScript((StepScript("compile", seconds=0.0), StepScript("test", seconds=0.0, outcome="failure")), "unit")
OTHER = StageScript((StepScript("compile", seconds=0.0), StepScript("publish", seconds=0.0)), "unit")


def test_it_is_held_against_the_last_green_one_of_its_branch(drone: Drone, cli: Cli) -> None:
    green = drone.ended(GREEN)
    drone.ended(GREEN, branch="topic")
    red = drone.ended(RED)
    done = cli("diff", f"{REPO}#{red.number}", "--json")
    assert (done.status, done.err) == (0, "")
    told = json.loads(done.out)
    assert (told["that"]["number"], told["this"]["number"], told["repo"]) == (green.number, red.number, REPO)
    rows = {row["step"]: row for row in told["lines"]}
    assert (rows["test"]["that_status"], rows["test"]["this_status"]) == ("success", "failure")
    assert rows["compile"]["kind"] == "both"
    assert told["summary"][0].startswith(f"#{red.number} did not go through (failure); in the 2 steps")
    assert told["total"]["delta_seconds"] == told["total"]["this_seconds"] - told["total"]["that_seconds"]


def test_as_text_it_is_plain(drone: Drone, cli: Cli) -> None:
    old, new = drone.ended(GREEN), drone.ended(OTHER)
    done = cli("diff", f"{REPO}#{new.number}", f"#{old.number}")
    assert "\x1b" not in done.out
    lines = done.out.splitlines()
    assert lines[0].startswith(f"{REPO}#{old.number}  ✓ success")
    assert lines[1].startswith(f"{REPO}#{new.number}  ✓ success")
    assert [line.split()[-1] for line in lines if line.startswith(("test ", "publish "))] == ["gone", "new"]
    assert any(line.startswith("total ") for line in lines)
    again = cli("diff", f"{REPO}#{new.number}", f"{REPO}#{old.number}", "--sort", "grew", "--ascii")
    assert again.status == 0
    assert again.out.isascii()


def test_without_a_green_one_before_it_there_is_nothing_to_compare_with(drone: Drone, cli: Cli) -> None:
    red = drone.ended(RED)
    done = cli("diff", f"{REPO}#{red.number}")
    assert (done.status, done.out) == (1, "")
    assert f"{REPO}#{red.number} has no green build before it" in done.err
    drone.ended(GREEN)
    done = cli("diff", REPO, "--older", "7d")
    assert done.status == 1
    assert "no green build that old before it" in done.err


@pytest.mark.parametrize(
    ("args", "said"), [((f"{REPO}#1", "#x"), "is not a build"), ((f"{REPO}#1", "--older", "soon"), "--older")]
)
def test_what_makes_no_sense_is_told(drone: Drone, cli: Cli, args: tuple[str, ...], said: str) -> None:
    drone.ended(GREEN)
    done = cli("diff", *args)
    assert (done.status, done.out) == (2, "")
    assert said in done.err
