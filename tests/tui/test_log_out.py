"""A log out of the screen: files whose names are safe, and programs that no shell starts."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildwatch.demo.control import StageScript, StepScript
from buildwatch.tui.log_out import OutError, command, file_name, program, save, view

if TYPE_CHECKING:
    from tests.tui.conftest import Desks


@pytest.mark.parametrize(
    ("parts", "name"),
    [
        (("acme/api", "812", "unit/test"), "acme-api-812-unit-test.log"),
        (("../../etc/passwd", "", "-rf"), "etc-passwd-rf.log"),
        (("a;rm -rf $(x)`y`", "1", "\x1b]0;owned\x07"), "a-rm-rf-x-y-1-0-owned.log"),
        (("日本", "", ""), "log.log"),
    ],
)
def test_names_of_files(parts: tuple[str, ...], name: str) -> None:
    assert file_name(*parts) == name


@given(st.lists(st.text(max_size=200), max_size=4))
def test_no_name_leaves_its_folder_or_reads_as_an_option(parts: list[str]) -> None:
    name = file_name(*parts)
    assert Path(name).name == name
    assert name.isascii()
    assert name[0] not in "-."
    assert len(name) < 200


def test_a_saved_log_is_for_the_user_alone_and_replaces_the_older_one(tmp_path: Path) -> None:
    path = save(tmp_path / "logs", "a.log", "one\n")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert save(tmp_path / "logs", "a.log", "two \ud800\n") == path
    assert path.read_text() == "two ?\n"
    assert [file.name for file in path.parent.iterdir()] == ["a.log"]


def test_a_folder_that_cannot_be_is_told_of(tmp_path: Path) -> None:
    (tmp_path / "logs").write_text("a file")
    with pytest.raises(OutError, match="cannot be saved in"):
        save(tmp_path / "logs", "a.log", "one\n")


@pytest.mark.parametrize(
    ("kind", "environ", "words"),
    [
        ("pager", {"PAGER": "less -RX"}, ["less", "-RX"]),
        ("pager", {"PAGER": "most; rm -rf ~"}, ["most;", "rm", "-rf", "~"]),
        ("pager", {}, ["less"]),
        ("pager", {"PAGER": " "}, ["less"]),
        ("editor", {"EDITOR": "vi", "VISUAL": "emacs '-q x'"}, ["emacs", "-q x"]),
        ("editor", {"EDITOR": "nano"}, ["nano"]),
        ("editor", {}, ["vi"]),
    ],
)
def test_which_program(kind: str, environ: dict[str, str], words: list[str]) -> None:
    assert program(kind, environ) == words


def test_a_variable_with_half_a_quote_is_told_of() -> None:
    with pytest.raises(OutError, match=r"\$EDITOR has a quote"):
        program("editor", {"EDITOR": "vi 'x"})


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["less", "-R"], ["less", "-R", "+12", "/tmp/a.log"]),
        (["/usr/bin/nvim"], ["/usr/bin/nvim", "+12", "/tmp/a.log"]),
        (["hx"], ["hx", "/tmp/a.log:12"]),
        (["code"], ["code", "--wait", "--goto", "/tmp/a.log:12"]),
        (["code", "--wait"], ["code", "--wait", "--goto", "/tmp/a.log:12"]),
        (["cat"], ["cat", "/tmp/a.log"]),
    ],
)
def test_the_line_is_told_to_those_who_know_it(words: list[str], expected: list[str]) -> None:
    assert command(words, "/tmp/a.log", 12) == expected


def test_a_program_sees_the_log_while_it_has_the_terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pager = tmp_path / "pager"
    pager.write_text('#!/bin/sh\ncp "$1" "$(dirname "$0")/seen"\necho "$1" > "$(dirname "$0")/name"\n')
    pager.chmod(0o700)
    monkeypatch.setenv("PAGER", str(pager))
    lent = []

    @contextmanager
    def lend() -> Iterator[None]:
        lent.append((tmp_path / "seen").exists())
        yield
        lent.append((tmp_path / "seen").exists())

    view("pager", "acme-1.log", "one\n$(touch owned)\n", 2, lend)
    assert lent == [False, True]
    assert (tmp_path / "seen").read_text() == "one\n$(touch owned)\n"
    left = Path((tmp_path / "name").read_text().strip())
    assert left.name == "acme-1.log"
    assert not left.parent.exists(), "nothing is left behind"
    monkeypatch.setenv("PAGER", str(tmp_path / "nothing"))
    with pytest.raises(OutError, match=r"there is no program .*; set \$PAGER"):
        view("pager", "acme-1.log", "one\n", 1, lend)


async def test_the_log_in_the_pane_is_saved(desks: Desks, tmp_path: Path) -> None:
    build = desks.ended(StageScript((StepScript("test", log=("one\n", "\x1b[31mtwo\x1b[m\n")),)))
    async with desks.listed(paths=desks.settings.paths._replace(data=tmp_path)) as desk:
        await desk.go_to("storefront")
        await desk.until(lambda: desk.log.state.lines == 2)
        await desk.press("tab", "s")
        await desk.until(lambda: desk.said)
        path = tmp_path / "logs" / f"acme-storefront-{build.number}-test.log"
        assert desk.said == [f"saved as {path}"]
        assert path.read_text() == "one\ntwo\n"
        await desk.press("p")
        await desk.until(lambda: len(desk.said) > 1)
        assert "cannot be given" in desk.said[1], "there is no terminal here"
