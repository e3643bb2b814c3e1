"""HTTP to one server: every failure is one sentence that says what and how to mend it, and never the token."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio

from buildwatch.sources import http
from buildwatch.sources.errors import Broken, Busy, Denied, SourceError, Stranger, Unauthorized, Unreachable
from buildwatch.sources.http import Http
from buildwatch.sources.sentences import Address

if TYPE_CHECKING:
    from tests.sources.conftest import Odd

TOKEN = "s3cr3t-t0ken"
HTML = b"<!doctype html><title>502</title>"


def reply(body: bytes, *headers: str, status: str = "200 OK", type: str = "application/json", cut: int = 0) -> bytes:
    head = [f"HTTP/1.1 {status}", f"Content-Length: {len(body) + cut}", f"Content-Type: {type}", *headers, "", ""]
    return "\r\n".join(head).encode("latin-1") + body


@asynccontextmanager
async def client(url: str, **address: Any) -> AsyncIterator[Http]:
    dates: list[int] = []
    made = Http(Address("drone", url, **({"token": lambda: TOKEN} | address)), dates.append)
    try:
        yield made
    finally:
        await made.close()


@pytest_asyncio.fixture
async def ask(odd: Odd) -> AsyncIterator[Http]:
    async with client(odd.url) as made:
        yield made


async def said_of(answer: bytes, odd: Odd, ask: Http, path: str = "/api/user") -> SourceError:
    """What is raised when `path` is answered so."""
    odd.answers[path] = answer
    with pytest.raises(SourceError) as caught:
        await ask.get(path)
    said = str(caught.value)
    assert said.startswith("drone")
    assert said.isprintable()
    assert TOKEN not in said
    assert len(said) < 400
    return caught.value


async def test_a_right_answer(odd: Odd, ask: Http) -> None:
    odd.answers["/api/user"] = reply(b'{"login":"dana"}', type="application/json; charset=utf-8")
    assert await ask.get("/api/user", page=2) == b'{"login":"dana"}'
    assert odd.paths == ["/api/user?page=2"]
    assert f"\r\nAuthorization: Bearer {TOKEN}\r\n" in odd.asked[0]
    assert ask.requests == 1


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (reply(b'{"message":"Unauthorized"}', status="401 Unauthorized"), Unauthorized, "set DRONE_TOKEN"),
        (reply(b'{"message":"Forbidden"}', status="403 Forbidden"), Denied, "Forbidden (403)"),
        (reply(b"404 page not found\n", status="404 Not Found", type="text/plain"), Stranger, "/api/user"),
        (reply(HTML, type="text/html; charset=UTF-8"), Stranger, "a web page; is http://127.0.0.1"),
        (reply(HTML, status="502 Bad Gateway", type="text/html"), Broken, "Bad Gateway (502)"),
        (reply(b"", status="500 "), Broken, "no reason given (500)"),
        (reply(b'{"message":"database is locked"}', status="500 x"), Broken, "database is locked (500)"),
        (reply(b'{"message":"a\\u001b]52;c;eA==\\u0007b"}', status="500 x"), Broken, "ab (500)"),
        (reply(b"", status="302 Found", type=""), Stranger, "sends us on to elsewhere"),
        (reply(b"", "Location: https://sso.example.com/x?token=y", status="302 x"), Stranger, "sso.example.com/x;"),
        (reply(b"{}", type="application/octet-stream"), Stranger, "application/octet-stream"),
        (reply(b'{"login":', cut=100), Unreachable, "the connection broke"),
        (reply(b"no gzip at all", "Content-Encoding: gzip"), Unreachable, "broke"),
        (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", Unreachable, "gives no HTTP answer"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n", Unreachable, "broke"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200_000, Unreachable, "broke"),
        (b"", Unreachable, "broke"),
    ],
)
async def test_what_is_wrong_is_said(odd: Odd, ask: Http, answer: bytes, kind: type[SourceError], words: str) -> None:
    error = await said_of(answer, odd, ask)
    assert type(error) is kind
    assert words in str(error)


async def test_a_404_of_one_thing_may_be_a_lack_of_right(odd: Odd, ask: Http) -> None:
    error = await said_of(reply(b'{"message":"Not Found"}', status="404 x"), odd, ask, "/api/repos/a/b/builds/1")
    assert isinstance(error, Denied)
    assert "no such thing, or no right to it" in str(error)
    assert error.status == 404


SECONDS = {"7": 7, "0": 0, "999999999": 3600, "9" * 400: 3600, "-1": 0, "soon": 0, "1.5": 0, "²": 0, "": 0}


@pytest.mark.parametrize(("header", "seconds"), [*SECONDS.items(), ("Fri, 31 Dec 1999 23:59:59 GMT", 0)])
async def test_retry_after(odd: Odd, ask: Http, header: str, seconds: float) -> None:
    for status, kind in (("429 Too Many Requests", Busy), ("503 Service Unavailable", Broken)):
        error = await said_of(reply(b"", f"Retry-After: {header}", status=status), odd, ask)
        assert isinstance(error, kind)
        assert error.retry_after == seconds


@pytest.mark.parametrize("date", ["", "soon", "Jan 99999999999 99:99:99 0001 2024 01", "0"])
async def test_a_strange_date_is_not_heard(odd: Odd, date: str) -> None:
    dates: list[int] = []
    made = Http(Address("drone", odd.url, lambda: TOKEN), dates.append)
    odd.answers["/api/user"] = reply(b"{}", f"Date: {date}")
    assert await made.get("/api/user") == b"{}"
    await made.close()
    assert [date for date in dates if date > 0] == []


async def test_the_date_is_heard_before_a_long_body_has_come(odd: Odd) -> None:
    heard = asyncio.Event()

    async def slowly(writer: asyncio.StreamWriter) -> None:
        whole = reply(b"{}", "Date: Mon, 23 Nov 2026 11:35:06 GMT")
        writer.write(whole[:-1])
        await heard.wait()
        writer.write(whole[-1:])

    odd.answers["/api/user"] = slowly
    made = Http(Address("drone", odd.url, lambda: TOKEN), lambda date: heard.set())
    assert await made.get("/api/user") == b"{}"
    await made.close()


async def test_an_answer_without_end_is_not_kept(odd: Odd, ask: Http, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "LARGEST_ANSWER", 1000)
    assert "without end" in str(await said_of(reply(b" " * 5000), odd, ask))


async def test_nobody_at_home(odd: Odd) -> None:
    async with client("http://127.0.0.1:1") as made:
        with pytest.raises(Unreachable, match=r"does not answer at http://127.0.0.1:1 \(connection refused\)"):
            await made.get("/version")


async def test_an_answer_that_never_comes(odd: Odd, ask: Http) -> None:
    never = asyncio.Event()

    async def silent(_: asyncio.StreamWriter) -> None:
        await never.wait()

    odd.answers["/api/user"] = odd.answers["/api/stream"] = silent
    with pytest.raises(Unreachable, match=r"takes too long to answer \(over 30 s\)"):
        await ask.get("/api/user")
    with pytest.raises(Unreachable, match=r"takes too long to answer \(over 90 s\)"):
        await ask.send("POST", "/api/user")
    with pytest.raises(Unreachable, match=r"takes too long to answer \(over 30 s\)"):
        async with ask.stream("/api/stream"):
            pass
    never.set()


async def test_tls_to_a_server_without(odd: Odd) -> None:
    odd.answers["/"] = HTML
    async with client(odd.url.replace("http:", "https:")) as made:
        with pytest.raises(Unreachable, match=r"drone does not (speak TLS|answer)"):
            await made.get("/version")


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ({"url": "http://[::1"}, "is not an address"),
        ({"url": "ftp://127.0.0.1:1"}, "is not an address"),
        ({"url": "https://127.0.0.1:1", "ca_file": "/nowhere/ca.pem"}, "/nowhere/ca.pem cannot be read"),
        ({"proxy": "http://127.0.0.1:1"}, "does not answer|proxy"),
        ({"proxy": "socks5://127.0.0.1:1"}, "does not answer|proxy"),
    ],
)
async def test_a_wrong_configuration(odd: Odd, address: dict[str, Any], words: str) -> None:
    async with client(**({"url": odd.url} | address)) as made:
        with pytest.raises(Unreachable, match=words):
            await made.get("/version")


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("ALL_PROXY", "nonsense://127.0.0.1:1", "is not one"),
        ("HTTPS_PROXY", "http://proxy.example.com:port", "is not one"),
        ("SSL_CERT_FILE", "/nowhere/ca.pem", "SSL_CERT_FILE"),
    ],
)
async def test_a_wrong_environment(monkeypatch: pytest.MonkeyPatch, name: str, value: str, words: str) -> None:
    monkeypatch.setenv(name, value)
    async with client("https://127.0.0.1:1") as made:
        with pytest.raises(Unreachable, match=words):
            await made.get("/version")


@pytest.mark.parametrize("query", [{"KEY": "\udcff"}, {"\ud800": "x"}, {"KEY": "x" * 70_000}])
async def test_what_cannot_be_an_address(odd: Odd, ask: Http, query: dict[str, str]) -> None:
    with pytest.raises(SourceError, match="drone"):
        await ask.send("POST", "/api/repos/a/b/builds/1", query)
    assert odd.asked == []


async def test_parameters_arrive_as_they_are(odd: Odd, ask: Http) -> None:
    odd.answers["/api/x"] = reply(b"null")
    await ask.send("POST", "/api/x", {"A B": "x&y=z?#/%20+\n", "ü": "€"})
    assert odd.paths == ["/api/x?A+B=x%26y%3Dz%3F%23%2F%2520%2B%0A&%C3%BC=%E2%82%AC"]


# the token


async def test_the_token_is_read_once_however_many_need_it(odd: Odd) -> None:
    odd.answers["/api/user"] = reply(b"{}")
    read: list[int] = []
    asked = threading.Event()

    def token() -> str:
        read.append(1)
        asked.wait(5)
        return TOKEN

    async with client(odd.url, token=token) as made:
        waiting = [asyncio.create_task(made.get("/api/user")) for _ in range(4)]
        await asyncio.sleep(0)
        asked.set()
        await asyncio.gather(*waiting)
    assert read == [1]
    assert len(odd.asked) == 4


async def test_a_token_that_cannot_be_read_is_asked_for_once_and_later_again(odd: Odd) -> None:
    odd.answers["/api/user"] = reply(b"{}")
    failure = Unauthorized("drone has no token: token_command failed")
    read: list[int] = []

    def token() -> str:
        read.append(1)
        if len(read) == 1:
            raise failure
        return TOKEN

    async with client(odd.url, token=token) as made:
        failed = await asyncio.gather(*(made.get("/api/user") for _ in range(4)), return_exceptions=True)
        assert [type(error) for error in failed] == [Unauthorized] * 4
        assert (read, odd.asked) == ([1], [])
        assert await made.get("/api/user") == b"{}"


async def test_after_a_401_the_token_is_read_anew(odd: Odd) -> None:
    odd.answers["/api/user"] = reply(b"", status="401 x")
    tokens = iter(["old", "new"])
    async with client(odd.url, token=lambda: next(tokens)) as made:
        for _ in range(2):
            with pytest.raises(Unauthorized):
                await made.get("/api/user")
    assert ["Bearer old" in head for head in odd.asked] == [True, False]
    assert "Bearer new" in odd.asked[1]


async def test_an_address_shows_no_token() -> None:
    assert TOKEN not in repr(Address("drone", "http://x", lambda: TOKEN))


# streams


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (reply(b'{"message":"Unauthorized"}', status="401 Unauthorized"), Unauthorized),
        (reply(HTML, status="502 Bad Gateway", type="text/html"), Broken),
        (reply(HTML, status="502 Bad Gateway", type="text/html", cut=500), Unreachable),
        (reply(HTML, type="text/html"), Stranger),
        (reply(b"{}"), Stranger),
        (b"", Unreachable),
    ],
)
async def test_a_stream_that_does_not_open(odd: Odd, ask: Http, answer: bytes, kind: type[SourceError]) -> None:
    odd.answers["/api/stream"] = answer
    with pytest.raises(kind) as caught:
        async with ask.stream("/api/stream"):
            pass
    assert type(caught.value) is kind


async def test_an_error_that_never_ends_is_not_waited_for(odd: Odd, ask: Http) -> None:
    never = asyncio.Event()

    async def endless(writer: asyncio.StreamWriter) -> None:
        writer.write(reply(b"<html>", status="502 Bad Gateway", type="text/html", cut=10))
        await never.wait()

    odd.answers["/api/stream"] = endless
    with pytest.raises(Unreachable, match="takes too long"):
        async with ask.stream("/api/stream"):
            pass
    never.set()


async def test_a_stream_that_is_cut_has_ended(odd: Odd, ask: Http) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
    odd.answers["/api/stream"] = head + b"8\r\n: ping\n\n\r\n5\r\nda"
    async with ask.stream("/api/stream") as chunks:
        got = [chunk async for chunk in chunks]
    assert b"".join(got).startswith(b": ping\n\n")
    assert "accept-encoding: identity" in odd.asked[0].lower()
