"""What can be set, as frozen values, each with where it came from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from buildwatch.config.alert import AlertSettings
from buildwatch.config.keymap import KeySettings
from buildwatch.config.paths import Paths
from buildwatch.config.token import TokenSource
from buildwatch.config.urls import host_of
from buildwatch.config.view import View

if TYPE_CHECKING:
    from buildwatch.recording import Playhead, Recording

Origins = Mapping[str, str]
"""The name of a setting → where its value came from: `default`, `config.toml`, `environment NAME`, `flag --NAME`.

A server's values that nobody gave have no entry."""

DEFAULT: Final = "default"

KINDS: Final = ("auto", "drone-0.5", "drone-0.7", "drone-0.8", "drone-1", "drone-2", "woodpecker")
THEME: Final = "dark"
GLYPHS: Final = ("unicode", "ascii", "nerd")


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """One server. `url` has no slash at its end; `proxy` may hold a password, so it is not shown.

    With a `recording` it is the one that was recorded, and nothing is asked of the address.
    """

    name: str
    url: str
    token: TokenSource
    kind: str = "auto"
    ca_file: Path | None = None
    insecure: bool = False
    proxy: str | None = field(default=None, repr=False)
    recording: Recording | None = field(default=None, repr=False, compare=False)
    origins: Origins = field(default_factory=dict, compare=False)

    @property
    def host(self) -> str:
        """`host` or `host:port`."""
        return host_of(self.url)


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that was set. `file` is the configuration file that was read, `warnings` are sentences to show.

    `theme` is the one that a person chose on the screen, where that is in force; `theme_set` what the file says.
    `fresh` says to begin as for the first time, whatever was kept; `keep` whether anything of the screen is kept for
    the next start, and read then: nothing is of the demo, nor of a recording. `told` is the outbox of a notifier whose
    messages are shown below the tree; only the demo sets it. `playing` is how far a recording is, where the servers are
    one's.
    """

    servers: tuple[ServerSettings, ...]
    paths: Paths
    file: Path | None = None
    theme: str = THEME
    theme_set: str = THEME
    glyphs: str = "unicode"
    read_only: bool = False
    mouse: bool = True
    title: bool = True
    alert: AlertSettings = field(default_factory=AlertSettings)
    keymap: KeySettings = field(default_factory=KeySettings)
    views: tuple[View, ...] = ()
    fresh: bool = False
    keep: bool = True
    told: Path | None = None
    playing: Playhead | None = field(default=None, compare=False)
    origins: Origins = field(default_factory=dict, compare=False)
    warnings: tuple[str, ...] = ()
