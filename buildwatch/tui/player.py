"""The app on a recording: a clock that tells when it was and how fast it goes, and keys to change that."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, ClassVar, Final

from textual.binding import Binding, BindingType

from buildwatch.tui.app import BuildwatchApp
from buildwatch.words import ASCII

if TYPE_CHECKING:
    from buildwatch.config import Settings
    from buildwatch.recording import Playhead

SPEEDS: Final = (0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0)
"""How fast a recording can be made to go by keys, in seconds a second."""

TICK: Final = 0.5
"""Seconds between two looks at the clock."""


class Player(BuildwatchApp):
    """The board, on what was. Nothing can be done to it, so `settings` are read-only."""

    PLAYING: ClassVar[list[BindingType]] = [
        Binding("full_stop", "play_or_pause", "pause, or go on", id="play.pause"),
        Binding("less_than_sign", "play(-1)", "slower", id="play.slower"),
        Binding("greater_than_sign", "play(1)", "faster", id="play.faster"),
    ]
    BINDINGS: ClassVar[list[BindingType]] = PLAYING

    def __init__(self, settings: Settings, head: Playhead) -> None:
        self._head = head
        super().__init__(settings)
        self.own_bindings = self.PLAYING

    def on_mount(self) -> None:
        """Let the clock go. (Textual calls the base class's own.)"""
        self.set_interval(TICK, self._look)

    def face(self) -> str:
        """When it was that is shown, and how fast it goes."""
        return face(self._head, time.time(), in_ascii=self.glyphs is ASCII)

    def _look(self) -> None:
        if self.is_running and self.screen is self.board:
            self.board.show_face()

    def action_play_or_pause(self) -> None:
        """Stand still, or go on."""
        self._head.change(time.time(), paused=not self._head.paused)
        self.board.show_face()

    def action_play(self, by: int) -> None:
        """Go slower or faster."""
        self._head.change(time.time(), speed=another(self._head.speed, by))
        self.board.show_face()


def face(head: Playhead, now: float, *, in_ascii: bool = False) -> str:
    """Like `▶ 10× Nov 26 14:03:20`, in the time zone of who looks."""
    sign = "■" if head.over(now) else "‖" if head.paused else "▶"
    if in_ascii:
        sign = {"■": "end", "‖": "paused", "▶": ">"}[sign]
    at = time.strftime("%b %d %H:%M:%S", time.localtime(head.at(now)))
    return f"{sign} {head.speed:g}{'x' if in_ascii else '×'} {at}"


def another(speed: float, by: int) -> float:
    """The next of the usual speeds, slower for -1 and faster for 1."""
    if by < 0:
        return max((one for one in SPEEDS if one < speed), default=speed)
    return min((one for one in SPEEDS if one > speed), default=speed)
