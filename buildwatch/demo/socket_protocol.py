"""The server's side of a websocket as Go's gorilla/websocket of early Drone behaves.

Messages of medium size come in fragments. An application sends `websocket.ping` itself and hears
`websocket.pong`; when it returns without closing, the connection ends without a close frame.
"""

from __future__ import annotations

from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame

WRITE_BUFFER = 1024
"""Bytes. A message up to this is one frame, one up to twice this is cut here, a larger one is not cut."""
LONGEST_MESSAGE = 512
"""Bytes a client may send; more closes the connection with code 1009."""


class SocketProtocol(WebSocketsSansIOProtocol):
    """Speaks one websocket connection."""

    async def send(self, message: Any) -> None:
        if message["type"] not in ("websocket.ping", "websocket.send"):
            await super().send(message)
            return
        await self.writable.wait()
        if self.close_sent or self.transport.is_closing():
            return
        if message["type"] == "websocket.ping":
            self.conn.send_ping(b"")
            self._flush()
        else:
            self._send_fragments(message["text"].encode())

    def handle_pong(self, event: Frame) -> None:
        pong: Any = {"type": "websocket.pong"}
        self.queue.put_nowait(pong)

    def _send_fragments(self, data: bytes) -> None:
        if len(data) > 2 * WRITE_BUFFER:
            self.conn.send_text(data)
        else:
            parts = [data[at : at + WRITE_BUFFER] for at in range(0, len(data), WRITE_BUFFER)]
            self.conn.send_text(parts[0], fin=len(parts) == 1)
            for index, part in enumerate(parts[1:], 2):
                self.conn.send_continuation(part, fin=index == len(parts))
        self._flush()

    def _flush(self) -> None:
        self.transport.write(b"".join(self.conn.data_to_send()))
