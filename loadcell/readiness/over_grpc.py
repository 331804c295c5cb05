"""Whether a gRPC server on this machine serves: one call of grpc.health.v1, in its frames of HTTP/2.

gRPC's own library takes longer to import than this call does by a hundred times, and can speak TLS only to those
whose certificate it can verify, which a process does not know of its own.
"""

from __future__ import annotations

import socket
import ssl
from typing import Final

from loadcell.readiness.connecting import connect, why
from loadcell.readiness.verdict import NotReadyError
from loadcell.settings import Address

# Frames of RFC 9113, section 6.
_DATA, _HEADERS, _SETTINGS, _GOAWAY = 0, 1, 4, 7
_END_STREAM, _END_HEADERS = 0x1, 0x4
_FRAME_HEAD: Final = 9
_MOST_FRAME_BYTES: Final = 16_384  # as long as nothing else is agreed
_MOST_FRAMES: Final = 32  # before the answer; there are about four
_PREFACE: Final = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_STREAM: Final = 1

_HEAD: Final = {
    ":method": "POST",
    ":scheme": "http",
    ":path": "/grpc.health.v1.Health/Check",
    ":authority": "localhost",
    "te": "trailers",
    "content-type": "application/grpc",
}
_NOTHING: Final = b"\0\0\0\0\0"  # an empty message of gRPC: not compressed, no bytes
_SERVING: Final = b"\0\0\0\0\2\x08\x01"  # HealthCheckResponse(status=SERVING)


def ask(name: str, address: Address, tls: ssl.SSLContext | None) -> str:
    """Ask whether the server as a whole serves; return where it does.

    Args:
        name: The setting that says where it listens.
        address: Where it listens.
        tls: What to speak TLS with.

    Raises:
        NotReadyError: It does not, or nobody answers.
    """
    if tls is not None:
        tls.set_alpn_protocols(["h2"])
    try:
        with connect(name, address, tls) as connection:
            connection.sendall(_question())
            answer = _answer(connection)
    except OSError as error:
        raise NotReadyError(f"{name}={address} does not answer as gRPC does: {why(error)}") from error
    if answer != _SERVING:
        raise NotReadyError(f"{name}={address} answers, but takes no calls now")
    return f"{name}={address}"


def _question() -> bytes:
    head = b"".join(_field(name, value) for name, value in _HEAD.items())
    return b"".join(
        (
            _PREFACE,
            _frame(_SETTINGS, 0, 0, b""),
            _frame(_HEADERS, _END_HEADERS, _STREAM, head),
            _frame(_DATA, _END_STREAM, _STREAM, _NOTHING),
        )
    )


def _frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    return len(payload).to_bytes(3, "big") + bytes((kind, flags)) + stream.to_bytes(4, "big") + payload


def _field(name: str, value: str) -> bytes:
    """Encode a field as it is (RFC 7541, section 6.2.2); each is shorter than 127 bytes."""
    return b"\0" + b"".join(bytes((len(text),)) + text.encode() for text in (name, value))


def _answer(connection: socket.socket) -> bytes:
    """Return the message of the answer, empty when there is none.

    Raises:
        OSError: The connection breaks off, or what comes is no HTTP/2.
    """
    for _ in range(_MOST_FRAMES):
        head = _exactly(connection, _FRAME_HEAD)
        length, kind, flags = int.from_bytes(head[:3], "big"), head[3], head[4]
        if length > _MOST_FRAME_BYTES:
            break
        payload = _exactly(connection, length)
        if kind == _DATA:
            return payload
        if kind == _GOAWAY or (kind == _HEADERS and flags & _END_STREAM):
            return b""
    raise OSError("no answer of HTTP/2")


def _exactly(connection: socket.socket, count: int) -> bytes:
    received = b""
    while len(received) < count:
        piece = connection.recv(count - len(received))
        if not piece:
            raise ConnectionResetError("the connection was closed")
        received += piece
    return received
