"""The theme that was chosen on the screen: kept until the configuration has a newer word."""

from __future__ import annotations

from pathlib import Path

import pytest

from buildwatch.config import ConfigError, Flags, chosen, load


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    return {"HOME": str(tmp_path)}


def configure(home: dict[str, str], text: str) -> None:
    file = Path(home["HOME"], ".config/buildwatch/config.toml")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def choose(home: dict[str, str], theme: str) -> None:
    before = load(environ=home)
    chosen.write(before.paths.state, theme, before.theme_set)


def test_a_choice_is_in_force_at_the_next_start(home: dict[str, str]) -> None:
    choose(home, "nord")
    after = load(environ=home)
    assert (after.theme, after.theme_set, after.origins["theme"]) == ("nord", "dark", "chosen on the screen")


def test_a_newer_word_of_the_configuration_holds(home: dict[str, str]) -> None:
    configure(home, 'theme = "light"')
    choose(home, "nord")
    assert load(environ=home).theme == "nord"
    configure(home, 'theme = "gruvbox"')
    assert load(environ=home).theme == "gruvbox"


def test_a_flag_and_the_environment_stand_before_a_choice(home: dict[str, str]) -> None:
    choose(home, "nord")
    assert load(Flags(theme="light"), home).theme == "light"
    assert load(environ=home | {"BUILDWATCH_THEME": "paper"}).theme == "paper"


def test_choosing_what_is_configured_forgets_the_choice(home: dict[str, str]) -> None:
    choose(home, "nord")
    choose(home, "dark")
    assert load(environ=home).origins["theme"] == "default"
    assert list(load(environ=home).paths.state.iterdir()) == []


@pytest.mark.parametrize(
    "text", ["", "nord", "../../etc/passwd\ndark", "nord\ndark\nmore", "\x1b[31m\ndark", "x" * 500]
)
def test_a_file_that_makes_no_sense_is_no_choice(home: dict[str, str], text: str) -> None:
    state = load(environ=home).paths.state
    state.mkdir(parents=True)
    (state / "theme").write_text(text)
    assert load(environ=home).theme == "dark"


def test_glyphs_by_flag(home: dict[str, str]) -> None:
    assert load(Flags(glyphs="nerd"), home).glyphs == "nerd"
    assert load(Flags(glyphs="nerd", ascii=True), home).glyphs == "ascii"
    with pytest.raises(ConfigError, match=r'^flag --glyphs: glyphs must be "unicode", "ascii" or "nerd"; did you mean'):
        load(Flags(glyphs="nerds"), home)
