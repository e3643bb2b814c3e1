"""The model's values as JSON and back: statuses are written as the words they are. Pure."""

from __future__ import annotations

from typing import Final, TypeVar

import msgspec

from buildwatch.model import Status

T = TypeVar("T")


def _plain(value: object) -> object:
    if isinstance(value, str):
        return str.__str__(value)
    raise NotImplementedError  # msgspec's own way to say that there is no JSON for it


def _status(kind: type, value: object) -> object:
    if kind is Status and isinstance(value, str):
        return Status(value)
    raise NotImplementedError


encoder: Final = msgspec.json.Encoder(enc_hook=_plain)
"""Writes values of the model, and whatever is made of them."""


def decoder(kind: type[T]) -> msgspec.json.Decoder[T]:
    """Reads what `encoder` wrote of that kind."""
    return msgspec.json.Decoder(kind, dec_hook=_status)
