"""`buildwatch info`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from buildwatch import __version__
from buildwatch.cli.main import main

SECRET = "hunter2hunter2"

CONFIG = f"""
theme = "light"
[[server]]
name = "ci"
url = "https://ci.example.com/"
token = "{SECRET}"
[[server]]
name = "lab"
url = "http://lab.example.com:8080"
token_env = "LAB_TOKEN"
ca_file = "ca.pem"
insecure = true
proxy = "http://me:{SECRET}@proxy:3128"
[[server]]
name = "box"
url = "http://box.example.com"
token_command = "touch ran {SECRET}"
[[server]]
name = "none"
url = "http://none.example.com"
"""


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "DRONE_SKIP_VERIFY", "SOCKS_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setenv("BUILDWATCH_GLYPHS", "ascii")
    monkeypatch.setenv("DRONE_SERVER", "https://drone.example.com")
    monkeypatch.setenv("DRONE_TOKEN", SECRET)
    path = tmp_path / "any.toml"
    path.write_text(CONFIG)
    path.chmod(0o600)
    return path


def test_as_json_it_tells_every_value_and_where_it_came_from(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["info", "--json", "--config", str(file), "--read-only"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["version"] == __version__
    assert told["paths"] == {
        "config": {"path": str(file), "exists": True, "from": "flag --config"},
        "themes": {"path": f"{file.parent}/.config/buildwatch/themes", "exists": False, "from": "default"},
        "state": {"path": f"{file.parent}/buildwatch", "exists": False, "from": "environment XDG_STATE_HOME"},
        "cache": {"path": f"{file.parent}/.cache/buildwatch", "exists": False, "from": "default"},
        "data": {"path": f"{file.parent}/.local/share/buildwatch", "exists": False, "from": "default"},
    }
    assert told["settings"] == {
        "theme": {"value": "light", "from": "any.toml"},
        "glyphs": {"value": "ascii", "from": "environment BUILDWATCH_GLYPHS"},
        "read_only": {"value": True, "from": "flag --read-only"},
        "mouse": {"value": True, "from": "default"},
        "title": {"value": True, "from": "default"},
        "keep": {"value": True, "from": "default"},
        "alert": {"value": "off", "from": "default"},
        "keymap": {"value": "as it is", "from": "default"},
        "views": {"value": "none", "from": "default"},
    }
    lab = told["servers"][1]
    assert lab["ca_file"] == {"value": f"{file.parent}/ca.pem", "from": "any.toml"}
    assert lab["proxy"] == {"value": "http://proxy:3128", "from": "any.toml"}
    assert lab["kind"] == {"value": "auto", "from": "default"}


def test_tokens_are_told_by_their_place_only(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["info", "--json", "--config", str(file)])
    out = capsys.readouterr().out
    assert SECRET not in out
    assert [server["token"]["value"] for server in json.loads(out)["servers"]] == [
        "set, from token",
        "missing: LAB_TOKEN is not set",
        "from token_command touch, which is run on connecting",
        "missing: no token_env, token_file or token_command",
        "set, from token_env DRONE_TOKEN",
    ]
    assert not (file.parent / "ran").exists()


def test_as_text_it_tells_the_same(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["info", "--config", str(file)])
    out, err = capsys.readouterr()
    assert err == ""
    assert SECRET not in out
    lines = out.splitlines()
    assert lines[0].startswith(f"buildwatch {__version__}, Python 3.")
    assert f"  config     {file}  (flag --config)" in lines
    assert f"  themes     {file.parent}/.config/buildwatch/themes  (default, not there)" in lines
    assert "  glyphs     ascii  (environment BUILDWATCH_GLYPHS)" in lines
    assert "server lab  (any.toml)" in lines
    assert "  insecure   true  (any.toml)" in lines
    assert "  token      set, from token_env DRONE_TOKEN  (environment DRONE_TOKEN)" in lines


def test_with_nothing_configured_it_says_how_to_start(
    file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("DRONE_SERVER")
    assert main(["info"]) == 0
    out = capsys.readouterr().out
    assert "no server: set DRONE_SERVER and DRONE_TOKEN, or write a [[server]] into the configuration file" in out
    assert f"  config     {file.parent}/.config/buildwatch/config.toml  (default, not there)" in out
