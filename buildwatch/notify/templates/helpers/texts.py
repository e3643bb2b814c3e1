"""sprig's functions of texts (`strings.go`, goutils, xstrings). Where those count bytes, these do."""

from __future__ import annotations

import hashlib
import zlib

from buildwatch.notify.templates.errors import Fault
from buildwatch.notify.templates.helpers.calls import helper
from buildwatch.notify.templates.helpers.regexes import LONGEST
from buildwatch.notify.templates.run import Run
from buildwatch.notify.templates.values import (
    MOST,
    StringMap,
    Strings,
    bytes_of,
    from_bytes,
    lower,
    text_of,
    title,
    upper,
    verb,
)

SPACE = "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
"""What Go's unicode.IsSpace knows."""


def strval(value: object, left: list[int] | None = None) -> str:
    """A value as sprig's `toString` has it; `left` is of how many parts it may be."""
    return value if isinstance(value, str) else verb(value, "v", left)


LONGEST_LIST = 100_000
"""Of how many parts a list may consist that a helper makes."""


def bounded(size: int) -> None:
    """Raise `Fault` before a text is made that is too long."""
    if size > LONGEST:
        raise Fault("the text grows too long")


def _bytes(text: str, begin: int, end: int) -> str:
    data = bytes_of(text)
    if not 0 <= begin <= end <= len(data):
        raise IndexError("out of range")
    return from_bytes(data[begin:end])


for _name, _function in (("upper", upper), ("lower", lower), ("title", title)):
    helper(_name, "string")(lambda run, text, function=_function: function(text))

helper("trim", "string")(lambda run, text: text.strip(SPACE))
helper("hello")(lambda run: "Hello!")
helper("trimAll", "string", "string")(lambda run, cut, text: text.strip(cut) if cut else text)
helper("trimall", "string", "string")(lambda run, cut, text: text.strip(cut) if cut else text)
helper("trimSuffix", "string", "string")(lambda run, cut, text: text.removesuffix(cut))
helper("trimPrefix", "string", "string")(lambda run, cut, text: text.removeprefix(cut))
helper("contains", "string", "string")(lambda run, part, text: part in text)
helper("hasPrefix", "string", "string")(lambda run, part, text: text.startswith(part))
helper("hasSuffix", "string", "string")(lambda run, part, text: text.endswith(part))
helper("plural", "string", "string", "int")(lambda run, one, many, count: one if count == 1 else many)
helper("sha1sum", "string")(lambda run, text: hashlib.sha1(bytes_of(text), usedforsecurity=False).hexdigest())
helper("sha256sum", "string")(lambda run, text: hashlib.sha256(bytes_of(text)).hexdigest())
helper("adler32sum", "string")(lambda run, text: str(zlib.adler32(bytes_of(text))))
helper("toString", "any")(lambda run, value: strval(value))


@helper("repeat", "int", "string")
def repeat(run: Run, count: int, text: str) -> str:
    """The text so many times."""
    if count < 0:
        raise ValueError("a negative count")
    bounded(count * len(text))
    return text * count


@helper("replace", "string", "string", "string")
def replace(run: Run, old: str, new: str, text: str) -> str:
    """The text with all of one text replaced."""
    bounded(len(text) + text.count(old) * len(new))
    return text.replace(old, new)


@helper("trunc", "int", "string")
def trunc(run: Run, count: int, text: str) -> str:
    """The first bytes."""
    return text if len(bytes_of(text)) <= count else _bytes(text, 0, count)


@helper("substr", "int", "int", "string")
def substr(run: Run, begin: int, end: int, text: str) -> str:
    """The bytes from one to another."""
    if begin < 0:
        return _bytes(text, 0, end)
    return _bytes(text, begin, len(bytes_of(text)) if end < 0 else end)


@helper("abbrev", "int", "string")
def abbrev(run: Run, width: int, text: str) -> str:
    """The text in at most so many bytes, with three dots where it goes on."""
    return text if width < 4 else _abbreviate(text, 0, width)


@helper("abbrevboth", "int", "int", "string")
def abbrevboth(run: Run, left: int, right: int, text: str) -> str:
    """The same, with its beginning left out too."""
    if right < 4 or (left > 0 and right < 7):
        return text
    return _abbreviate(text, left, right)


def _abbreviate(text: str, offset: int, width: int) -> str:
    size = len(bytes_of(text))
    if size <= width:
        return text
    offset = min(offset, size)
    if size - offset < width - 3:
        offset = size - (width - 3)
    if offset <= 4:
        return _bytes(text, 0, width - 3) + "..."
    if width < 7:
        return ""
    if offset + width - 3 < size:
        return "..." + _abbreviate(_bytes(text, offset, size), 0, width - 3)
    return "..." + _bytes(text, size - (width - 3), size)


@helper("nospace", "string")
def nospace(run: Run, text: str) -> str:
    """The text without white space; where there was any, each byte of other letters is one, as there."""
    kept = [byte for byte in bytes_of(text) if chr(byte) not in SPACE]
    return text if len(kept) == len(bytes_of(text)) else bytes(kept).decode("latin-1")


@helper("wrap", "int", "string")
def wrap(run: Run, width: int, text: str) -> str:
    """The text in lines of so many bytes; long words stay whole."""
    return _wrap(text, width, "\n", long=False)


@helper("wrapWith", "int", "string", "string")
def wrap_with(run: Run, width: int, by: str, text: str) -> str:
    """The same with another separator, and long words parted."""
    return _wrap(text, width, by or "\n", long=True)


def _wrap(text: str, width: int, by: str, *, long: bool) -> str:
    data, width, offset = bytes_of(text), max(width, 1), 0
    bounded(len(data) + len(data) // width * len(by))
    made: list[bytes] = []
    while len(data) - offset > width:
        if data[offset : offset + 1] == b" ":
            offset += 1
            continue
        space = data.rfind(b" ", offset, offset + width + 1)
        end = offset + width
        if space < 0 and not long:
            space = data.find(b" ", end)
            if space < 0:
                break
        following = end if space < 0 else space + 1
        made.append(data[offset : end if space < 0 else space])
        offset = following
    return from_bytes(bytes_of(by).join([*made, data[offset:]]))


@helper("indent", "int", "string")
def indent(run: Run, count: int, text: str) -> str:
    """Each line with so many spaces before it."""
    if count < 0:
        raise ValueError("a negative count")
    bounded(len(text) + (text.count("\n") + 1) * count)
    pad = " " * count
    return pad + text.replace("\n", f"\n{pad}")


@helper("nindent", "int", "string")
def nindent(run: Run, count: int, text: str) -> str:
    """The same on a new line."""
    return "\n" + indent(run, count, text)


@helper("quote", rest="any")
def quote(run: Run, *values: object) -> str:
    """The values in double quotes, as Go writes them."""
    return " ".join(quoted(strval(value)) for value in values if value is not None)


def quoted(text: str) -> str:
    """A text as Go's `%q` prints it."""
    made = []
    for letter in text:
        if letter in '"\\':
            made.append(f"\\{letter}")
        elif letter in _ESCAPES:
            made.append(_ESCAPES[letter])
        elif letter.isprintable():
            made.append(letter)
        elif ord(letter) < 0x80:
            made.append(f"\\x{ord(letter):02x}")
        else:
            made.append(f"\\u{ord(letter):04x}" if ord(letter) < 0x10000 else f"\\U{ord(letter):08x}")
    return '"' + "".join(made) + '"'


_ESCAPES = {"\a": "\\a", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\v": "\\v"}


@helper("squote", rest="any")
def squote(run: Run, *values: object) -> str:
    """The values in single quotes."""
    return " ".join(f"'{verb(value, 'v')}'" for value in values if value is not None)


@helper("cat", rest="any")
def cat(run: Run, *values: object) -> str:
    """The values with spaces between them."""
    return " ".join(verb(value, "v") for value in values if value is not None)


@helper("split", "string", "string")
def split(run: Run, by: str, text: str) -> StringMap:
    """The parts of a text as `_0`, `_1`, …"""
    return StringMap({f"_{index}": part for index, part in enumerate(parts_of(text, by, -1))})


@helper("splitn", "string", "int", "string")
def splitn(run: Run, by: str, count: int, text: str) -> StringMap:
    """The same, in at most so many parts."""
    return StringMap({f"_{index}": part for index, part in enumerate(parts_of(text, by, count))})


@helper("splitList", "string", "string")
def split_list(run: Run, by: str, text: str) -> Strings:
    """The parts of a text."""
    return Strings(parts_of(text, by, -1))


def parts_of(text: str, by: str, count: int) -> list[str]:
    """The parts of a text as Go's `strings.SplitN` has them: letters where there is nothing to split by."""
    if count == 0:
        return []
    if (text.count(by) if by else len(text)) > LONGEST_LIST:
        raise Fault(f"makes a list of more than {LONGEST_LIST} parts")
    if not by:
        letters = list(text)
        return letters if count < 0 or len(letters) <= count else [*letters[: count - 1], text[count - 1 :]]
    return text.split(by) if count < 0 else text.split(by, count - 1)


@helper("join", "string", "any")
def join(run: Run, by: str, values: object) -> str:
    """The parts of a list with a text between them."""
    parts = strings(values)
    bounded(sum(map(len, parts)) + len(parts) * len(by))
    return by.join(parts)


@helper("toStrings", "any")
def to_strings(run: Run, values: object) -> Strings:
    """A list of the texts of what is in a list."""
    return strings(values)


def strings(value: object) -> Strings:
    """A value as a list of texts (sprig's `strslice`)."""
    if isinstance(value, list):
        left = [MOST]
        return Strings(strval(one, left) for one in value if one is not None)
    return Strings() if value is None else Strings([strval(value)])


@helper("sortAlpha", "any")
def sort_alpha(run: Run, values: object) -> Strings:
    """A list of texts, sorted by their bytes."""
    return Strings(sorted(strings(values), key=bytes_of) if values is not None else ["<nil>"])


@helper("slackescape", "any")
def slackescape(run: Run, value: object) -> str:
    """A value with the three characters escaped that mean something to Slack. For `{{{ }}}`."""
    return text_of(value).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
