"""`buildwatch render`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from buildwatch.demo.control import StageScript, StepScript

if TYPE_CHECKING:
    from tests.cli.conftest import Cli, Drone

RED = StageScript(
    (StepScript("test", seconds=0.0, outcome="failure", exit_code=3, log=("+ make test\n", "\x1b[31mE: no\x1b[0m\n")),),
    "unit",
)


@pytest.fixture
def offline(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> Cli:
    """The command line of a person who has configured no server."""
    monkeypatch.delenv("DRONE_SERVER")
    return cli


def test_a_text_is_rendered_for_a_sample_and_shown_as_slack_would(offline: Cli) -> None:
    done = offline("render", "*{{build.status}}* of {{repo.owner}}/{{repo.name}}")
    assert (done.status, done.err) == (0, "")
    assert done.out == ("text\n*failure* of octocat/hello-world\n\nin Slack\n▌ failure of octocat/hello-world\n")
    assert offline("render", "--raw", "hello {{build.number}}").out == "hello 42\n"
    assert offline("render", "--raw", "hello").out == "hello\n"
    assert offline("--ascii", "render", "{{build.branch}}").out.isascii()


def test_a_file_and_a_built_in_template(offline: Cli, tmp_path: Path) -> None:
    path = tmp_path / "of mine.hbs"
    path.write_text("{{#failure build.status}}\nbroken\n{{/failure}}\n")
    assert offline("render", "--raw", str(path)).out == "broken\n"
    assert "octocat/hello-world#42" in offline("render", "builtin:default", "--raw").out
    done = offline("render", "builtin:defalt")
    assert (done.status, done.err) == (
        2,
        'buildwatch: there is no built-in template "defalt"; there are default, short, drone\n',
    )
    assert "there is no file missing.hbs" in offline("render", "missing.hbs").err


def test_what_is_wrong_with_a_template_is_said_with_its_place(offline: Cli, tmp_path: Path) -> None:
    path = tmp_path / "t.hbs"
    path.write_text("ok\n  {{#if build.status}}x\n")
    done = offline("render", str(path))
    assert done.status == 2
    first, line, caret = done.err.splitlines()
    assert first.startswith(f"buildwatch: {path}, line ")
    assert caret.strip() == "^"
    assert line.startswith("  ")
    done = offline("render", '{{truncate build.commit "x"}}')
    assert done.status == 2
    assert "the template, line 1, column 3" in done.err


def test_a_name_that_stands_for_nothing_is_told_beside_the_result(offline: Cli) -> None:
    done = offline("render", "--raw", "a{{build.deploy_to}}b")
    assert (done.status, done.out) == (0, "ab\n")
    assert done.err == "buildwatch: the template, line 1, column 4: build.deploy_to stands for nothing\n"


def test_a_context_is_read_as_plugins_have_it(offline: Cli, tmp_path: Path) -> None:
    path = tmp_path / "context.json"
    given = {"repo": {"owner": "me", "name": "it"}, "build": {"status": "success", "number": 3}}
    for content in (given, {"name": "a case", "context": given}):
        path.write_text(json.dumps(content))
        done = offline("render", "--raw", "--context", str(path), "{{repo.owner}} {{build.number}} {{build.status}}")
        assert done.out == "me 3 success\n"
    for text, said in (("{", "is not JSON"), ("[]", "is no object"), ('{"context": 3}', "is no object")):
        path.write_text(text)
        done = offline("render", "--context", str(path), "x")
        assert done.status == 2
        assert said in done.err
    assert "cannot be read" in offline("render", "--context", str(tmp_path / "no"), "x").err


def test_nothing_of_a_context_reaches_the_terminal_or_mentions_anybody(offline: Cli, tmp_path: Path) -> None:
    path = tmp_path / "context.json"
    path.write_text(json.dumps({"build": {"message": "\x1b]0;t\x07\x1b[2J<!channel>\u202e", "branch": "\x9b31m"}}))
    done = offline("render", "--context", str(path), "{{{build.message}}} {{build.branch}}")
    assert done.status == 0
    assert not set(done.out) & set("\x1b\x07\x9b\u202e")
    text, _, shown = done.out.partition("in Slack")
    assert "<!channel>" in text
    assert "<·!channel>" in shown
    assert "<!channel>" not in shown
    assert "mentions nobody" in done.err


def test_the_text_is_exactly_what_the_template_prints(offline: Cli, tmp_path: Path) -> None:
    path = tmp_path / "context.json"
    path.write_text(json.dumps({"v": "it's\t<b>", "l": [1, 2]}))
    assert (
        offline("render", "--raw", "--context", str(path), "{{v}}|{{{v}}}|{{l}}").out
        == "it&apos;s\t&lt;b&gt;|it's\t<b>|12\n"
    )
    done = offline("render", "--context", str(path), "{{v}}")
    assert done.out == "text\nit&apos;s\t&lt;b&gt;\n\nin Slack\n▌ it's\t<b>\n"
    path.write_text(json.dumps({"build": {"number": 3, "duration": "5s"}, "change": "fixed"}))
    assert offline("render", "--raw", "--context", str(path), "{{build.number}} {{build.duration}} {{change}}").out == (
        "3 5s fixed\n"
    )


def test_a_build_is_read_with_its_past_and_its_log(drone: Drone, cli: Cli) -> None:
    first = drone.ended(RED)
    second = drone.ended(RED)
    template = "{{change}}|{{build.previous.number}}|{{step.failed.name}}|{{step.failed.exit_code}}|{{log.tail}}"
    done = cli("render", "--raw", "--build", f"{drone.repo}#{second.number}", template)
    assert (done.status, done.err) == (0, "")
    assert done.out == f"still failing|{first.number}|test|3|+ make test\nE: no\n"
    assert cli("render", "--raw", "--build", drone.repo, "{{build.number}}").out == f"{second.number}\n"


def test_a_build_needs_a_server_and_has_to_have_begun(offline: Cli, drone: Drone) -> None:
    done = offline("render", "x", "--build", "a/b#1")
    assert (done.status, "no server is configured" in done.err) == (2, True)


def test_a_running_build_is_rendered_as_far_as_it_is(drone: Drone, cli: Cli) -> None:
    build = drone.running()
    done = cli("render", "--raw", "--build", f"{drone.repo}#{build.number}", "{{build.status}} {{change}}")
    assert done.out == "running started\n"
