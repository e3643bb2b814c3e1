"""The XDG places."""

from __future__ import annotations

from pathlib import Path

from buildwatch.config.paths import origins, paths


def test_they_are_under_home_by_default() -> None:
    places = paths({"HOME": "/home/ada"})
    assert places.config == Path("/home/ada/.config/buildwatch/config.toml")
    assert places.themes == Path("/home/ada/.config/buildwatch/themes")
    assert places.state == Path("/home/ada/.local/state/buildwatch")
    assert places.cache == Path("/home/ada/.cache/buildwatch")
    assert places.data == Path("/home/ada/.local/share/buildwatch")


def test_each_can_be_moved_and_a_relative_one_is_ignored() -> None:
    moved = {"XDG_CONFIG_HOME": "/c", "XDG_STATE_HOME": "/s", "XDG_CACHE_HOME": "relative", "XDG_DATA_HOME": ""}
    places = paths({"HOME": "/home/ada"} | moved)
    assert origins(moved) == {
        "config": "environment XDG_CONFIG_HOME",
        "themes": "environment XDG_CONFIG_HOME",
        "state": "environment XDG_STATE_HOME",
        "cache": "default",
        "data": "default",
    }
    assert places.config == Path("/c/buildwatch/config.toml")
    assert places.state == Path("/s/buildwatch")
    assert places.cache == Path("/home/ada/.cache/buildwatch")
    assert places.data == Path("/home/ada/.local/share/buildwatch")
