"""Tokens: the four places they come from, and that nothing shows them."""

from __future__ import annotations

import os
import sys
import time
import traceback
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildwatch.config import ConfigError, ServerSettings, Token, token

SECRET = "hunter2hunter2hunter2"


def python(code: str) -> list[str]:
    """A command that runs a little Python, without the start-up that this test needs not."""
    return [sys.executable, "-S", "-E", "-c", code]


def why_not(source: token.TokenSource) -> str:
    with pytest.raises(ConfigError) as caught:
        source.read()
    return str(caught.value)


@given(st.text(min_size=4))
def test_no_way_of_printing_a_token_shows_it_or_its_length(secret: str) -> None:
    shown = Token(secret)
    assert {repr(shown), str(shown), f"{shown}", f"{shown!s:>3}", repr([shown])} == {"Token(…)", "[Token(…)]"}
    assert not hasattr(shown, "__len__")
    assert shown.reveal() == secret


def test_a_server_with_its_token_in_the_file_does_not_show_it() -> None:
    source = token.plain(SECRET)
    server = ServerSettings("lab", "https://lab", source, proxy=f"http://me:{SECRET}@proxy")
    assert SECRET not in f"{server!r} {source!r} {source} {source.state()} {source.remedy}"
    assert source.read().reveal() == SECRET


def test_a_variable_is_read_when_it_is_needed() -> None:
    environ: dict[str, str] = {}
    source = token.from_env("LAB_TOKEN", environ)
    assert why_not(source) == "LAB_TOKEN is not set"
    assert source.state() == "missing: LAB_TOKEN is not set"
    environ["LAB_TOKEN"] = f"{SECRET}\n"
    assert source.read().reveal() == SECRET
    assert source.state() == "set, from token_env LAB_TOKEN"


def test_a_token_in_place_of_a_variables_name_is_not_shown() -> None:
    source = token.from_env("hunter2hunter2", {})
    assert "hunter2" not in why_not(source) + source.state() + repr(source) + source.remedy


def test_the_first_line_of_a_file_counts(tmp_path: Path) -> None:
    file = tmp_path / "token"
    source = token.from_file(file)
    assert why_not(source) == f"token_file {file} cannot be read (no such file or directory)"
    file.write_text(f"  {SECRET}\r\nanother line\n")
    assert source.read().reveal() == SECRET
    assert source.state() == f"set, from token_file {file}"
    file.write_text("\n")
    assert why_not(source) == f"token_file {file} is empty; expected the token in its first line"
    file.write_text("x" * 5000)
    assert "gives more than 4096 bytes" in why_not(source)


@pytest.mark.parametrize("secret", ["two words", "naïve", "a\x1b[2Jb", "\ufffd"])
def test_what_cannot_be_sent_in_a_header_is_refused_without_being_shown(tmp_path: Path, secret: str) -> None:
    file = tmp_path / "token"
    file.write_text(secret)
    message = why_not(token.from_file(file))
    assert "holds characters that no token has" in message
    assert secret not in message


def test_a_command_is_run_only_when_the_token_is_read(tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    source = token.from_command(python(f"open({str(mark)!r}, 'w').close(); print({SECRET!r}); print('more')"))
    assert source.state() == f"from token_command {sys.executable}, which is run on connecting"
    assert not mark.exists()
    assert source.read().reveal() == SECRET
    assert mark.exists()


def test_a_command_has_no_shell(tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    assert token.from_command(["echo", f"$(touch${{IFS}}{mark})"]).read().reveal().startswith("$(touch")
    assert not mark.exists()


def test_a_command_that_fails_is_told_without_what_it_said() -> None:
    code = f"import sys; print({SECRET!r}); print({SECRET!r}, file=sys.stderr); sys.exit(3)"
    message = why_not(token.from_command(python(code)))
    assert message == f"token_command {sys.executable} failed (exit 3); run it yourself to see why"


def test_a_command_that_is_not_there_is_told() -> None:
    assert "token_command /no/such cannot be run (no such file" in why_not(token.from_command(["/no/such", SECRET]))
    assert "cannot be run (not a possible name)" in why_not(token.from_command(["a\0b"]))


def test_a_command_without_end_of_output_is_cut_off() -> None:
    assert "gives more than 4096 bytes" in why_not(token.from_command(["yes", SECRET]))


def test_a_command_that_waits_is_ended_with_what_it_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(token, "COMMAND_LIMIT", 1.0)
    pids = tmp_path / "pid"
    script = f"sleep 100 & echo $! > {pids}; wait"
    message = why_not(token.from_command(["sh", "-c", script]))
    assert message == "token_command sh gave nothing within 1 s; run it yourself to see what it waits for"
    assert gone(int(pids.read_text()))


def test_a_child_that_holds_the_output_does_not_hold_us(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(token, "COMMAND_LIMIT", 1.0)
    assert "gave nothing within 1 s" in why_not(token.from_command(["sh", "-c", f"echo {SECRET}; sleep 100 &"]))


def test_a_traceback_of_a_token_that_was_refused_does_not_show_it(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(f"{SECRET} x")
    with pytest.raises(ConfigError) as caught:
        token.from_file(file).read()
    assert SECRET not in "".join(traceback.format_exception(caught.value))


def gone(pid: int) -> bool:
    """Whether a process has ended, or does so within 10 s. `sleep 100` itself would last longer."""
    for _ in range(1000):
        if not running(pid):
            return True
        time.sleep(0.01)
    return False


def running(pid: int) -> bool:
    """Whether a process runs. One that has ended and that nobody has collected yet does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{pid}/stat")  # not there outside Linux, where somebody always collects
    return not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] != "Z"
