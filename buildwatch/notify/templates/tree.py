"""What a template consists of: the nodes that the parser makes, the whitespace pass changes and the compiler reads."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Path:
    """A name: `a.b`, `../a`, `this`, `@index`. `depth` counts `..`, `scoped` tells of `this`, `.` and `..`."""

    at: int
    data: bool = False
    original: str = ""
    parts: list[str] = field(default_factory=list)
    depth: int = 0
    scoped: bool = False
    names: tuple[str, ...] = ()  # the parts without the brackets that a name may stand in

    @property
    def is_root(self) -> bool:
        """Whether it begins with `@root`."""
        return self.data and self.parts[:1] == ["root"]

    @property
    def canonical(self) -> str:
        """How it is written in the closing tag."""
        text = self.original
        return text[1:-1] if len(text) >= 2 and text[0] == "[" and text[-1] == "]" else text


@dataclass(slots=True)
class Literal:
    """A text, a number or a truth value; `canonical` is how it is looked up as a name."""

    at: int
    value: str | int | float | bool
    canonical: str


@dataclass(slots=True)
class Expression:
    """A name or literal with what it is given: positional parameters, and named ones."""

    at: int
    path: Path | Literal
    params: list[Path | Literal | Expression]
    hash: dict[str, Path | Literal | Expression]

    @property
    def canonical(self) -> str:
        """How it is written in the closing tag."""
        return self.path.canonical

    @property
    def helper(self) -> str:
        """The name that a helper would have to have; empty where none can be meant."""
        path = self.path
        if isinstance(path, Literal) or path.data or len(path.parts) != 1 or path.depth or path.scoped:
            return ""
        return path.parts[0]


@dataclass(slots=True)
class Strip:
    """Which sides of a tag take the white space beside it away (`~`), and which may stand alone on a line."""

    open: bool = False
    close: bool = False
    open_alone: bool = False
    close_alone: bool = False
    inline_alone: bool = False


def strip_of(opened: str, closed: str) -> Strip:
    """What the two ends of a tag say of the white space beside it."""
    return Strip(len(opened) > 2 and opened[2] == "~", len(closed) > 2 and closed[-3] == "~")


@dataclass(slots=True)
class Content:
    """Text that stands there as it is."""

    at: int
    text: str
    left: bool = False  # its end was cut
    right: bool = False  # its beginning was cut


@dataclass(slots=True)
class Comment:
    """Nothing, but it may stand alone on its line."""

    strip: Strip


@dataclass(slots=True)
class Mustache:
    """A value that is printed."""

    expression: Expression
    unescaped: bool
    strip: Strip


@dataclass(slots=True)
class Partial:
    """Another template's place. There are none: it is an error when it is reached."""

    at: int
    name: Path | Literal | Expression
    strip: Strip


@dataclass(slots=True)
class Program:
    """A sequence of statements; `params` are the names in `as |…|`, `chained` tells of `{{else if …}}`."""

    at: int
    body: list[Statement] = field(default_factory=list)
    params: list[str] = field(default_factory=list)
    chained: bool = False
    strip: Strip | None = None


@dataclass(slots=True)
class Block:
    """A section: what is done with its program and its inverse is up to the expression."""

    expression: Expression
    program: Program | None = None
    inverse: Program | None = None
    open_strip: Strip | None = None
    inverse_strip: Strip | None = None
    close_strip: Strip | None = None


Statement = Content | Comment | Mustache | Partial | Block
Value = Path | Literal | Expression
