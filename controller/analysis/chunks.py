"""The server-sent events of an OpenAI-compatible chat completion. Pure: bytes in, texts out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson

MAX_LINE_BYTES = 1 << 20
_DATA = b"data:"
_END = b"[DONE]"


class ChunkError(Exception):
    """The stream is not what it should be; the text says why."""


@dataclass(frozen=True, slots=True)
class Delta:
    """What one event adds: text that is said, or the notice that the model thinks."""

    content: str = ""
    thought: bool = False


class Chunks:
    """The events of a stream that arrives in pieces, cut anywhere."""

    def __init__(self) -> None:
        self._rest = b""
        self.complete = False  # the model has come to its end

    def feed(self, data: bytes) -> Iterator[Delta]:
        """Yield what the events add that are whole now.

        Raises:
            ChunkError: An event says that the model failed, or cannot be read.
        """
        *lines, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) > MAX_LINE_BYTES:
            raise ChunkError(f"an event is longer than {MAX_LINE_BYTES:,} bytes")
        for line in lines:
            if line.startswith(_DATA):
                yield from self._event(line.removeprefix(_DATA).strip())

    def _event(self, event: bytes) -> Iterator[Delta]:
        if event == _END:
            self.complete = True
            return
        try:
            chunk = orjson.loads(event)
        except orjson.JSONDecodeError:
            raise ChunkError("an event is not JSON") from None
        if not isinstance(chunk, dict):
            raise ChunkError("an event is no JSON object")
        if chunk.get("error"):
            raise ChunkError("the model failed while it wrote")
        for choice in _dicts(chunk.get("choices"))[:1]:  # none: an event about usage
            self.complete = self.complete or bool(choice.get("finish_reason"))
            delta = choice.get("delta")
            if isinstance(delta, dict):
                yield from _added(delta)


def _added(delta: dict[str, Any]) -> Iterator[Delta]:
    if any(isinstance(delta.get(name), str) and delta[name] for name in ("reasoning_content", "reasoning")):
        yield Delta(thought=True)
    content = delta.get("content")
    if isinstance(content, str) and content:
        yield Delta(content)


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
