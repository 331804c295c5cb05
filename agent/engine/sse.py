"""Splits a byte stream into server-sent events by the rules of the WHATWG HTML standard, section 9.2.6."""

from __future__ import annotations

MAX_EVENT_BYTES = 16 * 1024 * 1024
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class SseError(Exception):
    """An event is larger than MAX_EVENT_BYTES."""


class SseSplitter:
    r"""Turns chunks, split anywhere, into the data of complete events.

    Lines end with \n, \r\n or \r and with nothing else (U+2028 is part of the data). Only `data` fields matter
    here: comments, `event`, `id`, `retry` and unknown fields are skipped, events without data are none. An event
    that the end of the stream cuts off is never returned. `resuming` tells that an event has begun and not ended.
    """

    __slots__ = ("_after_cr", "_data", "_held_bytes", "_line", "_opening", "resuming")

    def __init__(self) -> None:
        self._opening: bytes | None = b""  # first bytes, while they may still become a byte order mark
        self._line: list[bytes] = []  # pieces of the line that has not ended
        self._data: list[bytes] = []  # data fields of the event that has not ended
        self._after_cr = False  # the last byte was \r: a \n now would be part of the same line end
        self.resuming = False  # any of the three above holds something
        self._held_bytes = 0  # at least what _line and _data hold

    def feed(self, chunk: bytes) -> list[bytes]:
        """Return the data of the events that this chunk completes, in order.

        Raises:
            SseError: An event has become too large; the splitter cannot be used any more.
        """
        if self._opening is not None:
            chunk = self._opening + chunk
            if _BYTE_ORDER_MARK.startswith(chunk) and len(chunk) < len(_BYTE_ORDER_MARK):
                self._opening = chunk
                return []
            self._opening = None
            chunk = chunk.removeprefix(_BYTE_ORDER_MARK)
        size = len(chunk)
        if (
            not self.resuming
            and chunk.find(b"\n") == size - 2
            and chunk.startswith(b"data: ")
            and chunk.endswith(b"\n\n")
            and b"\r" not in chunk
        ):
            return [chunk[6:-2]]  # one event of one line: what a read of a stream usually brings
        events: list[bytes] = []
        if b"\r" in chunk or self._after_cr:
            self._take(self._with_newlines(chunk), events)
        else:
            if self.resuming:
                head, blank_line, chunk = chunk.partition(b"\n\n")
                self._take(head + blank_line, events)
            blocks = chunk.split(b"\n\n")
            rest = blocks.pop()
            for block in blocks:
                if block.startswith(b"data: ") and b"\n" not in block:
                    events.append(block[6:])
                else:
                    self._take(block + b"\n\n", events)
            if rest:
                self._take(rest, events)
        if self.resuming:
            self._bound(size, dispatched=bool(events))
        return events

    def _with_newlines(self, chunk: bytes) -> bytes:
        r"""Return the chunk with \n for every line end."""
        if self._after_cr and chunk:
            chunk = chunk.removeprefix(b"\n")
            self._after_cr = False
        if b"\r" in chunk:
            self._after_cr = chunk.endswith(b"\r")
            chunk = chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        return chunk

    def _take(self, text: bytes, events: list[bytes]) -> None:
        r"""Fold text, whose lines end with \n alone."""
        lines = text.split(b"\n")
        rest = lines.pop()
        if lines and self._line:
            lines[0] = b"".join(self._line) + lines[0]
            self._line.clear()
        if rest:
            self._line.append(rest)
        for line in lines:
            if not line:
                if self._data:
                    events.append(b"\n".join(self._data))
                    self._data.clear()
            elif line.startswith(b"data:"):
                self._data.append(line[6:] if line.startswith(b" ", 5) else line[5:])
            elif line == b"data":
                self._data.append(b"")
        self.resuming = bool(self._line or self._data or self._after_cr)

    def _bound(self, added: int, *, dispatched: bool) -> None:
        self._held_bytes = added if dispatched else self._held_bytes + added
        if self._held_bytes > MAX_EVENT_BYTES:
            self._held_bytes = sum(map(len, self._line)) + sum(map(len, self._data))
            if self._held_bytes > MAX_EVENT_BYTES:
                raise SseError(f"an event of the stream is larger than {MAX_EVENT_BYTES >> 20} MiB")
