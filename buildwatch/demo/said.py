"""The output of a step while it is being made up: echoed commands, lines, progress bars, colours."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from buildwatch.demo.state import Build, Step

GREEN, RED, YELLOW, CYAN, DIM, BOLD, OFF = (
    "\x1b[32m", "\x1b[31m", "\x1b[33m", "\x1b[36m", "\x1b[2m", "\x1b[1m", "\x1b[0m",
)  # fmt: skip


class Said:
    """The output of one step as it grows, and what it is about."""

    def __init__(self, rng: Random, build: Build, step: Step) -> None:
        self.rng = rng
        self.build = build
        self.step = step
        self.pieces: list[str] = []

    @property
    def name(self) -> str:
        return self.build.repo.project.name

    @property
    def failed(self) -> bool:
        return self.step.plan.outcome == "failure"

    @property
    def commit(self) -> str:
        return self.build.origin.after

    def run(self, command: str) -> None:
        """The runner's echo of a command."""
        self.pieces.append(f"+ {command}\n")

    def line(self, *lines: str) -> None:
        self.pieces.extend(f"{line}\n" for line in lines)

    def bar(self, label: str, steps: int = 20) -> None:
        """A progress bar: pieces that go back to the begin of their line."""
        for done in range(steps + 1):
            percent = done * 100 // steps
            self.pieces.append(f"\r{label} [{'#' * done}{'.' * (steps - done)}] {percent:3d}%")
        self.pieces.append("\n")

    @property
    def image(self) -> str:
        return f"registry.acme.example/{self.build.repo.slug}:{self.commit[:8]}"

    def n(self, low: int, high: int) -> int:
        """Some number."""
        return self.rng.randint(low, high)

    def took(self, low: float = 0.002, high: float = 1.4) -> float:
        """Some duration in seconds."""
        return self.rng.uniform(low, high)
