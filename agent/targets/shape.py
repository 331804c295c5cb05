"""The shape that the events of one stream share: everything but the generated text."""

from __future__ import annotations

import re

_TEXT_FIELD = re.compile(rb'"(content|text|reasoning_content|reasoning)": ?"([^"\\]+)"')
_SPOKEN_FIELDS = (b"content", b"text")
# A text with one of these is not what it looks like, or not in one event.
_telling = re.compile(rb'["\\\n\r]').search


class Shape:
    """Finds events that differ from a decoded one in nothing but the value of one string.

    Such an event has the same beginning and end and, between them, at least one byte but neither a quote nor a
    backslash. It need not be decoded, which saves most of the time that reading an answer takes.

    Attributes:
        spoken: Whether the texts are answer, not reasoning.
    """

    __slots__ = ("_head", "_seam", "_tail", "spoken")

    def __init__(self, before: bytes, after: bytes, *, spoken: bool) -> None:
        """Take what stands before and after the text in the data of an event."""
        self.spoken = spoken
        self._head = b"data: " + before
        self._tail = after + b"\n\n"
        self._seam = self._tail + self._head

    @classmethod
    def learn(cls, data: bytes, text: str) -> Shape | None:
        """Return the shape of an event that was decoded to a text, None if it is unclear where that stands."""
        found = _TEXT_FIELD.search(data)
        if found is None or found[2] != text.encode():
            return None
        return cls(data[: found.start(2)], data[found.end(2) :], spoken=found[1] in _SPOKEN_FIELDS)

    def split(self, stream: bytes) -> tuple[list[bytes], bytes]:
        """Return the texts of the events of this shape that a stream begins with, and the rest of the stream.

        The stream must begin where an event begins. No text is returned where one of them is in doubt.
        """
        if not stream.startswith(self._head):
            return [], stream
        texts = stream[len(self._head) :].split(self._seam)
        texts[-1], complete, rest = texts[-1].partition(self._tail)
        if not complete:
            rest = self._head + texts.pop()
        if not all(texts):
            return [], stream
        joined = texts[0] if len(texts) == 1 else b"".join(texts)
        if _telling(joined) or not (joined.isascii() or all(map(_is_utf8, texts))):
            return [], stream
        return texts, rest


def _is_utf8(text: bytes) -> bool:
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True
