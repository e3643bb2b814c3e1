"""Demo servers in processes of their own, and what a program needs to watch one."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import httpx

TOKEN = "benchmark"  # of a server that lives for a minute on loopback


@contextmanager
def demo(*, repos: int, history: int, rate: float = 0.0) -> Iterator[Mapping[str, str]]:
    """A demo server that can be controlled; the environment in which it is the server to watch."""
    options = {"--seed": 3, "--repos": repos, "--history": history, "--rate": rate}
    argv = [sys.executable, "-m", "buildwatch.demo", "--control"]
    argv += [f"{name}={value}" for name, value in options.items()]
    env = os.environ | {"BUILDWATCH_DEMO_TOKEN": TOKEN}
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, env=env) as server:
        try:
            assert server.stdout is not None
            yield watching(server.stdout.readline().split()[1])
        finally:
            server.terminate()


def watching(url: str) -> Mapping[str, str]:
    """The environment of a program that is to watch the server at `url`."""
    return {"DRONE_SERVER": url, "DRONE_TOKEN": TOKEN}


def control(env: Mapping[str, str]) -> httpx.Client:
    """To ask a server, and to order things from it."""
    return httpx.Client(
        base_url=env["DRONE_SERVER"], headers={"Authorization": f"Bearer {env['DRONE_TOKEN']}"}, timeout=30
    )


def slugs(client: httpx.Client) -> list[str]:
    """All repos."""
    return [repo["slug"] for repo in client.get("/api/user/repos").raise_for_status().json()]
