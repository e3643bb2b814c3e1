"""Servers that are dead take nothing from those that live: no thread, no turn, and few requests."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest
import pytest_asyncio

from buildwatch.cli.address import Address as Meant
from buildwatch.cli.servers import Server, find_repo
from buildwatch.clock import ServerClock
from buildwatch.config.settings import ServerSettings
from buildwatch.config.token import TokenSource, plain
from buildwatch.sources.base import Source
from buildwatch.sources.connect import connect
from buildwatch.sources.errors import SourceError, Stranger, Unreachable
from buildwatch.sources.http import Http
from buildwatch.sources.sentences import Address
from buildwatch.sources.trust import trust
from tests.sources.conftest import Odd, reply

VERSION = reply(b'{"version":"2.28.1"}')
DEAD = 90


@contextmanager
def closed() -> Iterator[threading.Event]:
    """A gate that opens in the end, whatever happens, so that no thread is left."""
    gate = threading.Event()
    try:
        yield gate
    finally:
        gate.set()


@pytest_asyncio.fixture
async def live(odd: Odd) -> AsyncIterator[Callable[..., Source]]:
    """Makes sources of a server that lives, under any name; those of others too."""
    odd.answers["/version"] = VERSION
    made: list[Source] = []

    def make(url: str = "", token: TokenSource | None = None) -> Source:
        settings = ServerSettings("one", url or odd.url, token or plain("secret"), kind="auto")
        made.append(connect(settings, ServerClock(), lambda: 0.0))
        return made[-1]

    yield make
    for source in made:
        await source.close()


async def test_tokens_that_take_for_ever_keep_nobody_waiting(odd: Odd, live: Callable[..., Source]) -> None:
    odd.answers["/api/user"] = reply(b'{"login":"dana"}')
    with closed() as gate:

        def never() -> str:
            gate.wait()
            return "late"

        waiting = [asyncio.ensure_future(live(token=TokenSource("", "", never)).user()) for _ in range(DEAD)]
        try:
            async with asyncio.timeout(20):
                assert (await live().user()).login == "dana"
            assert not any(one.done() for one in waiting)
        finally:
            for one in waiting:
                one.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)


async def test_names_that_nobody_answers_for_keep_nobody_waiting(
    odd: Odd, live: Callable[..., Source], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = socket.getaddrinfo
    asked: list[str] = []
    with closed() as gate:

        def look_up(host: Any, *args: Any, **more: Any) -> Any:
            name = host.decode() if isinstance(host, bytes) else host
            if name.endswith(".dead"):
                asked.append(name)
                gate.wait()
                raise socket.gaierror(socket.EAI_NONAME, "nobody")
            return real("127.0.0.1" if name == "ci.live" else host, *args, **more)

        monkeypatch.setattr(socket, "getaddrinfo", look_up)
        waiting = [asyncio.ensure_future(live(f"http://ci{at}.dead").version()) for at in range(DEAD)]
        port = odd.url.rpartition(":")[2]
        async with asyncio.timeout(20):
            assert await live(f"http://ci.live:{port}").version() == "2.28.1"
            while len(asked) < DEAD:  # noqa: ASYNC110 - threads tell nobody
                await asyncio.sleep(0.01)
        gate.set()
        said = await asyncio.gather(*waiting, return_exceptions=True)
    assert {type(one) for one in said} == {Unreachable}


def test_the_end_waits_for_no_name_that_nobody_answers_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """`asyncio.run` waits for its threads, and a look-up without an answer can take minutes."""
    with closed() as gate:
        begun = threading.Event()

        def look_up(*args: Any, **more: Any) -> Any:
            begun.set()
            gate.wait()
            raise socket.gaierror(socket.EAI_NONAME, "nobody")

        monkeypatch.setattr(socket, "getaddrinfo", look_up)

        async def leave() -> None:
            settings = ServerSettings("one", "http://ci.dead", plain("secret"), kind="drone-2")
            source = connect(settings, ServerClock(), lambda: 0.0)
            reading = asyncio.ensure_future(source.version())
            while not begun.is_set():  # noqa: ASYNC110 - threads tell nobody
                await asyncio.sleep(0.01)
            reading.cancel()
            with suppress(asyncio.CancelledError):
                await reading
            await source.close()

        running = threading.Thread(target=lambda: asyncio.run(leave()), daemon=True)
        running.start()
        running.join(20)
        assert not running.is_alive()


async def test_a_repo_is_found_though_a_server_never_answers(odd: Odd, live: Callable[..., Source]) -> None:
    odd.answers["/api/user/repos"] = reply(b'[{"id":1,"slug":"acme/app"}]')
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        servers = [Server(live(url), ServerClock()) for url in (f"http://127.0.0.1:{port}", odd.url)]
        async with asyncio.timeout(20):
            server, slug = await find_repo(servers, Meant("app"))
    assert (server, slug) == (servers[1], "acme/app")


async def test_who_asks_a_moment_later_hears_the_same_failure(
    odd: Odd, live: Callable[..., Source], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("buildwatch.sources.auto.MOMENT", 60)
    odd.answers["/version"] = reply(b"<html>", type="text/html")
    source = live()
    said = []
    for call in (source.version, source.repos, source.user):
        with pytest.raises(Stranger) as error:
            await call()
        said.append(str(error.value))
    assert len(set(said)) == 1
    assert odd.paths == ["/version"]
    monkeypatch.setattr("buildwatch.sources.auto.MOMENT", 0)
    odd.answers["/version"] = VERSION
    assert await source.version() == "2.28.1"


@pytest.mark.parametrize(("head", "kind"), [("200 OK", Stranger), ("404 Not Found", SourceError)])
async def test_of_a_wrong_answer_without_end_only_the_begin_is_read(odd: Odd, head: str, kind: type[Exception]) -> None:
    sent = 0

    async def endless(writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        writer.write(f"HTTP/1.1 {head}\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n".encode())
        with suppress(OSError):
            while True:
                writer.write(b"<p>" * 10_000)
                await writer.drain()
                sent += 30_000

    odd.answers["/api/user"] = endless
    http = Http(Address("one", odd.url, lambda: "secret"))
    async with asyncio.timeout(20):
        with pytest.raises(kind):
            await http.get("/api/user")
    await http.close()
    assert sent < 20_000_000  # what fits into the buffers between


def test_certificates_are_loaded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = (Address(name, f"https://{name}.example", lambda: "") for name in ("a", "b"))
    assert trust(one) is trust(other)
    assert trust(one).verify_mode == ssl.CERT_REQUIRED
    careless = Address("c", "https://c.example", lambda: "", insecure=True)
    assert trust(careless).verify_mode == ssl.CERT_NONE
    assert trust(careless) is not trust(one)
    monkeypatch.setenv("SSL_CERT_FILE", "/nowhere/ca.pem")
    with pytest.raises(OSError, match="No such file"):
        trust(one)
