"""The environment's server beside those of the file."""

from __future__ import annotations

from pathlib import Path

import pytest

from buildwatch.config import ConfigError, Flags, ServerSettings, load

HOME = {"HOME": "/home/nobody"}


def servers(environ: dict[str, str], file: Path | None = None, text: str = "") -> tuple[ServerSettings, ...]:
    if file is None:
        return load(environ=HOME | environ).servers
    file.write_text(text)
    file.chmod(0o600)
    return load(Flags(config=str(file)), HOME | environ).servers


def test_drone_server_and_drone_token_are_enough() -> None:
    (server,) = servers({"DRONE_SERVER": "https://Drone.Example.com/", "DRONE_TOKEN": "s3cret"})
    assert (server.name, server.url, server.kind) == ("drone.example.com", "https://drone.example.com", "auto")
    assert server.token.read().reveal() == "s3cret"
    assert server.origins["url"] == "environment DRONE_SERVER"
    assert server.origins["token"] == "environment DRONE_TOKEN"


def test_a_port_is_part_of_the_name() -> None:
    (server,) = servers({"DRONE_SERVER": "http://localhost:8080"})
    assert server.name == server.host == "localhost:8080"


def test_it_is_added_after_the_files_servers(tmp_path: Path) -> None:
    text = '[[server]]\nname = "lab"\nurl = "https://lab.example.com"\ntoken = "own"'
    lab, added = servers({"DRONE_SERVER": "https://ci.example.com", "DRONE_TOKEN": "t"}, tmp_path / "c.toml", text)
    assert (lab.name, added.name) == ("lab", "ci.example.com")
    assert lab.token.read().reveal() == "own"


def test_the_same_address_is_the_same_server_and_keeps_its_own_token(tmp_path: Path) -> None:
    text = '[[server]]\nname = "lab"\nurl = "https://lab.example.com:443/ci/"\ntoken = "own"\ninsecure = false'
    environ = {"DRONE_SERVER": "https://LAB.example.com/ci", "DRONE_TOKEN": "t", "DRONE_SKIP_VERIFY": "true"}
    (server,) = servers(environ, tmp_path / "c.toml", text)
    assert (server.name, server.insecure) == ("lab", False)
    assert server.token.read().reveal() == "own"


def test_the_environment_fills_in_what_the_file_leaves_open(tmp_path: Path) -> None:
    text = '[[server]]\nname = "lab"\nurl = "https://lab.example.com"'
    environ = {
        "DRONE_SERVER": "https://lab.example.com",
        "DRONE_TOKEN": "t",
        "DRONE_SKIP_VERIFY": "1",
        "SOCKS_PROXY": "proxy:1080",
    }
    (server,) = servers(environ, tmp_path / "c.toml", text)
    assert (server.name, server.insecure, server.proxy) == ("lab", True, "socks5://proxy:1080")
    assert server.token.read().reveal() == "t"
    assert server.origins["insecure"] == "environment DRONE_SKIP_VERIFY"


def test_a_token_never_goes_to_a_server_that_drone_server_does_not_name(tmp_path: Path) -> None:
    text = '[[server]]\nname = "lab"\nurl = "https://lab.example.com"'
    (server,) = servers({"DRONE_TOKEN": "t", "DRONE_SKIP_VERIFY": "1"}, tmp_path / "c.toml", text)
    assert not server.insecure
    with pytest.raises(ConfigError, match="no token_env, token_file or token_command"):
        server.token.read()


def test_the_proxy_can_be_switched_off() -> None:
    environ = {"DRONE_SERVER": "http://x", "SOCKS_PROXY": "proxy:1080"}
    assert servers(environ | {"SOCKS_PROXY_OFF": "true"})[0].proxy is None
    assert servers(environ | {"SOCKS_PROXY_OFF": "false"})[0].proxy == "socks5://proxy:1080"


def test_a_taken_name_gets_the_path_too(tmp_path: Path) -> None:
    text = '[[server]]\nname = "ci.example.com"\nurl = "https://ci.example.com"'
    _, added = servers({"DRONE_SERVER": "https://ci.example.com/two"}, tmp_path / "c.toml", text)
    assert added.name == "ci.example.com/two"


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"DRONE_SERVER": "drone.example.com"}, 'DRONE_SERVER has no scheme ("drone.example.com")'),
        ({"DRONE_SERVER": "https://me:hunter2@ci"}, "DRONE_SERVER must not hold a user or password"),
        ({"DRONE_SERVER": "http://x", "DRONE_SKIP_VERIFY": "si"}, "DRONE_SKIP_VERIFY must be true or false"),
        ({"DRONE_SERVER": "http://x", "SOCKS_PROXY": "a b"}, "SOCKS_PROXY holds a space"),
    ],
)
def test_what_is_wrong_in_the_environment_is_said_with_its_name(environ: dict[str, str], expected: str) -> None:
    with pytest.raises(ConfigError) as caught:
        servers(environ)
    assert expected in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_a_token_in_a_file_that_others_can_read_is_warned_of(tmp_path: Path) -> None:
    file = tmp_path / "c.toml"
    file.write_text('[[server]]\nname = "lab"\nurl = "https://lab"\ntoken = "hunter2"')
    for mode, warned in ((0o600, False), (0o640, True), (0o604, True), (0o644, True)):
        file.chmod(mode)
        warnings = load(Flags(config=str(file)), HOME).warnings
        assert bool(warnings) is warned
        assert not any("hunter2" in warning for warning in warnings)
