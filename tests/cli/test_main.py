"""The frame of the command line, as a person meets it: in a process of its own."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from buildwatch.cli import main as cli
from buildwatch.cli.commands import COMMANDS

CONFIG = '[[server]]\nname = "lab"\nurl = "https://lab.example.com"\n'


def buildwatch(*argv: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run it without a terminal and with nothing but these variables."""
    return subprocess.run(
        [sys.executable, "-m", "buildwatch", *argv],
        env={"HOME": "/nonexistent", "PATH": os.environ["PATH"], **environ},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
    )


def said(capsys: pytest.CaptureFixture[str]) -> str:
    """What was said on stderr, which must be one sentence, and nothing on stdout."""
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("buildwatch: ")
    assert err.count("\n") == 1
    return err.removeprefix("buildwatch: ").rstrip("\n")


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An environment in which nothing is configured; the home directory."""
    for name in list(os.environ):
        if name.startswith(("DRONE_", "BUILDWATCH_", "XDG_", "SOCKS_PROXY")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def test_it_starts_as_a_module_and_tells_its_version() -> None:
    done = buildwatch("--version")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("buildwatch 0.")


@pytest.mark.parametrize("argv", [["--version"], ["--help"], ["info"], ["info", "--help"]])
def test_what_needs_no_screen_and_no_server_imports_neither(argv: list[str]) -> None:
    code = (
        "import sys, contextlib\n"
        "from buildwatch.cli.main import main\n"
        f"with contextlib.suppress(SystemExit): main({argv!r})\n"
        "print('loaded', *sys.modules.keys() & {'textual', 'rich', 'httpx', 'msgspec', 'asyncio', 'subprocess'})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.splitlines()[-1] == "loaded"


def test_no_command_but_the_screen_imports_what_draws_it() -> None:
    code = (
        "import sys\n"
        "from importlib import import_module\n"
        "from buildwatch.cli.commands import COMMANDS\n"
        "for command in COMMANDS.values(): assert import_module(command.module).run\n"
        "print(*sys.modules.keys() & {'textual', 'starlette', 'uvicorn'})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "\n"


def test_the_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(["--help"])
    assert caught.value.code == 0
    text = capsys.readouterr().out
    for name, command in COMMANDS.items():
        assert f"  {name} " in text
        assert command.help in text


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_a_help_of_its_own(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main([name, "--help"])
    assert caught.value.code == 0
    assert f"usage: buildwatch {name}" in capsys.readouterr().out


@pytest.mark.usefixtures("bare")
@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        (["inof"], 'there is no command "inof"; did you mean "info"?'),
        (["\x1b[2J"], 'there is no command ""; there are '),
        (["info", "--jsno"], "unrecognized arguments: --jsno; see buildwatch info --help"),
        (["info", "\x1b]0;x\x07y"], "unrecognized arguments: y; see buildwatch info --help"),
        (["--config"], "argument --config: expected one argument; see buildwatch --help"),
        (["info", "--config"], "argument --config: expected one argument; see buildwatch info --help"),
        (["--config", "/nonexistent/c.toml", "info"], "there is no configuration file /nonexistent/c.toml"),
        (["info", "--server", "lab"], '--server: no server is named "lab"; none is configured'),
        (["--theme", "a/b", "info"], "flag --theme: theme must be the name of a theme"),
    ],
)
def test_what_is_wrong_is_one_sentence_and_exit_2(
    argv: list[str], expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(argv) == 2
    assert said(capsys).startswith(expected)


def test_without_a_terminal_the_screen_is_refused_with_what_to_use() -> None:
    done = buildwatch()
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "buildwatch: the screen needs a terminal; without one use `buildwatch ls` or `buildwatch watch`\n"
    )


def in_terminal(tmp_path: Path, *argv: str, **environ: str) -> tuple[int, str]:
    """Run it in a pseudo-terminal; its exit status and all it wrote."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execve(
            sys.executable,
            [sys.executable, "-m", "buildwatch", *argv],
            {"HOME": str(tmp_path), "TERM": "xterm-256color", **environ},
        )
    output = b""
    try:
        while piece := os.read(terminal, 4096):
            output += piece
    except OSError:  # how Linux tells that the other end is closed
        pass
    finally:
        os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), output.decode()


def test_nothing_configured_says_how_to_start(tmp_path: Path) -> None:
    status, output = in_terminal(tmp_path, "ls")
    assert status == 2
    assert "no server is configured; set DRONE_SERVER and DRONE_TOKEN, or write " in output
    assert f"{tmp_path}/.config/buildwatch/config.toml" in output.replace("\r\n", "")
    assert "`buildwatch demo`" in output


def test_a_terminal_that_can_show_no_screen_is_told(tmp_path: Path) -> None:
    status, output = in_terminal(tmp_path, TERM="dumb", DRONE_SERVER="http://localhost:1")
    assert status == 2
    assert "the screen needs a terminal" in output


@pytest.mark.parametrize("after", [False, True])
def test_flags_stand_before_or_after_the_command(after: bool, bare: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = bare / "any.toml"
    file.write_text(CONFIG + CONFIG.replace("lab", "ci"))
    flags = ["--config", str(file), "--server", "ci", "--read-only", "--theme", "light", "--ascii"]
    assert cli.main(["info", *flags] if after else [*flags, "info"]) == 0
    out = capsys.readouterr().out
    for line in ("server ci", "read_only  true  (flag --read-only)", "glyphs     ascii", "theme      light"):
        assert line in out
    assert "server lab" not in out


def test_a_warning_goes_to_stderr_and_stops_nothing(bare: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = bare / "any.toml"
    file.write_text(CONFIG + 'token = "hunter2"')
    file.chmod(0o644)
    assert cli.main(["info", "--config", str(file)]) == 0
    out, err = capsys.readouterr()
    assert err == f"buildwatch: warning: {file} holds a token and others can read it; " + (
        "run chmod 600 on it, or use token_command\n"
    )
    assert "hunter2" not in out


def test_a_reader_that_has_gone_is_no_error() -> None:
    code = "import sys; sys.stdin.read(); from buildwatch.cli.main import main; sys.exit(main())"
    process = subprocess.Popen(
        [sys.executable, "-c", code, "info"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdin
    assert process.stdout
    assert process.stderr
    process.stdout.close()
    process.stdin.close()
    with process.stderr:
        assert process.stderr.read() == ""
    assert process.wait(60) == 141


def test_ctrl_c_ends_it_without_a_traceback(monkeypatch: pytest.MonkeyPatch, bare: Path) -> None:
    def interrupt(*_: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr("buildwatch.cli.info.run", interrupt)
    assert cli.main(["info"]) == 130


def test_a_terminal_without_the_characters_gets_question_marks(tmp_path: Path) -> None:
    file = tmp_path / "c.toml"
    file.write_text('[[server]]\nname = "büro"\nurl = "https://lab.example.com"\n')
    done = buildwatch("info", "--config", str(file), PYTHONIOENCODING="ascii")
    assert done.returncode == 0
    assert "server b?ro" in done.stdout
