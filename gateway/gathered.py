"""Connections that send together what is written in one turn of the event loop."""

from __future__ import annotations

import asyncio
from typing import Any

MOST_BYTES = 64 * 1024  # wait for the end of a turn; with more the client's speed has to be felt at once


class Gathered:
    """A transport of asyncio around another.

    The head of an answer and its body are written one after the other. Sent apart they are two system calls and
    wake the client twice, the first time for nothing: a sixth of the gateway's time for an answer that is kept.
    """

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._written: list[bytes] = []
        self._bytes = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        """Send some bytes, at the end of this turn at the latest."""
        if not self._written:
            self._loop.call_soon(self._send)
        self._written.append(data)
        self._bytes += len(data)
        if self._bytes > MOST_BYTES:
            self._send()

    def write_eof(self) -> None:
        """Send nothing more after what is written."""
        self._send()
        self._transport.write_eof()

    def close(self) -> None:
        """Close the connection after what is written."""
        self._send()
        self._transport.close()

    def _send(self) -> None:
        if self._written and not self._transport.is_closing():
            self._transport.writelines(self._written)
        self._written, self._bytes = [], 0
