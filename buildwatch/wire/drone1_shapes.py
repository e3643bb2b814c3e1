"""What Drone 1.x and 2.x send, field by field, as it came: decoded straight into shapes, leniently where one is wrong.

Nearly everything that comes has the types it should, and is decoded in one go. Where anything has another type, the
whole message is read field by field: a field of another type counts as absent, a row that is no object as not there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

import msgspec

from buildwatch.wire.fields import Object, an_object, decode, objects

T = TypeVar("T")


class StepShape(msgspec.Struct, frozen=True, gc=False):
    """A step (`core/step.go`)."""

    number: int = 0
    name: str = ""
    status: str = "pending"
    started: int = 0
    stopped: int = 0
    exit_code: int = 0
    error: str = ""
    errignore: bool = False
    detached: bool = False
    image: str = ""
    version: int = 0
    depends_on: tuple[str, ...] | None = None


class StageShape(msgspec.Struct, frozen=True, gc=False):
    """A stage (`core/stage.go`)."""

    number: int = 0
    name: str = ""
    status: str = "pending"
    created: int = 0
    started: int = 0
    stopped: int = 0
    exit_code: int = 0
    error: str = ""
    errignore: bool = False
    machine: str = ""
    os: str = ""
    arch: str = ""
    type: str = ""
    version: int = 0
    depends_on: tuple[str, ...] | None = None
    steps: tuple[StepShape, ...] | None = None


class BuildShape(msgspec.Struct, frozen=True, gc=False):
    """A build (`core/build.go`)."""

    id: int = 0
    number: int = 0
    status: str = "pending"
    event: str = ""
    action: str = ""
    target: str = ""
    source: str = ""
    ref: str = ""
    after: str = ""
    before: str = ""
    title: str = ""
    message: str = ""
    author_login: str = ""
    author_name: str = ""
    sender: str = ""
    trigger: str = ""
    cron: str = ""
    deploy_to: str = ""
    parent: int = 0
    link: str = ""
    error: str = ""
    created: int = 0
    started: int = 0
    finished: int = 0
    version: int = 0
    params: dict[str, str] | None = None
    stages: tuple[StageShape, ...] | None = None


class RepoShape(msgspec.Struct, frozen=True, gc=False):
    """A repo (`core/repo.go`), with a build where one is told with it."""

    slug: str = ""
    id: int = 0
    default_branch: str = ""
    link: str = ""
    private: bool = False
    active: bool = False
    build: BuildShape | None = None


Shape = TypeVar("Shape", StepShape, StageShape, BuildShape, RepoShape)

_REPO: Final = msgspec.json.Decoder(RepoShape)
_REPOS: Final = msgspec.json.Decoder(list[RepoShape] | None)
_BUILD: Final[msgspec.json.Decoder[BuildShape | None]] = msgspec.json.Decoder(BuildShape | None)
_BUILDS: Final = msgspec.json.Decoder(list[BuildShape] | None)


def repo(data: bytes) -> RepoShape:
    """A repo. Raises `BadAnswer`."""
    return _read(_REPO, data, lambda value: lenient(RepoShape, an_object(value)))


def repos(data: bytes) -> list[RepoShape]:
    """A list of repos; Go servers send `null` for an empty one. Raises `BadAnswer`."""
    return _read(_REPOS, data, lambda value: [lenient(RepoShape, of) for of in objects(value)]) or []


def build(data: bytes) -> BuildShape | None:
    """A build, or `null`. Raises `BadAnswer`."""
    return _read(_BUILD, data, lambda value: lenient(BuildShape, an_object(value)))


def builds(data: bytes) -> list[BuildShape]:
    """A list of builds. Raises `BadAnswer`."""
    return _read(_BUILDS, data, lambda value: [lenient(BuildShape, of) for of in objects(value)]) or []


def lenient(shape: type[Shape], of: Object) -> Shape:
    """A shape with those fields of `of` that are what they should be."""
    readers = _READERS[shape]
    told = {name: readers[name](value) for name, value in of.items() if name in readers}
    return shape(**{name: value for name, value in told.items() if value is not None})


def _read(decoder: msgspec.json.Decoder[T], data: bytes, slowly: Callable[[Any], T]) -> T:
    try:
        return decoder.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return slowly(decode(data))


def _exactly(kind: type) -> Callable[[Any], Any]:
    return lambda value: value if value.__class__ is kind else None


def _words(value: Any) -> tuple[str, ...] | None:
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else None


def _texts(value: Any) -> dict[str, str] | None:
    return {key: text for key, text in value.items() if isinstance(text, str)} if isinstance(value, dict) else None


def _rows(shape: type[Shape]) -> Callable[[Any], Any]:
    def rows(value: Any) -> tuple[Shape, ...] | None:
        if not isinstance(value, list):
            return None
        return tuple(lenient(shape, of) for of in value if isinstance(of, dict))

    return rows


def _nested_build(value: Any) -> BuildShape | None:
    return lenient(BuildShape, value) if isinstance(value, dict) else None


_BY_TYPE: Final[Mapping[str, Callable[[Any], Any]]] = {
    "int": _exactly(int),
    "str": _exactly(str),
    "bool": _exactly(bool),
    "tuple[str, ...] | None": _words,
    "dict[str, str] | None": _texts,
    "tuple[StepShape, ...] | None": _rows(StepShape),
    "tuple[StageShape, ...] | None": _rows(StageShape),
    "BuildShape | None": _nested_build,
}

_READERS: Final[Mapping[type, Mapping[str, Callable[[Any], Any]]]] = {
    shape: {name: _BY_TYPE[type] for name, type in shape.__annotations__.items()}
    for shape in (StepShape, StageShape, BuildShape, RepoShape)
}
"""How each field is read leniently: by the type it should have."""
