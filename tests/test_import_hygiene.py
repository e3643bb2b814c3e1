"""What is pure stays pure, and nothing is imported before it is needed: told by a fresh interpreter."""

import json
import pkgutil
import subprocess
import sys

import pytest

import buildwatch.insight
import buildwatch.wire

LOADED = "import json, sys; print(json.dumps(sorted(sys.modules)))"


def imported_by(*modules: str) -> set[str]:
    """The top-level names and our own modules that importing these brings with it."""
    code = f"import {', '.join(modules)}; {LOADED}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    return {name if name.startswith("buildwatch") else name.partition(".")[0] for name in json.loads(done.stdout)}


def below(package: str, path: list[str]) -> list[str]:
    return [module.name for module in pkgutil.walk_packages(path, f"{package}.")]


def test_the_pure_rooms_bring_no_event_loop_no_network_and_no_screen() -> None:
    pure = ["buildwatch.model", "buildwatch.text", "buildwatch.words", "buildwatch.merge", "buildwatch.store"]
    pure += ["buildwatch.ledger", "buildwatch.clock"]
    rooms = below("buildwatch.wire", buildwatch.wire.__path__) + below(
        "buildwatch.insight", buildwatch.insight.__path__
    )
    loaded = imported_by(*pure, *rooms)
    assert not loaded & {"asyncio", "httpx", "textual", "rich", "socket", "ssl", "subprocess"}
    assert not [name for name in loaded if name.startswith(("buildwatch.sources", "buildwatch.tui", "buildwatch.cli"))]


def test_the_command_line_brings_neither_screen_nor_network() -> None:
    loaded = imported_by("buildwatch.cli.main")
    assert not loaded & {"textual", "httpx", "rich", "starlette", "uvicorn"}


def test_sources_bring_no_screen() -> None:
    loaded = imported_by("buildwatch.sources.watch", "buildwatch.sources.follow", "buildwatch.sources.connect")
    assert not loaded & {"textual", "rich", "starlette", "uvicorn"}
    assert "httpx" in loaded


@pytest.mark.parametrize("module", ["buildwatch.demo.server"])
def test_the_demo_shares_nothing_with_the_program(module: str) -> None:
    ours = {name for name in imported_by(module) if name.startswith("buildwatch.")}
    assert [name for name in ours if not name.startswith("buildwatch.demo")] == []
