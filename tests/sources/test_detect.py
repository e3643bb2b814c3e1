"""Who answers at an address: answers as real servers give them, over real sockets, with the requests counted."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from buildwatch.sources.detect import detect
from buildwatch.sources.errors import Broken, Busy, SourceError, Stranger, Unauthorized, Unreachable
from buildwatch.sources.http import Http
from buildwatch.sources.sentences import Address

HTML = "text/html; charset=utf-8"
JSON = "application/json; charset=utf-8"
PAGE = "<!DOCTYPE html><html><head><title>Drone</title></head><body></body></html>"
GOGS = '<!DOCTYPE html><html><head><meta name="author" content="Gogs" /></head><body>Sign In</body></html>'
LOGIN = '<html><body><form action="/session"><input name=u><input type="password" name=p></form></body></html>'
UNAUTHORIZED = '{"message":"Unauthorized"}\n'
TLS_ALERT = bytes.fromhex("15030300020246")


@dataclass
class Said:
    """One answer; `raw` instead of all else where what answers is no HTTP server."""

    body: str = ""
    kind: str = HTML
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    raw: bytes | None = None

    def __bytes__(self) -> bytes:
        if self.raw is not None:
            return self.raw
        lines = {"Content-Type": self.kind, "Content-Length": str(len(self.body.encode())), **self.headers}
        head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        return f"HTTP/1.1 {self.status} Said\r\n{head}\r\n{self.body}".encode()


def version(version: str, source: str = "", **headers: str) -> Said:
    of = {"source": source, "version": version} if source else {"version": version}
    return Said(json.dumps(of) + "\n", JSON, headers={name.replace("_", "-"): value for name, value in headers.items()})


class Asked(list[tuple[str, bool]]):
    """The paths that were asked for, each with whether the token came along."""


@asynccontextmanager
async def answering(said: Mapping[str, Said]) -> AsyncIterator[tuple[Http, Asked]]:
    """A server that says `said` by path, and what asks it."""
    asked = Asked()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = b""
        while head[:4] in b"GET " and not head.endswith(b"\r\n\r\n"):
            head += await reader.read(4096)
        if head.startswith(b"GET "):
            path = head.decode().split()[1]
            asked.append((path, b"secret" in head))
            writer.write(bytes(said.get(path) or Said(PAGE)))
        else:
            writer.write(bytes(Said("not HTTP", status=400)))
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    http = Http(Address("work", f"http://127.0.0.1:{port}", token=lambda: "secret"))
    try:
        yield http, asked
    finally:
        await http.close()
        server.close()


async def found(said: Said, **others: Said) -> tuple[str, Asked]:
    async with answering({"/version": said, **{f"/api/{name}": other for name, other in others.items()}}) as (
        http,
        asked,
    ):
        return await detect(http), asked


async def refused(said: Said, **others: Said) -> SourceError:
    async with answering({"/version": said, **{f"/api/{name}": other for name, other in others.items()}}) as (http, _):
        with pytest.raises(SourceError) as caught:
            await detect(http)
        sentence = str(caught.value)
        assert sentence.startswith("work")
        assert "\n" not in sentence
        assert "secret" not in sentence
        return caught.value


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        (Said(PAGE, headers={"X-Drone-Version": "0.5.0+dev"}), "drone-0.5"),
        (Said(PAGE, headers={"X-Drone-Version": "0.6.0"}), "drone-0.7"),
        (Said(PAGE, headers={"X-Drone-Version": "0.7.3"}), "drone-0.7"),
        (version("0.8.6", "https://github.com/drone/drone", X_Drone_Version="0.8.6"), "drone-0.8"),
        (version("0.8.6", "https://github.com/drone/drone"), "drone-0.8"),
        (version("1.0.0-rc.1"), "drone-1"),
        (version("1.10.1"), "drone-1"),
        (version("2.28.1"), "drone-2"),
        (version("3.0.0"), "drone-2"),
        (version("2.8.3", "https://github.com/woodpecker-ci/woodpecker", x_woodpecker_version="2.8.3"), "woodpecker"),
        (version("3.17.0-102-ga4cb541b8", "https://github.com/woodpecker-ci/woodpecker"), "woodpecker"),
        (version("next-1a2b3c4d5e", X_Woodpecker_Version="next-1a2b3c4d5e"), "woodpecker"),
    ],
)
async def test_one_request_without_the_token(said: Said, kind: str) -> None:
    got, asked = await found(said)
    assert got == kind
    assert asked == [("/version", False)]


@pytest.mark.parametrize("status", [401, 403, 404])
@pytest.mark.parametrize(
    ("user", "kind"),
    [
        ('{"id":1,"login":"octo","machine":false,"admin":true,"active":true,"syncing":false}', "drone-2"),
        ('{"id":1,"forge_id":1,"forge_remote_id":"1","login":"octo","admin":true,"org_id":1}', "woodpecker"),
    ],
)
async def test_where_only_the_api_is_let_through_the_user_tells(status: int, user: str, kind: str) -> None:
    got, asked = await found(Said("no", "text/plain", status), user=Said(user, JSON))
    assert got == kind
    assert asked == [("/version", False), ("/api/user", True)]


async def test_where_only_the_api_is_let_through_a_wrong_token_is_said_to_be_wrong() -> None:
    error = await refused(Said("", "text/plain", 404), user=Said(UNAUTHORIZED, JSON, 401))
    assert isinstance(error, Unauthorized)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (Said(GOGS, status=404), "is a Gogs"),
        (Said("Not found.", "text/plain", 404, {"Set-Cookie": "i_like_gitea=1; Path=/"}), "is a Gitea"),
        (Said(LOGIN), "a login page stands before"),
        (Said(LOGIN, status=403), "a login page stands before"),
        (Said("", status=401, headers={"WWW-Authenticate": 'Basic realm="x"'}), "a login page stands before"),
        (Said("", status=302, headers={"Location": "https://sso.example.com/auth?rd=x"}), "a login page stands before"),
        (Said(PAGE), "answers /version with a web page (200)"),
        (version(""), "something else than a version"),
        (version("latest"), "something else than a version"),
        (version("9", gitVersion="1"), "something else than a version"),
        (Said('{"version":"1.2.3","name":"other"}', JSON), "something else than a version"),
        (Said("[]", JSON), "something else than a version"),
        (Said("\x1b]0;x\x07", "\x80"), "something else than a version"),
        (version("0.4.2", X_Drone_Version="0.4.2"), "runs Drone 0.4.2"),
        (Said(PAGE, headers={"X-Drone-Version": "\x9b2J"}), "runs Drone"),
        (version("0.15.0", X_Woodpecker_Version="0.15.0"), "runs Woodpecker 0.15.0"),
    ],
)
async def test_a_stranger_is_called_by_its_name(said: Said, expected: str) -> None:
    error = await refused(said, user=Said("", status=404))
    assert isinstance(error, Stranger)
    assert expected in str(error)


async def test_a_closed_path_of_something_else_ends_with_the_first_answer() -> None:
    error = await refused(Said(PAGE, status=404), user=Said('{"login":"octo"}', JSON))
    assert "answers /version with a web page (404)" in str(error)


async def test_a_move_to_another_address_names_it_without_the_path_that_was_asked_for() -> None:
    error = await refused(Said("", status=308, headers={"Location": "https://drone.example.com/version?a=b"}))
    assert isinstance(error, Stranger)
    assert str(error).startswith("work sends us on to https://drone.example.com; if that is the server")


@pytest.mark.parametrize(("status", "kind"), [(502, Broken), (503, Broken), (429, Busy)])
async def test_a_server_in_trouble_is_no_stranger(status: int, kind: type[SourceError]) -> None:
    error = await refused(Said("<html>Bad Gateway</html>", status=status))
    assert type(error) is kind


@pytest.mark.parametrize(
    "said",
    [
        Said("Client sent an HTTP request to an HTTPS server.\n", "text/plain", 400),
        Said("<html><head><title>400 The plain HTTP request was sent to HTTPS port</title></head></html>", status=400),
        Said("Reason: You're speaking plain HTTP to an SSL-enabled server port.", status=400),
        Said(raw=TLS_ALERT),
        Said(raw=b""),
    ],
)
async def test_a_plain_request_to_a_tls_port(said: Said) -> None:
    error = await refused(said)
    assert isinstance(error, Unreachable)
    assert "https://" in str(error)


async def test_tls_to_a_plain_port() -> None:
    async with answering({}) as (http, asked):
        tls = Http(Address("work", http.address.url.replace("http:", "https:"), token=lambda: "secret", insecure=True))
        with pytest.raises(Unreachable, match=r"does not speak TLS at https://127\.0\.0\.1:\d+; try http://"):
            await detect(tls)
        await tls.close()
        assert not asked


async def test_nothing_at_all() -> None:
    async with answering({}) as (http, _):
        gone = Http(http.address)
    with pytest.raises(Unreachable, match="connection refused"):
        await detect(gone)
    await gone.close()


async def test_only_the_beginning_of_a_long_answer_is_read() -> None:
    long = 50 * 1024 * 1024
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {HTML}\r\nContent-Length: {long}\r\n\r\n".encode()
    error = await refused(Said(raw=head + b"x" * (256 * 1024)))
    assert "a web page (200)" in str(error)
