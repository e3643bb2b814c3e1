"""The tab's title, and what happens when a watched build ends; nothing from outside gets into terminal or shell."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildwatch.config import ConfigError, load
from buildwatch.config.alert import AlertSettings
from buildwatch.model import Build, Status
from buildwatch.tui import alerts
from buildwatch.tui.bars import Counts
from buildwatch.tui.tab_title import BACK, KEEP, TabTitle, title
from buildwatch.words import ASCII, NERD, UNICODE

if TYPE_CHECKING:
    from tests.tui.conftest import Desk, Desks

BUILD = Build("ci", "acme/api", 7, 7, status=Status.FAILURE, started=100, finished=141, branch="main", author="ada")


def test_the_title_counts_what_fails_first() -> None:
    assert title(Counts(running=3, failing=2), UNICODE) == "✗2 ●3 buildwatch"
    assert title(Counts(running=3, failing=2), NERD) == "✗2 ●3 buildwatch"
    assert title(Counts(running=1, waiting=4), ASCII) == "*1 ?4 buildwatch"
    assert title(Counts(), UNICODE) == "buildwatch"


def test_the_title_is_set_when_it_changes_and_given_back() -> None:
    sent: list[str] = []
    tab = TabTitle(UNICODE, sent.append)
    assert tab.leaving == ""
    for failing in (0, 0, 1, 1):
        tab.show(Counts(failing=failing))
    assert sent == [f"{KEEP}\x1b]2;buildwatch\x07", "\x1b]2;✗1 buildwatch\x07"]
    assert tab.leaving == BACK


def test_a_desktop_notification_names_the_build() -> None:
    assert alerts.notification(BUILD, "osc9") == "\x1b]9;buildwatch: acme/api#7 failed after 0:41\x07"
    assert alerts.notification(BUILD, "osc777") == "\x1b]777;notify;buildwatch;acme/api#7 failed after 0:41\x07"
    assert alerts.notification(BUILD, "off") == ""


@given(st.text(max_size=30), st.text(max_size=10), st.sampled_from(["osc9", "osc777"]))
def test_no_name_gets_out_of_the_escape_sequence(repo: str, status: str, how: str) -> None:
    sent = alerts.notification(replace_build(repo, status), how)
    parts = sent[2:-1].split(";")
    assert (sent[:2], sent[-1]) == ("\x1b]", "\x07")
    assert len(parts) == (2 if how == "osc9" else 4)
    assert sent[2:-1].isascii()
    assert sent[2:-1].isprintable()


def replace_build(repo: str, status: str) -> Build:
    return Build("ci", repo, 7, 7, status=Status(status))


async def test_a_command_gets_its_facts_by_its_environment(tmp_path: Path) -> None:
    told = tmp_path / "told"
    code = "import json, os, sys; open(sys.argv[1], 'w').write(json.dumps(dict(os.environ)))"
    settings = AlertSettings(command=(sys.executable, "-c", code, str(told)))
    hostile = Build("ci", "acme/$(touch x)", 7, 7, status=Status.SUCCESS, title="`touch x`; rm -rf ~ && \n$HOME")
    assert await alerts.run(settings, alerts.facts(hostile, "https://ci.example.com/acme/api/7")) == ""
    environ = json.loads(told.read_text())
    assert environ["BUILDWATCH_REPO"] == "acme/$(touch x)"
    assert environ["BUILDWATCH_MESSAGE"] == "`touch x`; rm -rf ~ && \n$HOME"
    assert (environ["BUILDWATCH_STATUS"], environ["BUILDWATCH_NUMBER"]) == ("success", "7")
    assert environ["BUILDWATCH_URL"] == "https://ci.example.com/acme/api/7"


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (("/nonexistent/notify",), "the command of [alert] cannot be started (no such file or directory)"),
        ((sys.executable, "-c", "raise SystemExit(3)"), "the command of [alert] failed with exit 3"),
    ],
)
async def test_a_command_that_fails_is_told_in_one_sentence(command: tuple[str, ...], said: str) -> None:
    assert await alerts.run(AlertSettings(command=command), {}) == said


async def test_a_command_that_does_not_end_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alerts, "LONGEST", 0.2)
    said = await alerts.run(AlertSettings(command=(sys.executable, "-c", "import time; time.sleep(600)")), {})
    assert said == "the command of [alert] took more than 0 seconds and was ended"


async def test_the_end_of_a_watched_build_is_told_once(desks: Desks, tmp_path: Path) -> None:
    told = tmp_path / "told"
    code = "import os, sys; open(sys.argv[1], 'a').write(os.environ['BUILDWATCH_BUILD'] + '\\n')"
    alert = AlertSettings(bell=True, desktop="osc9", command=(sys.executable, "-c", code, str(told)))
    async with desks.listed(alert=alert) as desk:
        sent = listening(desk)
        build = await desk.running()
        other = await desk.running(repo="acme/search")
        await desk.go_to("storefront")
        await desk.press("W")
        await desk.until(lambda: "acme/storefront#1: its end will be told" in desk.said)
        await desk.press("l")
        await desk.until(lambda: any("#1  ♪" in row for row in desk.rows))
        desk.server.control.release(other)
        desk.server.control.release(build)
        desk.advance(5)
        await desk.agree(build, "success")
        await desk.agree(other, "success")
        await desk.until(told.exists)
        rung = [text for text in sent if "\a" in text and not text.startswith(("\x1b]2;", KEEP))]
        assert len(rung) == 1
        assert rung[0].startswith("\a\x1b]9;buildwatch: acme/storefront#1 succeeded after ")
        assert any(said.startswith("✓ acme/storefront#1 succeeded after ") for said in desk.said)
        await desk.press("W")
        await desk.until(lambda: "acme/storefront#1 has ended already" in desk.said)
        await desk.until(lambda: told.read_text() == "acme/storefront#1\n")


async def test_nothing_but_a_word_on_the_screen_is_what_is_set_at_first(desks: Desks) -> None:
    async with desks.listed(title=False) as desk:
        sent = listening(desk)
        build = await desk.running()
        await desk.go_to("storefront")
        await desk.press("W", "W", "W")
        await desk.until(lambda: desk.said[-1:] == ["acme/storefront#1: its end will be told"])
        desk.server.control.release(build)
        desk.advance(5)
        await desk.until(lambda: any("succeeded" in said for said in desk.said))
        assert "".join(sent) == ""


async def test_the_title_follows_the_board(desks: Desks) -> None:
    async with desks.listed() as desk:
        sent = listening(desk)
        await desk.running()
        await desk.until(lambda: "\x1b]2;●1 buildwatch\x07" in sent)


def listening(desk: Desk) -> list[str]:
    """What is sent to the terminal beside the screen."""
    sent: list[str] = []
    title = desk.app._tab_title
    if title is not None:
        title._write = sent.append
    desk.app.to_terminal = sent.append  # type: ignore[assignment, method-assign]  # as a terminal that is no test's would hear it
    return sent


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("[alert]\nbel = true", r'\[alert\]: unknown key "bel"; did you mean "bell"\?'),
        ('[alert]\ndesktop = "osc7"', r'\[alert\]: desktop must be "off", "osc9" or "osc777"; did you mean'),
        ("[alert]\ncommand = []", r'\[alert\]: command must be a command, like "pass show drone" or'),
        ('[alert]\ncommand = "say \'"', r"\[alert\]: command has a quote that is not closed"),
        ("alert = 1", r"alert must be a table that begins with \[alert\]"),
    ],
)
def test_a_fault_in_the_settings_is_one_sentence(text: str, fault: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=fault):
        load(environ=written(tmp_path, text))


def test_the_settings(tmp_path: Path) -> None:
    text = 'title = false\n[alert]\nbell = true\ndesktop = "osc777"\ncommand = "say \'build done\'"\n'
    settings = load(environ=written(tmp_path, text))
    assert (settings.title, settings.alert) == (False, AlertSettings(True, "osc777", ("say", "build done")))
    assert (str(settings.alert), settings.origins["alert"]) == ("bell, osc777, say build done", "config.toml")
    assert load(environ={"HOME": "/nonexistent"}).alert == AlertSettings()


def written(folder: Path, text: str) -> dict[str, str]:
    file = folder / ".config/buildwatch/config.toml"
    file.parent.mkdir(parents=True)
    file.write_text(text)
    return {"HOME": str(folder)}
