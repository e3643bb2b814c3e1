"""What answers at an address, found out with one request.

`GET /version` without a token tells most: every Drone before 1.0 and every Woodpecker names its version in a header of
each answer (Drone 0.5 to 0.7, which know no such path, in that of the web page they answer it with), Drone 1.0 and
later tell it in the body. No status code is looked at to tell one server from another. Only where that path is closed
is the user asked for, with the token, whose answer has fields of its own. Sources: answers of real servers of each.
"""

from __future__ import annotations

import re
from typing import Final

from buildwatch.sources.errors import Denied, SourceError, Stranger, Unreachable
from buildwatch.sources.http import Answer, Http
from buildwatch.text import clean
from buildwatch.wire.fields import BadAnswer, Object, an_object, decode, word

DRONES: Final = {(0, 5): "drone-0.5", (0, 6): "drone-0.7", (0, 7): "drone-0.7", (0, 8): "drone-0.8"}
"""The kinds of Drone before 1.0 by the first two numbers of the version."""

WOODPECKER: Final = "woodpecker"

_VERSION: Final = re.compile(r"v?(\d{1,4})\.(\d{1,4})")
_CLOSED: Final = (401, 403, 404)
_OTHERS: Final = ("Gogs", "Gitea", "Forgejo", "GitLab", "Jenkins")
_LOGIN: Final = tuple(
    map(re.compile, (rb"type\s*=\s*[\"']?password", rb"/oauth2/", rb"sign[ -]?in\b", rb"log[ -]?in\b"))
)
"""What a login page holds, in small letters. Each begins with letters that are quickly looked for in a long page."""
_LOGIN_PLACE: Final = re.compile(r"log-?in|sign-?in|sso|auth", re.IGNORECASE)
_WANTS_TLS: Final = re.compile(rb"HTTPS (?:server|port)|SSL-enabled server", re.IGNORECASE)
"""How Go, nginx and Apache say that they were spoken to without TLS."""


async def detect(http: Http) -> str:
    """The kind of server: `drone-0.5`, `drone-0.7` (0.6 and 0.7), `drone-0.8`, `drone-1`, `drone-2` or `woodpecker`.

    Raises `SourceError`: `Stranger` for something else, `Unreachable` for nothing that can be talked to.
    """
    answer = await http.peek("/version")
    kind = _by_headers(http, answer) or _by_version(http, answer)
    if kind:
        return kind
    stranger = _stranger(http, answer)
    if answer.status not in _CLOSED or type(stranger) is not Stranger or _is_named(answer):
        raise stranger
    return await _by_user(http, stranger)


def _by_headers(http: Http, answer: Answer) -> str:
    drone, woodpecker = answer.headers.get("x-drone-version", ""), answer.headers.get("x-woodpecker-version", "")
    if woodpecker:
        return _woodpecker(http, woodpecker)
    return _drone(http, drone) if drone else ""


def _by_version(http: Http, answer: Answer) -> str:
    """By the body alone, as Drone 1.0 and later tell it, and where a proxy lets no header through."""
    of = _object(answer)
    version = word(of, "version", 40)
    if not of.keys() <= {"source", "version", "commit"} or not version:
        return ""
    if "woodpecker" in word(of, "source"):
        return _woodpecker(http, version)
    return _drone(http, version) if _VERSION.match(version) else ""


async def _by_user(http: Http, stranger: SourceError) -> str:
    """By the fields of the user. They do not tell Drone 1 from Drone 2, which can be asked the same."""
    try:
        of = _object(Answer(200, {}, await http.get("/api/user")))
    except (Denied, Stranger):
        raise stranger from None
    if not word(of, "login") or "admin" not in of:
        raise stranger
    return WOODPECKER if "forge_remote_id" in of else "drone-2"


def _drone(http: Http, version: str) -> str:
    numbers = _VERSION.match(version)
    major, minor = (int(numbers[1]), int(numbers[2])) if numbers else (0, 0)
    kind = DRONES.get((major, minor)) or ("", "drone-1", "drone-2")[min(major, 2)]
    if not kind:
        raise Stranger(
            f"{http.address.name} runs Drone {clean(version, 40)}; buildwatch reads Drone 0.5 to 0.8 and later"
        )
    return kind


def _woodpecker(http: Http, version: str) -> str:
    """Versions of builds between releases (`next-…`) are not numbers. Before 1.0 its calls were those of no other."""
    numbers = _VERSION.match(version)
    if numbers and numbers[1] == "0":
        raise Stranger(
            f"{http.address.name} runs Woodpecker {clean(version, 40)}; buildwatch reads Woodpecker 2 and later"
        )
    return WOODPECKER


def _stranger(http: Http, answer: Answer) -> SourceError:
    """The sentence for what is none of these servers."""
    name, url = http.address.name, http.address.url
    if answer.status == 400 and _WANTS_TLS.search(answer.body):
        return Unreachable(f"{name} speaks TLS at {url}; try https://")
    onward = clean(answer.headers.get("location", ""), 100).partition("?")[0].removesuffix("/version")
    if onward and not _LOGIN_PLACE.search(onward):
        return Stranger(f"{name} sends us on to {onward}; if that is the server, put it in place of {url}")
    other = _is_named(answer)
    if other:
        return Stranger(f"{name}: {url} is a {other}, not a Drone; give the address of the CI server")
    if onward or "www-authenticate" in answer.headers or _asks_to_log_in(answer.body):
        return Stranger(f"{name}: a login page stands before {url}; give an address that programs can use")
    what = "a web page" if "html" in answer.headers.get("content-type", "") else "something else than a version"
    return Stranger(f"{name} answers /version with {what} ({answer.status}); is {url} really the address of a Drone?")


def _asks_to_log_in(page: bytes) -> bool:
    small = page.lower()
    return any(word.search(small) for word in _LOGIN)


def _is_named(answer: Answer) -> str:
    """Which well-known other program says its own name: in a cookie, a header, or the head of its page."""
    cookies = answer.headers.get("set-cookie", "").lower()
    head = answer.body.partition(b"</head>")[0].decode("utf-8", "replace")
    for other in _OTHERS:
        said = re.search(rf'(?:<title>|content=")[^<"]*\b{other}\b', head)
        if said or f"i_like_{other.lower()}" in cookies or f"x-{other.lower()}" in answer.headers:
            return other
    return ""


def _object(answer: Answer) -> Object:
    try:
        return an_object(decode(answer.body))
    except BadAnswer:
        return {}
