"""What one response has said so far."""

from __future__ import annotations

from dataclasses import dataclass, field

from agent.targets.shape import Shape

MAX_COUNT = 2**31 - 1


@dataclass(slots=True)
class Answer:
    """Filled by a dialect, event by event or from a whole body.

    `times_ns` and `weights` have one entry per payload event: its receive time and the bytes of its text. Counts
    are -1 until the server has told them. `error` is the text of an error the server reported inside a successful
    response, `problem` says what could not be understood; both are unsanitized and None when there was none.
    `text` gathers what was generated, over all channels, in UTF-8, and `spoken` what is no reasoning; None when
    nobody wants it. `shape` is that of the last payload event, None where an event must be decoded to be
    understood.
    """

    times_ns: list[int] = field(default_factory=list)
    weights: list[int] = field(default_factory=list)
    first_answer_ns: int = -1
    has_payload: bool = False
    reasoning_seen: bool = False
    terminated: bool = False
    finish_reason: str = ""
    prompt_tokens: int = -1
    completion_tokens: int = -1
    reasoning_tokens: int = -1
    cached_tokens: int = -1
    error: str | None = None
    problem: str | None = None
    text: bytearray | None = None
    spoken: bytearray | None = None
    shape: Shape | None = None

    def take_texts(self, stream: bytes, stamp_ns: int) -> bytes:
        """Fold the events that a stream begins with and whose shape is known; return the rest of the stream."""
        if self.shape is None:
            return stream
        texts, rest = self.shape.split(stream)
        self.times_ns += [stamp_ns] * len(texts)
        self.weights += map(len, texts)
        if self.text is not None:
            self.text += b"".join(texts)
        if self.spoken is not None and self.shape.spoken:
            self.spoken += b"".join(texts)
        return rest
