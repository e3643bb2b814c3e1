"""What real servers of Drone 0.5 to 0.8 answered and streamed, and a server that says it again over real sockets.

Streams go out as they came in: event streams byte by byte, websockets frame by frame with their fragments and pings,
and they end as they did there, without a close frame or with a reset.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import struct
from base64 import b64encode
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from functools import cache
from hashlib import sha1
from http import HTTPStatus
from pathlib import Path
from socket import SO_LINGER, SOL_SOCKET
from typing import Any, NamedTuple

DATA = Path(__file__).parent.parent / "data"
DATE = "Mon, 23 Nov 2026 08:20:00 GMT"
_OPCODES = {"continuation": 0, "text": 1, "binary": 2, "close": 8, "ping": 9, "pong": 10}
_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


@cache
def recorded(kind: str) -> dict[str, dict[str, Any]]:
    """`answers` by name, `lifecycle`: builds as they were, `streams`: text, or frames of a websocket."""
    loaded: dict[str, dict[str, Any]] = json.loads(gzip.decompress((DATA / kind / "recorded.json.gz").read_bytes()))
    return loaded


class Frame(NamedTuple):
    """One frame of a websocket."""

    opcode: str
    data: bytes = b""
    final: bool = True


def frames(rows: Iterable[list[Any]]) -> list[Frame]:
    """The frames of a recording up to its end."""
    return [
        Frame(word, data.encode(), bool(final))
        for word, final, data in rows
        if word in _OPCODES and data != "client closed"
    ]


def texts(rows: Iterable[Frame]) -> list[bytes]:
    """The messages in frames, fragments joined; one that is not complete is none."""
    found, part = [], b""
    for frame in rows:
        if frame.opcode in ("text", "continuation"):
            part += frame.data
            if frame.final:
                found.append(part)
                part = b""
    return found


class Socket(NamedTuple):
    """A websocket: what is sent, and how it ends: `cut`, `reset`, `close` (a frame) or `open` (it stays so)."""

    frames: list[Frame]
    end: str = "cut"


class Replay:
    """A server: what it says by `METHOD path?query`, and what was asked of it."""

    def __init__(self, version: str) -> None:
        self.url = ""
        self.version = version
        self.asked: list[str] = []
        self.pongs: list[bytes] = []
        self.farewells: list[int] = []
        self._answers: dict[str, list[bytes]] = {}
        self._sockets: dict[str, Socket] = {}
        self._staying: set[str] = set()
        self._said = asyncio.Condition()
        self._open: dict[asyncio.Task[Any], asyncio.StreamWriter] = {}

    def say(self, asked: str, *bodies: Any, status: int = 200, type: str = "application/json; charset=utf-8") -> None:
        """Answer with JSON, or with text as it is; the last body again and again."""
        self._answers[asked] = [self._answer(status, type, body) for body in bodies or ("",)]

    def recorded(self, kind: str, *names: str) -> None:
        """Answer as it was recorded."""
        for name in names:
            of = recorded(kind)["answers"][name]
            self.say(f"{of['method']} {of['path']}", of["body"], status=of["status"], type=of["type"])

    def stream(self, path: str, text: str | bytes, *, open: bool = False) -> None:
        """An event stream, cut off after `text`, or with nothing more to say."""
        (self._staying.add if open else self._staying.discard)(f"GET {path}")
        data = text.encode() if isinstance(text, str) else text
        self._answers[f"GET {path}"] = [self._head(200, "text/event-stream", "Connection: close") + data]

    def socket(self, path: str, sent: Iterable[Frame], end: str = "cut") -> None:
        """A websocket."""
        self._sockets[path] = Socket(list(sent), end)

    async def was_asked(self, asked: str, times: int = 1) -> None:
        """Wait until so many requests were made."""
        async with self._said:
            await self._said.wait_for(lambda: self.asked.count(asked) >= times)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        task = asyncio.current_task()
        assert task is not None
        self._open[task] = writer
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            while await self._one(reader, writer):
                pass
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()
        del self._open[task]

    async def close(self) -> None:
        """Cut all connections."""
        for writer in self._open.values():
            writer.transport.abort()
        await asyncio.gather(*self._open)

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        lines = dict(line.lower().partition(": ")[::2] for line in head.split("\r\n")[1:])
        assert lines.get("authorization") == "bearer secret" or " /version " in head or head.startswith("CONNECT ")
        await reader.readexactly(int(lines.get("content-length", "0")))
        asked = " ".join(head.split(" ")[:2])
        async with self._said:
            self.asked.append(asked)
            self._said.notify_all()
        socket = self._sockets.get(asked.removeprefix("GET ")) if lines.get("upgrade") == "websocket" else None
        if socket is not None:
            key = head.partition("Sec-WebSocket-Key: ")[2].partition("\r\n")[0]
            await self._socket(socket, key, reader, writer)
            return False
        said = self._answers.get(asked)
        writer.write(self._answer(404, "", "") if said is None else said.pop(0) if len(said) > 1 else said[0])
        await writer.drain()
        if asked in self._staying:
            await reader.read()
        return said is None or b"\r\nConnection: close" not in said[0][:400]

    async def _socket(
        self, socket: Socket, key: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        accept = b64encode(sha1(key.encode() + _GUID).digest()).decode()
        writer.write(
            f"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Accept: {accept}\r\n\r\n".encode()
        )
        for frame in socket.frames:
            writer.write(_bytes(frame))
            await writer.drain()
        if socket.end == "reset":
            writer.get_extra_info("socket").setsockopt(SOL_SOCKET, SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()
        elif socket.end == "close":
            writer.write(_bytes(Frame("close", struct.pack(">H", 1000))))
        elif socket.end == "open":
            await self._hear(reader)

    async def _hear(self, reader: asyncio.StreamReader) -> None:
        """What the client sends, until it closes; masked, and short."""
        while True:
            first, second = await reader.readexactly(2)
            mask = await reader.readexactly(4)
            data = bytes(byte ^ mask[at % 4] for at, byte in enumerate(await reader.readexactly(second & 127)))
            if first & 15 == _OPCODES["pong"]:
                self.pongs.append(data)
            elif first & 15 == _OPCODES["close"]:
                self.farewells.append(struct.unpack(">H", data[:2])[0])
                return

    def _answer(self, status: int, type: str, body: Any) -> bytes:
        data = body.encode() if isinstance(body, str) else json.dumps(body).encode()
        return self._head(status, type, f"Content-Length: {len(data)}") + data

    def _head(self, status: int, type: str, more: str) -> bytes:
        lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}", f"Date: {DATE}", more]
        lines += [f"Content-Type: {type}"] if type else []
        lines += [f"X-Drone-Version: {self.version}"] if self.version else []
        return ("\r\n".join(lines) + "\r\n\r\n").encode()


def _bytes(frame: Frame) -> bytes:
    first = _OPCODES[frame.opcode] | (128 if frame.final else 0)
    size = len(frame.data)
    if size < 126:
        return bytes([first, size]) + frame.data
    if size < 1 << 16:
        return bytes([first, 126]) + struct.pack(">H", size) + frame.data
    return bytes([first, 127]) + struct.pack(">Q", size) + frame.data


@asynccontextmanager
async def replaying(version: str) -> AsyncIterator[Replay]:
    """A server on loopback; `version` is what it says of itself in each answer."""
    site = Replay(version)
    server = await asyncio.start_server(site.serve, "127.0.0.1", 0)
    site.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield site
    finally:
        server.close()
        await site.close()
