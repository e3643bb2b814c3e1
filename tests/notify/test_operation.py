"""What the daemon says to others: its log, its pages, systemd."""

from __future__ import annotations

import asyncio
import io
import json
import os
import socket
from pathlib import Path

import httpx
import pytest

from buildwatch.notify.health import Health, label, page
from buildwatch.notify.logging import Log
from buildwatch.notify.pages import Pages
from buildwatch.notify.systemd import Systemd


def test_a_line_for_people_and_one_for_programs() -> None:
    out = io.StringIO()
    Log(out=out)("warning", "server", server="ci", said="it does not answer", nothing="", count=3)
    assert out.getvalue().partition(" warning ")[2] == 'server server=ci said="it does not answer" count=3\n'
    out = io.StringIO()
    Log(as_json=True, out=out)("info", "delivered", message='a "b"', to="channel:C1")
    made = json.loads(out.getvalue())
    assert made.pop("time") > 0
    assert made == {"level": "info", "event": "delivered", "message": 'a "b"', "to": "channel:C1"}


def test_what_comes_from_outside_cannot_forge_a_line_or_reach_the_terminal() -> None:
    out = io.StringIO()
    Log(out=out)("info", "delivered", message="x\n2026-01-01 error forged\x1b[2J\u202e")
    assert out.getvalue().count("\n") == 1
    assert "\x1b" not in out.getvalue()
    assert "\u202e" not in out.getvalue()


def test_what_is_less_important_is_left_out_and_a_reader_who_is_gone_is_no_reason_to_stop() -> None:
    out = io.StringIO()
    log = Log("error", out=out)
    log("warning", "x")
    assert out.getvalue() == ""
    out.close()
    log("error", "x")


def test_the_numbers_in_the_format_of_prometheus() -> None:
    text = page({"buildwatch_messages_sent_total": 3, label("buildwatch_server_up", server='a"b\\\n'): 1.0})
    assert text == (
        "# HELP buildwatch_messages_sent_total Messages that are in Slack.\n"
        "# TYPE buildwatch_messages_sent_total counter\n"
        "buildwatch_messages_sent_total 3\n"
        "# HELP buildwatch_server_up Whether a server answers, by server.\n"
        "# TYPE buildwatch_server_up gauge\n"
        'buildwatch_server_up{server="a\\"b\\\\\\n"} 1\n'
    )


async def test_the_pages() -> None:
    now = Health(ready="no server answers yet", metrics={"buildwatch_lag_seconds": 0.5})
    pages = Pages(lambda: now, "127.0.0.1", 0)
    task = asyncio.create_task(pages.run_forever())
    while not pages.started:  # noqa: ASYNC110  (uvicorn has no event for it)
        await asyncio.sleep(0.01)
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{pages.port}") as client:
        assert (await client.get("/healthz")).text == "ok\n"
        answer = await client.get("/readyz")
        assert (answer.status_code, answer.text) == (503, "no server answers yet\n")
        assert "buildwatch_lag_seconds 0.5" in (await client.get("/metrics")).text
        now = Health()
        assert (await client.get("/readyz")).status_code == 200
    pages.should_exit = True
    await task


@pytest.mark.parametrize("abstract", [False, True])
def test_systemd_hears_of_it(abstract: bool, tmp_path: Path) -> None:
    name = f"buildwatch-test-{os.getpid()}" if abstract else str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as there:
        there.bind("\0" + name if abstract else name)
        environ = {"NOTIFY_SOCKET": "@" + name if abstract else name, "WATCHDOG_USEC": "20000000"}
        systemd = Systemd(environ)
        systemd.say("READY=1", "STATUS=watching")
        assert there.recv(1000) == b"READY=1\nSTATUS=watching"
        assert systemd.beat == 10.0
    systemd.say("STOPPING=1")  # nobody is there any more


def test_elsewhere_there_is_no_systemd() -> None:
    assert Systemd({}).beat == 0.0
    assert Systemd({"WATCHDOG_USEC": "20000000", "WATCHDOG_PID": "1"}).beat == 0.0
    Systemd({}).say("READY=1")
