"""What is asked in one request, already encoded."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Prompt:
    """Exactly one of the two is set: a JSON string, or a JSON list of chat messages.

    `tokens` is the local count of tokens, -1 when unknown.
    """

    text_json: bytes | None = None
    messages_json: bytes | None = None
    tokens: int = -1

    def __post_init__(self) -> None:
        if (self.text_json is None) == (self.messages_json is None):
            raise ValueError("a prompt is either a text or a list of messages")
