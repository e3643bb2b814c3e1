"""What was arranged on the screen is found again, and a spoilt file is no reason not to start."""

from __future__ import annotations

from pathlib import Path

import pytest

from buildwatch.config import saved
from buildwatch.config.view import View
from buildwatch.model import RepoKey


def test_pins_and_views_are_found_again(tmp_path: Path) -> None:
    state = tmp_path / "state"
    pins = {RepoKey("ci", "acme/api"), RepoKey("b", "zoo/ünï")}
    views = (View("nightly", "event:cron", "status", "newest", ("last",)), View("b"))
    saved.keep_pins(state, pins)
    saved.keep_views(state, views)
    assert saved.pins(state) == pins
    assert saved.views(state) == views
    assert [view.name for view in saved.views(state)] == ["nightly", "b"]
    assert sorted(file.name for file in state.iterdir()) == ["pins.json", "views.json"]
    assert state.stat().st_mode & 0o077 == 0


def test_nothing_is_kept_yet(tmp_path: Path) -> None:
    assert saved.pins(tmp_path / "none") == set()
    assert saved.views(tmp_path / "none") == ()


@pytest.mark.parametrize(
    "spoilt", [b"", b"{}", b"[[1]]", b"\xff", b"[" * 100_000, b'[{"name": ""}, 3, ["a"], ["a", 1]]']
)
def test_what_makes_no_sense_is_left_out(spoilt: bytes, tmp_path: Path) -> None:
    for name in ("pins.json", "views.json"):
        (tmp_path / name).write_bytes(spoilt)
    assert saved.pins(tmp_path) == set()
    assert saved.views(tmp_path) == ()


def test_what_does_make_sense_is_kept(tmp_path: Path) -> None:
    (tmp_path / "views.json").write_bytes(b'[{"name": "a", "group": "moon"}, {"name": "b", "sort": "newest"}]')
    assert saved.views(tmp_path) == (View("b", sort="newest"),)
