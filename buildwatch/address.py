"""What a person types or pastes to mean a repo, a build, a stage or a step. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

from buildwatch.config.urls import BadUrl, server_url
from buildwatch.text import clean

LONGEST: Final = 2000
"""Characters of an address."""

_FORMS: Final = "expected owner/name, owner/name#12, owner/name#12:stage/step or the web address of a build"
_TYPED: Final = re.compile(r"(?P<repo>[^#@:]*)(?P<build>[#@][^:]*)?(?P<place>:.*)?")
_NAME: Final = re.compile(r"[^\s/#@:?%\\]+")
_NUMBER: Final = re.compile("[0-9]{1,15}")


class AddressError(Exception):
    """What is wrong with an address, in a sentence."""


Part = str | int
"""A stage or step: its name, or its number."""


@dataclass(frozen=True, slots=True)
class Address:
    """What was meant.

    `repo` is `owner/name`, or a name alone where only one repo has it. `number` is None where none was given; `latest`
    tells whether the newest build was asked for in so many words. A lone `stage` can also be the step of a build with
    one stage, since such a stage is not shown; from a web address of Drone 0.8 it is a process. `server` is the URL of
    the server when a web address was given.
    """

    repo: str
    number: int | None = None
    latest: bool = False
    stage: Part | None = None
    step: Part | None = None
    server: str | None = None

    def __str__(self) -> str:
        build = "@latest" if self.latest else "" if self.number is None else f"#{self.number}"
        place = "/".join(str(part) for part in (self.stage, self.step) if part is not None)
        return f"{self.repo}{build}{':' if place else ''}{place}"


def parse(text: str, servers: Iterable[str] = ()) -> Address:
    """Read an address. `servers` are the URLs of the servers that a web address may be on. Raises `AddressError`."""
    text = text.strip()
    if len(text) > LONGEST or clean(text, LONGEST) != text:
        raise AddressError(f"the address is too long or holds a control character; {_FORMS}")
    if text[:8].lower().startswith(("http://", "https://")):
        return _pasted(text, sorted(servers, key=len, reverse=True))
    return _typed(text)


def _typed(text: str) -> Address:
    found = _TYPED.fullmatch(text)
    if found is None or not _is_repo(found["repo"].split("/"), shortest=1):
        raise AddressError(f'"{clean(text, 100)}" names no repo; {_FORMS}')
    number, latest = _build(found["build"] or "")
    stage, step = _place(found["place"] or "")
    return Address(found["repo"], number, latest, stage, step)


def _build(text: str) -> tuple[int | None, bool]:
    """`#12` or `@latest`: the number, and whether the newest is meant."""
    if text in ("", "@latest"):
        return None, bool(text)
    number = _number(text[1:]) if text[0] == "#" else 0
    if not number:
        raise AddressError(f'"{clean(text, 60)}" is not a build; expected # and its number, or @latest')
    return number, False


def _place(text: str) -> tuple[Part | None, Part | None]:
    """`:stage/step`, the step if there is one."""
    stage, slash, step = text[1:].partition("/")
    if (text and not stage) or (slash and not step):
        raise AddressError(f'"{clean(text, 60)}" is not a place in a build; expected :stage or :stage/step')
    return _part(stage), _part(step)


def _pasted(text: str, servers: list[str]) -> Address:
    """A page of a build: the server's address, then `/owner/name[/number[/stage[/step]]]`."""
    try:
        url = server_url(re.split("[?#]", text, maxsplit=1)[0])
    except BadUrl as error:
        raise AddressError(f"the web address {error}") from None
    server = next((known for known in servers if f"{url}/".startswith(f"{known}/")), None)
    if server is None:
        known = f"expected one on {' or '.join(servers)}" if servers else "there is none yet"
        raise AddressError(f"{clean(url, 200)} is on no server of the configuration; {known}")
    repo, numbers = _page([unquote(part) for part in url.removeprefix(server).split("/")[1:]])
    number, stage, step = (*numbers, None, None, None)[:3]
    return Address(repo, number, stage=stage, step=step, server=server)


def _page(parts: list[str]) -> tuple[str, list[int]]:
    """The repo and the numbers after it. A repo can be called by a number too: the first two parts are always it."""
    numbers = [_number(part) for part in parts[2:5]]
    if not _is_repo(parts[:2], shortest=2) or len(parts) > 5 or 0 in numbers:
        raise AddressError("the web address is not that of a build; expected …/owner/name/12 or …/owner/name/12/1/2")
    return "/".join(parts[:2]), numbers


def _is_repo(parts: list[str], shortest: int) -> bool:
    named = all(_NAME.fullmatch(part) and part not in (".", "..") and clean(part) == part for part in parts)
    return named and shortest <= len(parts) <= 2


def _number(text: str) -> int:
    """The number, or 0 when it is none."""
    return int(text) if _NUMBER.fullmatch(text) else 0


def _part(text: str) -> Part | None:
    return (_number(text) or text) if text else None
