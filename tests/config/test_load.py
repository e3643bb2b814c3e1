"""Configuration file, environment and flags together."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildwatch.config import ConfigError, Flags, Settings, load
from buildwatch.text import clean

LAB = '[[server]]\nname = "lab"\nurl = "https://drone.example.com"\n'

Write = Callable[[str], str]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a configuration file that only its owner can read; gives its path."""

    def write(text: str) -> str:
        path = tmp_path / "config.toml"
        path.write_text(text)
        path.chmod(0o600)
        return str(path)

    return write


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    """An environment with nothing but a home directory."""
    return {"HOME": str(tmp_path)}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for all examples of a property."""
    return tmp_path_factory.mktemp("config")


def read(text: str, write: Write, **environ: str) -> Settings:
    return load(Flags(config=write(text)), {"HOME": "/home/nobody", **environ})


def refused(text: str, write: Write, **environ: str) -> str:
    with pytest.raises(ConfigError) as caught:
        read(text, write, **environ)
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_nothing_at_all_gives_defaults_and_no_server(home: dict[str, str]) -> None:
    settings = load(environ=home)
    assert settings.servers == ()
    assert (settings.theme, settings.glyphs, settings.read_only, settings.mouse) == ("dark", "unicode", False, True)
    assert settings.file is None
    assert set(settings.origins.values()) == {"default"}


def test_the_file_in_the_xdg_place_is_read_without_being_named(tmp_path: Path) -> None:
    folder = tmp_path / "xdg" / "buildwatch"
    folder.mkdir(parents=True)
    (folder / "config.toml").write_text('theme = "light"')
    settings = load(environ={"HOME": "/home/nobody", "XDG_CONFIG_HOME": str(tmp_path / "xdg")})
    assert (settings.theme, settings.origins["theme"]) == ("light", "config.toml")
    assert settings.file == folder / "config.toml"


def test_a_file_that_somebody_named_must_exist(tmp_path: Path, home: dict[str, str]) -> None:
    missing = str(tmp_path / "no.toml")
    with pytest.raises(ConfigError, match=r"there is no configuration file .*no\.toml"):
        load(Flags(config=missing), home)
    with pytest.raises(ConfigError, match=r"there is no configuration file .*no\.toml"):
        load(environ=home | {"BUILDWATCH_CONFIG": missing})


def test_a_flag_wins_over_the_environment_and_the_environment_over_the_file(write: Write) -> None:
    file = write('theme = "one"\nglyphs = "unicode"\nread_only = false\nmouse = true')
    environ = {"HOME": "/home/nobody", "BUILDWATCH_THEME": "two", "BUILDWATCH_MOUSE": "off"}
    settings = load(Flags(config=file, theme="three", ascii=True, read_only=True), environ)
    assert (settings.theme, settings.glyphs, settings.read_only, settings.mouse) == ("three", "ascii", True, False)
    assert (
        settings.origins.items()
        >= {
            "config": "flag --config",
            "theme": "flag --theme",
            "glyphs": "flag --ascii",
            "read_only": "flag --read-only",
            "mouse": "environment BUILDWATCH_MOUSE",
        }.items()
    )
    assert load(Flags(config=file), environ).theme == "two"
    assert load(Flags(config=file), {"HOME": "/home/nobody"}).theme == "one"


def test_all_of_the_environment_is_checked(home: dict[str, str]) -> None:
    for variable, value, expected in (
        ("BUILDWATCH_GLYPHS", "asci", 'glyphs must be "unicode", "ascii" or "nerd"; did you mean "ascii"?'),
        ("BUILDWATCH_MOUSE", "maybe", "BUILDWATCH_MOUSE must be true or false"),
        ("BUILDWATCH_THEME", "../dark", "environment BUILDWATCH_THEME: theme must be the name of a theme"),
    ):
        with pytest.raises(ConfigError) as caught:
            load(environ=home | {variable: value})
        assert expected in str(caught.value)


def test_a_theme_never_names_a_path(home: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match="flag --theme: theme must be the name"):
        load(Flags(theme="../../etc/passwd"), home)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('thme = "x"', 'config.toml: unknown key "thme"; did you mean "theme"?'),
        ("theme = 3", "config.toml: theme must be the name of a theme (letters, digits, - and _), not a number"),
        ("theme = 1979-05-27", "not a date or time"),
        ('read_only = "yes"', "config.toml: read_only must be true or false, not a text"),
        ("mouse = 1", "mouse must be true or false, not a number"),
        ('[server]\nname = "x"', "server must be tables that begin with [[server]], not a table"),
        ('server = ["x"]', "[[server]] 1 must be a table"),
        (LAB + 'tokn_env = "X"', '[[server]] lab: unknown key "tokn_env"; did you mean "token_env"?'),
        (LAB + "insecure = 1", "[[server]] lab: insecure must be true or false, not a number"),
        (
            LAB + 'kind = "drone-3"',
            "[[server]] lab: kind must be one of auto, drone-0.5, drone-0.7, drone-0.8, drone-1, drone-2",
        ),
        ('[[server]]\nurl = "https://x.example.com"', "[[server]] 1: name is missing; expected a short name"),
        ('[[server]]\nname = "lab"', "[[server]] lab: url is missing; expected an address"),
        ('[[server]]\nname = ""\nurl = "https://x"', "[[server]] 1: name must be a short name"),
        ('[[server]]\nname = "a\\u001b[2J"\nurl = "https://x"', "name must be a short name"),
        (LAB + LAB, '[[server]] lab: the name "lab" is taken already'),
        (LAB + 'token_env = "A"\ntoken_file = "b"', "token_env and token_file are given; expected only one of them"),
        (LAB + "token_command = []", "token_command must be a command"),
        (LAB + 'token_command = ["pass", 3]', "token_command must be a command"),
        (LAB + 'token_command = "pass \'show"', "token_command has a quote that is not closed"),
        ('[[server]]\nname = "x"\nurl = "drone.example.com"', 'url has no scheme ("drone.example.com"); expected'),
        (LAB + 'proxy = "ftp://x"', "proxy begins with ftp://; expected http or https or socks5 or socks5h"),
        ('a = "b\nc = 1', "config.toml, line 1, column 7: illegal character"),
        ("theme = ", "config.toml, end of document: invalid value"),
    ],
)
def test_what_is_wrong_in_a_file_is_said_with_file_key_and_what_is_expected(
    text: str, expected: str, write: Write
) -> None:
    message = refused(text, write)
    assert "config.toml" in message
    assert expected in message


def test_what_would_wear_out_the_reader_is_told_too(write: Write) -> None:
    assert "holds something too deep or too long" in refused("x = " + "[" * 100_000, write)
    assert "holds something too deep or too long" in refused("x = " + "9" * 5000, write)
    assert "is larger than 1024 KiB" in refused("#" * 1_100_000, write)


def test_a_file_that_is_not_text_is_told_with_its_line(tmp_path: Path, home: dict[str, str]) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(b'theme = "dark"\nglyphs = "\xff"\n')
    with pytest.raises(ConfigError, match="line 2: expected text in UTF-8"):
        load(Flags(config=str(path)), home)


def test_a_folder_in_place_of_a_file_is_told(tmp_path: Path, home: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match="cannot be read \\(is a directory\\)"):
        load(Flags(config=str(tmp_path)), home)


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_file_without_the_right_to_read_it_is_told(write: Write, home: dict[str, str]) -> None:
    file = write("")
    Path(file).chmod(0)
    with pytest.raises(ConfigError, match="cannot be read \\(permission denied\\)"):
        load(Flags(config=file), home)


def test_one_server_can_be_chosen_by_name(write: Write, home: dict[str, str]) -> None:
    file = write(LAB + '[[server]]\nname = "ci"\nurl = "https://ci.example.com"')
    assert [server.name for server in load(Flags(config=file), home).servers] == ["lab", "ci"]
    assert [server.name for server in load(Flags(config=file, server="ci"), home).servers] == ["ci"]
    with pytest.raises(ConfigError) as caught:
        load(Flags(config=file, server="lav"), home)
    assert str(caught.value) == '--server: no server is named "lav"; there are lab, ci; did you mean "lab"?'


def test_paths_in_the_file_start_at_its_folder_or_at_home(write: Write, tmp_path: Path) -> None:
    (server,) = read(LAB + 'ca_file = "ca.pem"\nproxy = "socks5://p:1"', write).servers
    assert server.ca_file == tmp_path / "ca.pem"
    assert server.proxy == "socks5://p:1"
    (server,) = read(LAB + 'ca_file = "/etc/ca.pem"', write).servers
    assert server.ca_file == Path("/etc/ca.pem")


def test_the_example_is_a_configuration_without_errors(home: dict[str, str]) -> None:
    example = Path(__file__).parents[2] / "examples" / "config.toml"
    settings = load(Flags(config=str(example)), home)
    assert [server.name for server in settings.servers] == ["ci", "lab"]
    assert settings.warnings == ()


values = st.recursive(
    st.booleans() | st.integers() | st.text(max_size=20), lambda inner: st.lists(inner, max_size=3), max_leaves=4
)
keys = st.sampled_from(["name", "url", "kind", "token", "token_env", "token_file", "token_command", "proxy", "ca_file"])


def as_toml(value: object) -> str:
    """A value as TOML writes it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(value)
    if isinstance(value, list):
        return "[" + ", ".join(as_toml(item) for item in value) + "]"
    return '"' + "".join(f"\\U{ord(char):08x}" for char in str(value)) + '"'


def sentence(path: Path) -> str:
    """What is said of a file: nothing when it is a configuration. Anything else that is raised fails the test."""
    try:
        load(Flags(config=str(path)), {"HOME": "/home/nobody"})
    except ConfigError as error:
        return str(error)
    return ""


@given(text=st.text(max_size=200) | st.sampled_from(["[[server", "]]", "=", '"""', "\x00", "\r"]))
def test_any_text_gives_settings_or_one_sentence(folder: Path, text: str) -> None:
    path = folder / "text.toml"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    said = sentence(path)
    assert said == clean(said, 1000)


@given(server=st.dictionaries(keys, values), options=st.dictionaries(st.sampled_from(["theme", "glyphs"]), values))
def test_any_values_give_settings_or_one_sentence(
    folder: Path, server: dict[str, object], options: dict[str, object]
) -> None:
    given_url = {"name": "lab", "url": "https://drone.example.com"} | server
    lines = [f"{key} = {as_toml(value)}" for key, value in options.items()]
    lines += ["[[server]]", *(f"{key} = {as_toml(value)}" for key, value in given_url.items())]
    path = folder / "values.toml"
    path.write_text("\n".join(lines))
    said = sentence(path)
    assert said == clean(said, 1000)
