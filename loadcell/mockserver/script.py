"""The bytes of a response and when each piece is due: pure, so a test can read a whole response ahead of time."""

from collections.abc import Iterator
from http import HTTPStatus

from loadcell.mockserver.behavior import Behavior, Fault, due_seconds
from loadcell.mockserver.dialect import Completion

CUT = b""
_STREAM_HEAD = (
    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\ncache-control: no-cache\r\n"
    b"transfer-encoding: chunked\r\n\r\n"
)
_END_OF_BODY = b"0\r\n\r\n"


def head(status: int, length: int, extra: bytes = b"", kind: bytes = b"application/json") -> bytes:
    """Return the head of a response of a media type; `extra` holds whole header lines."""
    phrase = HTTPStatus(status).phrase.encode()
    return b"HTTP/1.1 %d %b\r\ncontent-type: %b\r\ncontent-length: %d\r\n%b\r\n" % (
        status,
        phrase,
        kind,
        length,
        extra,
    )


def whole(response: Completion, *, stream: bool) -> bytes:
    """Return a response that needs no pacing as one piece."""
    if not stream:
        document = response.document()
        return head(200, len(document)) + document
    payload = b"".join(
        response.payload(reasoning=reasoning, tokens=tokens) * count
        for reasoning, tokens, count in response.event_sizes()
    )
    return _STREAM_HEAD + response.opening() + payload + response.closing() + _END_OF_BODY


def script(
    behavior: Behavior, response: Completion, ordinal: int, fault: Fault, *, stream: bool
) -> Iterator[tuple[float, bytes]]:
    """Yield the pieces of a paced response with the time each is due.

    Args:
        behavior: The server's behavior.
        response: What is said.
        ordinal: Number of the request, for the jitter.
        fault: How it goes wrong.
        stream: Whether it is sent as server-sent events.

    Yields:
        Seconds since the request came (never decreasing) and bytes; CUT stands for dropping the connection.
    """
    count = sum(run for _, _, run in response.event_sizes())
    half = count // 2
    stall = behavior.stall_ms / 1000 if fault is Fault.STALL else 0.0
    if not stream:
        document = response.document()
        due = due_seconds(behavior, ordinal, max(count - 1, 0)) + stall
        if fault is Fault.TRUNCATE:
            yield due, head(200, len(document)) + document[: len(document) // 2]
            yield due, CUT
        else:
            yield due, head(200, len(document)) + document
        return
    yield 0.0, _STREAM_HEAD + response.opening()
    index = 0
    due = 0.0
    for reasoning, tokens, run in response.event_sizes():
        event = response.payload(reasoning=reasoning, tokens=tokens)
        for _ in range(run):
            if index == half and fault in {Fault.TRUNCATE, Fault.ERROR_EVENT}:
                if fault is Fault.TRUNCATE:
                    yield due, CUT
                else:
                    yield due, response.failure() + _END_OF_BODY
                return
            due = due_seconds(behavior, ordinal, index) + (stall if index >= half else 0.0)
            yield due, event
            index += 1
    yield due, response.closing() + _END_OF_BODY
