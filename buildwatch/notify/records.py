"""Builds, bodies and snippets as JSON, for the outbox's columns. Pure."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from buildwatch.model import Build, Status
from buildwatch.notify.message import Snippet


def _plain(value: object) -> object:
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, Mapping):
        return dict(value)
    raise NotImplementedError


def _status(kind: type, value: object) -> object:
    return Status(value) if kind is Status else value


_encoder = msgspec.json.Encoder(enc_hook=_plain)
_builds = msgspec.json.Decoder(Build, dec_hook=_status)


def build_text(build: Build) -> str:
    """A build as JSON."""
    return _encoder.encode(build).decode()


def build_of(text: str) -> Build:
    """A build from its JSON. Raises `msgspec.MsgspecError` for one of another version of this program."""
    return _builds.decode(text)


def body_text(body: Mapping[str, object]) -> str:
    """A message's body as JSON."""
    return _encoder.encode(dict(body)).decode()


def body_of(text: str) -> dict[str, object]:
    """A message's body from its JSON."""
    return msgspec.json.decode(text, type=dict[str, object])


def snippet_text(snippet: Snippet | None) -> str:
    """A snippet as JSON, empty for none."""
    return "" if snippet is None else msgspec.json.encode([snippet.name, snippet.title, snippet.text]).decode()


def snippet_of(text: str) -> Snippet | None:
    """A snippet from its JSON."""
    return Snippet(*msgspec.json.decode(text, type=list[str])) if text else None
