"""`buildwatch notify --check` and `--explain`, with a real server and a Slack that answers over HTTP."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest

from buildwatch.cli.main import main
from buildwatch.config.token import Token
from buildwatch.demo.control import StageScript, StepScript
from buildwatch.notify.slack.channel import Workspace
from buildwatch.notify.slack_check import Survey

if TYPE_CHECKING:
    from tests.cli.conftest import Done, Drone

TOKEN = "xoxb-1-secret"
RED = StageScript((StepScript("test", seconds=0.0, outcome="failure", exit_code=3, log=("+ make\n", "no\n")),), "unit")
GREEN = StageScript((StepScript("test", seconds=0.0),), "unit")

CHANNELS = {
    "C0IN": {"id": "C0IN", "name": "in", "is_member": True},
    "C0OUT": {"id": "C0OUT", "name": "out", "is_member": False},
    "C0OLD": {"id": "C0OLD", "name": "old", "is_member": True, "is_archived": True},
    "C0DUMB": {"id": "C0DUMB", "name": "dumb", "is_member": True},
}


class Slack:
    """A Slack that tells of its channels. `answers` are given in place of its own, by method."""

    def __init__(self) -> None:
        self.answers: dict[str, bytes] = {}
        self.scopes = "chat:write,channels:read,channels:history"
        self.asked: list[str] = []
        slack = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                sent = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
                method = parts.path.removeprefix("/api/")
                slack.asked.append(method)
                given = {name: values[0] for name, values in parse_qs(sent).items()}
                known = self.headers.get("Authorization") == f"Bearer {TOKEN}"
                body = slack.answers.get(method) or json.dumps(slack.answer(method, given, known)).encode()
                self.send_response(200)
                self.send_header("X-OAuth-Scopes", slack.scopes)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_POST = do_GET

            def log_message(self, format: str, *args: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/api/"

    def answer(self, method: str, given: dict[str, str], known: bool) -> dict[str, object]:
        if not known:
            return {"ok": False, "error": "invalid_auth"}
        channel = CHANNELS.get(given.get("channel", ""))
        match method:
            case "auth.test":
                return {"ok": True, "user": "ci", "team": "Acme"}
            case "conversations.list":
                last = given.get("cursor") == "2"
                some = [*CHANNELS.values()][2 if last else 0 : None if last else 2]
                return {"ok": True, "channels": some, "response_metadata": {"next_cursor": "" if last else "2"}}
            case "conversations.info" if channel:
                return {"ok": True, "channel": channel}
            case "conversations.history" if channel and channel["name"] != "dumb":
                return {"ok": True, "messages": []}
            case "conversations.history" if channel:
                return {"ok": False, "error": "missing_scope"}
        return {"ok": False, "error": "channel_not_found"}


@pytest.fixture
def slack(monkeypatch: pytest.MonkeyPatch) -> Iterator[Slack]:
    slack = Slack()
    thread = threading.Thread(target=slack.server.serve_forever)
    thread.start()
    monkeypatch.setenv("SLACK_BOT_TOKEN", TOKEN)
    yield slack
    slack.server.shutdown()
    slack.server.server_close()
    thread.join()


Run = Callable[..., "Done"]


@pytest.fixture
def run(environ: dict[str, str], slack: Slack, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs `--check`, or `--explain` of what is given, with a configuration; gives status and output."""
    from tests.cli.conftest import Done

    def run(text: str, explain: str = "", *flags: str) -> Done:
        path = tmp_path / "notify.toml"
        path.write_text(f'[slack]\napi_url = "{slack.url}"\n[store]\nurl = "sqlite:///state/outbox.db"\n{text}')
        path.chmod(0o600)
        what = ("--explain", explain) if explain else ("--check",)
        status = main(["--config", str(path), "notify", *what, *flags])
        return Done(status, *capsys.readouterr())

    return run


def rule(name: str, when: str, more: str = 'channel = "C0IN"') -> str:
    return f'[[rule]]\nname = "{name}"\nwhen = "{when}"\n{more}\n'


def test_all_is_well(run: Run, drone: Drone, slack: Slack, tmp_path: Path) -> None:
    done = run(rule("a", "every") + rule("b", "every", 'channel = "#in"'))
    assert done.out.splitlines() == [
        f"✓ {tmp_path}/notify.toml can be read: 2 rules, 0 silences",
        "✓ all templates render a sample build",
        f"✓ the outbox is {tmp_path}/state/outbox.db",
        "✓ Slack accepts the bot token: ci in Acme",
        "✓ C0IN can be written to",
        "✓ #in can be written to",
        done.out.splitlines()[-1],
    ]
    host = drone.server.url.removeprefix("http://")
    assert done.out.splitlines()[-1].startswith(f"✓ {host} accepts the token of ")
    assert done.status == 0
    assert not (tmp_path / "state").exists()
    assert "chat.postMessage" not in slack.asked


@pytest.mark.parametrize(
    ("channel", "said", "status"),
    [
        ("C0OUT", "✗ the bot is not in C0OUT; invite it there", 1),
        ("C0OLD", "✗ C0OLD is archived", 1),
        ("C0NONE", "✗ C0NONE cannot be looked at (channel_not_found)", 1),
        ("#none", "✗ there is no channel #none, or the bot cannot see it", 1),
        ("#dumb", "! #dumb cannot be asked what is in it (missing_scope): ", 0),
        ("@bob", "! @bob is a person", 0),
    ],
)
def test_what_is_wrong_with_a_channel(channel: str, said: str, status: int, run: Run) -> None:
    done = run(rule("a", "every", f'channel = "{channel}"'))
    assert any(line.startswith(said) for line in done.out.splitlines()), done.out
    assert done.status == status


@pytest.mark.parametrize("why", ["missing_scope", "unknown_method"])
def test_a_channel_that_cannot_be_looked_at_may_be_asked_all_the_same(why: str, run: Run, slack: Slack) -> None:
    slack.answers["conversations.info"] = json.dumps({"ok": False, "error": why}).encode()
    done = run(rule("a", "every") + rule("b", "every", 'channel = "C0DUMB"'))
    said = done.out.splitlines()
    assert any(line.startswith(f"! C0IN cannot be looked at ({why})") for line in said)
    assert not any("C0IN cannot be asked" in line for line in said)
    assert any(line.startswith("! C0DUMB cannot be asked what is in it (missing_scope)") for line in said)
    assert done.status == 0


def test_a_token_that_slack_does_not_accept_and_one_without_rights(
    run: Run, slack: Slack, monkeypatch: pytest.MonkeyPatch
) -> None:
    slack.scopes = "channels:read"
    done = run(rule("a", "every"))
    assert "✗ the bot token lacks the scope chat:write" in done.out
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-other")
    done = run(rule("a", "every"))
    assert "✗ Slack cannot be asked (invalid_auth)" in done.out
    assert done.status == 1
    assert "xoxb" not in done.out + done.err


@pytest.mark.parametrize("body", [b"<html>", b"[]", b"[1]", b"{}", b"3", b'{"ok": false, "error": "\\u001b[2Jx"}'])
def test_answers_that_are_none(body: bytes, run: Run, slack: Slack) -> None:
    slack.answers["auth.test"] = body
    done = run(rule("a", "every"))
    assert "✗ Slack cannot be asked (" in done.out
    assert "\x1b" not in done.out
    assert done.status == 1


def test_a_slack_that_cannot_be_reached() -> None:
    findings = list(Survey(Workspace(lambda: Token(TOKEN), "http://127.0.0.1:1/api/")).check(("C0IN",)))
    assert [finding.level for finding in findings] == ["problem"]
    assert "connection refused" in findings[0].said
    assert TOKEN not in findings[0].said


def test_what_is_wrong_with_templates_rules_and_webhooks(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOOK", "no address")
    done = run(
        rule("a", "every", 'channel = "C0IN"\nserver = "lab"\ntemplate = "{{build.foo}}"\nmention = "author"')
        + rule("b", "every", """channel = "C0IN"\ntemplate = '{{truncate build.commit "x"}}'""")
        + rule("c", "every", 'webhook_env = "MISSING"')
        + '[[silence]]\nuntil = 2020-01-01T00:00:00Z\nreason = "long ago"\n'
    )
    said = done.out.splitlines()
    for expected in (
        '! the silence "long ago" has ended; it can be taken out',
        "! rule a speaks of no configured server; there are ",
        "! rule a mentions the author, but [users] is empty",
        "notify.toml: [[rule]] a: template, line 1, column 3: build.foo stands for nothing",
        "notify.toml: [[rule]] b: template, line 1, column 3: ",
        "✗ the webhook MISSING is missing: MISSING is not set",
    ):
        assert sum(expected in line for line in said) == 1, (expected, done.out)
    assert done.status == 1


def test_a_server_that_does_not_accept_the_token(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRONE_TOKEN", "wrong")
    done = run(rule("a", "every"))
    assert done.status == 1
    assert any(line.startswith("✗ ") and "token" in line for line in done.out.splitlines())


def test_explain_says_which_rules_match_and_why_the_others_do_not(run: Run, drone: Drone) -> None:
    drone.ended(GREEN)
    build = drone.ended(RED)
    text = (
        rule("main", "broken", 'channel = "C0IN"\nexcerpt = 3')
        + rule("fixes", "fixed")
        + rule("elsewhere", "every", 'channel = "C0IN"\nbranch = "nowhere"')
        + rule("hushed", "failure", 'channel = "C0IN"\nstop = true')
        + rule("last", "every")
        + '[[silence]]\nrule = "hushed"\nuntil = 2999-01-01T00:00:00Z\nreason = "moving"\n'
    )
    done = run(text, f"{drone.repo}#{build.number}")
    assert done.status == 0
    said = done.out.splitlines()
    assert said[0] == f"{drone.repo}#{build.number}  ✗ failure"
    assert "  it is    broken, every, failure" in said
    assert f"  previous #{build.number - 1} success" in said
    for expected in (
        "✓ main tells channel:C0IN (broken)",
        "⊝ fixes: it is broken and failure, not fixed",
        "⊝ elsewhere: branch is ",
        "◆ hushed matches (failure), but it is silenced until 2999-01-01 00:00 UTC: moving",
        '⊝ last: rule "hushed" matches and says stop',
        "      + make",
    ):
        assert sum(line.startswith(expected) for line in said) == 1, (expected, done.out)
    assert run(rule("fixes", "fixed"), f"{drone.repo}#{build.number}").status == 1


def test_what_is_wrong_in_the_configuration_is_one_sentence(run: Run) -> None:
    done = run(rule("a", "evry"))
    assert done.status == 2
    assert done.out == ""
    assert done.err.startswith("buildwatch: ")
    assert done.err.endswith('; did you mean "every"?\n')
    assert done.err.count("\n") == 1


def test_both_tell_programs_the_same(run: Run, drone: Drone) -> None:
    found = [json.loads(line) for line in run(rule("a", "every"), "", "--json").out.splitlines()]
    assert [one["level"] for one in found] == ["ok"] * 6
    assert found[0]["said"].endswith("1 rule, 0 silences")
    build = drone.ended(RED)
    done = run(rule("a", "broken") + rule("b", "fixed"), f"{drone.repo}#{build.number}", "--json")
    told = json.loads(done.out)
    assert (told["number"], told["status"], told["is"]) == (build.number, "failure", ["broken", "every", "failure"])
    assert told["previous"] is None
    assert told["rules"] == [
        {"rule": "a", "tells": True, "destination": "channel:C0IN", "matched": ["broken"], "why_not": ""},
        {
            "rule": "b",
            "tells": False,
            "destination": "channel:C0IN",
            "matched": [],
            "why_not": "it is broken and failure, not fixed",
        },
    ]


def test_explain_of_a_running_build_tells_of_its_start(run: Run, drone: Drone) -> None:
    build = drone.running()
    done = run(rule("a", "started") + rule("b", "every"), f"{drone.repo}#{build.number}")
    assert "✓ a tells channel:C0IN (started)" in done.out
    assert "⊝ b: it is started, not every" in done.out
