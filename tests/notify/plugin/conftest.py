"""A Slack that answers as it is told, and the command in an environment of its own."""

import json
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

import pytest

from buildwatch.cli.main import main

SERVER = "@SERVER@"
"""What stands in the data for the address of the server."""


@dataclass
class Hook:
    """What came, and what is answered: the first of `script`, then `status` and `answer`."""

    url: str = ""
    status: int = 200
    answer: str = "ok"
    retry_after: str = ""
    script: list[int] = field(default_factory=list)
    remote: bytes = b"remote {{build.number}} of {{repo.name}}"
    posts: list[Any] = field(default_factory=list)


@pytest.fixture
def hook() -> Iterator[Hook]:
    state = Hook()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            state.posts.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self._send(state.script.pop(0) if state.script else state.status, state.answer.encode())

        def do_GET(self) -> None:
            self._send(404, state.remote)

        def _send(self, status: int, body: bytes) -> None:
            self.send_response(status)
            if state.retry_after:
                self.send_header("Retry-After", state.retry_after)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        state.url = f"http://127.0.0.1:{server.server_port}"
        yield state
        server.shutdown()
        thread.join()


class Done(NamedTuple):
    status: int
    said: str


Run = Callable[..., Done]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], hook: Hook) -> Run:
    """The command with a version and an environment: exit status and stderr. Nothing may be on stdout."""
    for name in [name for name in os.environ if name.startswith(("DRONE_", "PLUGIN_", "SLACK_"))]:
        monkeypatch.delenv(name)

    def run(env: Mapping[str, str], like: str = "1.4", *args: str) -> Done:
        with monkeypatch.context() as changed:
            for name, value in env.items():
                changed.setenv(name, value.replace(SERVER, hook.url))
            status = main(["plugin", "slack", "--like", like, *args])
        out, err = capsys.readouterr()
        assert out == ""
        return Done(status, err)

    return run
