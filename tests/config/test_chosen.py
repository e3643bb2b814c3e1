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


ONE = {"DRONE_SERVER": "https://one.example", "DRONE_TOKEN": "x"}
TWO = {"DRONE_SERVER": "https://two.example", "DRONE_TOKEN": "x"}


def choose(home: dict[str, str], theme: str) -> None:
    before = load(environ=home)
    servers = [(server.name, server.url) for server in before.servers]
    chosen.write(before.paths.state, theme, before.theme_set, servers)


def test_each_set_of_servers_has_a_choice_of_its_own(home: dict[str, str]) -> None:
    choose(home | ONE, "nord")
    choose(home | TWO, "paper")
    assert load(environ=home | ONE).theme == "nord"
    assert load(environ=home | TWO).theme == "paper"
    assert load(environ=home).theme == "dark", "the configured one, where none was chosen"
    choose(home | ONE, "dark")
    assert [load(environ=home | of).theme for of in (ONE, TWO)] == ["dark", "paper"]


def test_the_order_of_servers_means_nothing_and_their_addresses_something(tmp_path: Path) -> None:
    chosen.write(tmp_path, "nord", "dark", [("a", "https://a"), ("b", "https://b")])
    assert chosen.read(tmp_path, "dark", [("b", "https://b"), ("a", "https://a")]) == "nord"
    assert chosen.read(tmp_path, "dark", [("a", "https://a"), ("b", "https://c")]) == ""
    assert chosen.read(tmp_path, "dark", [("a", "https://a")]) == ""


def test_the_oldest_choices_go_first(tmp_path: Path) -> None:
    for number in range(chosen.MOST + 1):
        chosen.write(tmp_path, "nord", "dark", [(f"ci{number}", "https://ci")])
    found = [chosen.read(tmp_path, "dark", [(f"ci{number}", "https://ci")]) for number in (0, 1, chosen.MOST)]
    assert found == ["", "nord", "nord"]


@pytest.mark.parametrize("off", ["file", "environment", "flag"])
def test_where_nothing_is_kept_a_choice_is_not_read(off: str, home: dict[str, str]) -> None:
    choose(home, "nord")
    configure(home, "keep = false" if off == "file" else "")
    environ = home | ({"BUILDWATCH_KEEP": "false"} if off == "environment" else {})
    settings = load(Flags(no_keep=off == "flag"), environ)
    assert (settings.keep, settings.theme, settings.origins["theme"]) == (False, "dark", "default")
    source = {"file": "config.toml", "environment": "environment BUILDWATCH_KEEP", "flag": "flag --no-keep"}
    assert settings.origins["keep"] == source[off]
    assert load(Flags(fresh=True), home).theme == "dark"


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
    "text", ["", "nord", "../../etc/passwd\tdark\t\n", "nord\tdark\n", "\x1b[31m\tdark\t\n", "\t" * 500, "\xff\t\t\n"]
)
def test_a_file_that_makes_no_sense_is_no_choice(home: dict[str, str], text: str) -> None:
    state = load(environ=home).paths.state
    state.mkdir(parents=True)
    (state / "themes").write_bytes(text.encode("latin-1"))
    assert load(environ=home).theme == "dark"


def test_glyphs_by_flag(home: dict[str, str]) -> None:
    assert load(Flags(glyphs="nerd"), home).glyphs == "nerd"
    assert load(Flags(glyphs="nerd", ascii=True), home).glyphs == "ascii"
    with pytest.raises(ConfigError, match=r'^flag --glyphs: glyphs must be "unicode", "ascii" or "nerd"; did you mean'):
        load(Flags(glyphs="nerds"), home)
