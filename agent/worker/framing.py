"""Length-prefixed messages over a stream socket between the main process and a worker."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Generic, TypeVar, cast

from msgspec import Struct
from msgspec.msgpack import Decoder

from agent.worker.messages import ENCODER

M = TypeVar("M")

_PREFIX = 4
# Above this many unsent bytes `writable` is false until they have been sent.
_HIGH_WATER = 8 * 1024 * 1024


class Link(asyncio.Protocol, Generic[M]):
    """One end of the socket.

    Args:
        decoder: Decoder of the messages that arrive here.
        on_message: Called with each of them.
        on_closed: Called once, when the other end is gone.
        on_writable: Called when `writable` changes.
    """

    def __init__(
        self,
        decoder: Decoder[M],
        *,
        on_message: Callable[[M], None],
        on_closed: Callable[[], None],
        on_writable: Callable[[], None] = lambda: None,
    ) -> None:
        self._decoder = decoder
        self._on_message = on_message
        self._on_closed = on_closed
        self._on_writable = on_writable
        self._buffer = bytearray()
        self._transport: asyncio.Transport | None = None
        self._paused = False
        self.writable = True

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        stream = cast("asyncio.Transport", transport)  # uvloop's are no subclasses
        self._transport = stream
        stream.set_write_buffer_limits(high=_HIGH_WATER)
        if self._paused:
            stream.pause_reading()

    def send(self, message: Struct) -> None:
        """Send a message; lost when the other end is gone, which `on_closed` tells."""
        if self._transport is None or self._transport.is_closing():
            return
        body = ENCODER.encode(message)
        self._transport.write(len(body).to_bytes(_PREFIX, "big") + body)

    def pause(self, paused: bool) -> None:
        """Stop or go on reading: the other end is slowed through its socket."""
        if paused == self._paused:
            return
        self._paused = paused
        if self._transport is not None and not self._transport.is_closing():
            if paused:
                self._transport.pause_reading()
            else:
                self._transport.resume_reading()

    def close(self) -> None:
        """Close after what was sent has gone out."""
        if self._transport is not None:
            self._transport.close()

    def data_received(self, data: bytes) -> None:
        """Cut the stream into messages."""
        buffer = self._buffer
        buffer += data
        position = 0
        while len(buffer) - position >= _PREFIX:
            end = position + _PREFIX + int.from_bytes(buffer[position : position + _PREFIX], "big")
            if len(buffer) < end:
                break
            message = self._decoder.decode(memoryview(buffer)[position + _PREFIX : end])
            position = end
            self._on_message(message)
        del buffer[:position]

    def pause_writing(self) -> None:
        """The other end does not read."""
        self.writable = False
        self._on_writable()

    def resume_writing(self) -> None:
        """The other end reads again."""
        self.writable = True
        self._on_writable()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  why it is lost makes no difference
        """Tell the owner."""
        self._on_closed()
