"""JSON texts of the answers that came last, so that what many ask for is written once."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import NamedTuple

from gateway.conditional import tag_of

CAPACITY = 32 * 1024 * 1024
LARGEST = 2 * 1024 * 1024
_OVERHEAD = 500  # bytes an entry takes beside its key and its text: tables, the tag


class Text(NamedTuple):
    """A JSON text and its tag."""

    body: bytes
    tag: str


class Texts:
    """At most `capacity` bytes of texts by the bytes they were written from; what was used last stays.

    What a caller may see is for the controller to say, each time: only who has got the same bytes gets the text.
    """

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self._texts: OrderedDict[tuple[str, bytes], Text] = OrderedDict()
        self.size = 0  # bytes

    def of(self, kind: str, answer: bytes, write: Callable[[], bytes]) -> Text:
        """Return the text of an answer of some kind, which `write` writes if it is not there."""
        key = (kind, answer)
        text = self._texts.get(key)
        if text is not None:
            self._texts.move_to_end(key)
            return text
        body = write()
        text = Text(body, tag_of(body))
        if _size(key, text) <= LARGEST:
            self._texts[key] = text
            self.size += _size(key, text)
        while self.size > self._capacity:
            self.size -= _size(*self._texts.popitem(last=False))
        return text


def _size(key: tuple[str, bytes], text: Text) -> int:
    return len(key[1]) + len(text.body) + _OVERHEAD
