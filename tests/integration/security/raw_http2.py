"""A call of gRPC byte by byte: gRPC's own client refuses to send what others may (RFC 9113, RFC 7541)."""

from __future__ import annotations

import asyncio
import contextlib
import struct
from collections.abc import AsyncIterator, Iterable

from tests.patience import PATIENCE_SECONDS

_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_DATA, _HEADERS, _RST_STREAM, _SETTINGS, _GOAWAY, _CONTINUATION = 0, 1, 3, 4, 7, 9
_END_STREAM, _ACK, _END_HEADERS = 1, 1, 4
_FRAME_BYTES = 16_384
_STREAM = 1

Headers = Iterable[tuple[bytes, bytes]]


async def answered(address: str, path: str, headers: Headers, message: bytes = b"") -> bytes:
    """Call a method; return the data of its answer, which is empty exactly when the call was refused."""
    host, _, port = address.rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            with contextlib.suppress(ConnectionError):  # whoever is refused in the middle is cut off
                writer.write(_PREFACE + _frame(_SETTINGS, 0, 0, b"") + b"".join(_call(path, headers, message)))
                await writer.drain()
            return b"".join([data async for data in _answer(reader, writer)])
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


def _call(path: str, headers: Headers, message: bytes) -> Iterable[bytes]:
    usual = {
        b":method": b"POST",
        b":scheme": b"http",
        b":path": path.encode(),
        b":authority": b"localhost",
        b"content-type": b"application/grpc",
        b"te": b"trailers",
    }
    block = b"".join(_text(name, value) for name, value in [*usual.items(), *headers])
    pieces = [block[start : start + _FRAME_BYTES] for start in range(0, len(block), _FRAME_BYTES)]
    for number, piece in enumerate(pieces):
        last = _END_HEADERS if number == len(pieces) - 1 else 0
        yield _frame(_CONTINUATION if number else _HEADERS, last, _STREAM, piece)
    yield _frame(_DATA, _END_STREAM, _STREAM, b"\0" + struct.pack(">I", len(message)) + message)


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> AsyncIterator[bytes]:
    with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
        while True:
            head = await reader.readexactly(9)
            size, kind, flags = int.from_bytes(head[:3]), head[3], head[4]
            stream, payload = int.from_bytes(head[5:]) & 0x7FFFFFFF, await reader.readexactly(size)
            if kind == _SETTINGS and not flags & _ACK:
                writer.write(_frame(_SETTINGS, _ACK, 0, b""))
            elif kind == _DATA and stream == _STREAM:
                yield payload
            if kind == _GOAWAY or (kind == _RST_STREAM and stream == _STREAM):
                return
            if kind in (_DATA, _HEADERS) and stream == _STREAM and flags & _END_STREAM:
                return


def _frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    return len(payload).to_bytes(3) + bytes((kind, flags)) + stream.to_bytes(4) + payload


def _text(name: bytes, value: bytes) -> bytes:
    return b"\x00" + _length(len(name)) + name + _length(len(value)) + value  # literal, not to be remembered


def _length(number: int) -> bytes:
    if number < 127:
        return bytes((number,))
    number -= 127
    out = bytearray((127,))
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)
