"""What a person is told of a server whose address was just typed: what answers there, and where its token is shown.

The pages with the token: `/account/token` of Drone before 1.0 (its documentation of the API's authentication),
`/account` of later ones, `/user` of Woodpecker, which leads on to "CLI & API" (its web interface's routes).
"""

from __future__ import annotations

from typing import Final, NamedTuple

from buildwatch.sources.detect import WOODPECKER, detect
from buildwatch.sources.errors import Unauthorized
from buildwatch.sources.http import Http
from buildwatch.text import clean
from buildwatch.wire.drone1 import read_version
from buildwatch.wire.fields import BadAnswer

_PAGES: Final = {"drone-0.5": "/account/token", "drone-0.7": "/account/token", "drone-0.8": "/account/token"}


class Greeting(NamedTuple):
    """What answers at an address. `kind` and `version` are empty where that is told only with a token."""

    url: str
    kind: str = ""
    version: str = ""

    @property
    def words(self) -> str:
        """`Drone 2.28.1 answers there`."""
        if not self.kind:
            return "something answers there, and tells what it is only with a token"
        name = "Woodpecker" if self.kind == WOODPECKER else "Drone"
        return f"{' '.join(filter(None, (name, self.version)))} answers there"

    @property
    def token_page(self) -> str:
        """Where a person who is logged in finds the token."""
        if self.kind == WOODPECKER:
            return f"{self.url}/user"
        return self.url + _PAGES.get(self.kind, "/account")


async def greet(http: Http) -> Greeting:
    """Ask without a token. Raises `SourceError` where nothing answers, or something else."""
    try:
        kind = await detect(http)
    except Unauthorized:
        return Greeting(http.address.url)
    answer = await http.peek("/version")
    said = answer.headers.get("x-woodpecker-version", "") or answer.headers.get("x-drone-version", "")
    if not said:
        try:
            said = read_version(answer.body)
        except BadAnswer:
            said = ""
    return Greeting(http.address.url, kind, clean(said, 40))
