"""Prompts and completions as texts, for runs that keep them."""

from __future__ import annotations

from typing import Any

import orjson

MAX_CHARACTERS = 16_384
# Of a completion while it arrives: what the longest text takes, and a credential at its end to be taken out whole.
MAX_SPOKEN_BYTES = 4 * MAX_CHARACTERS + 8_192


def prompt_of(payload: bytes) -> str:
    """Return what a request to an OpenAI API asks; the contents of messages are joined by an empty line."""
    body = orjson.loads(payload[payload.index(b"\r\n\r\n") + 4 :])
    if "prompt" in body:
        return str(body["prompt"])
    return "\n\n".join(_content(message.get("content")) for message in body["messages"])


def _content(content: Any) -> str:
    """Return the texts of a message: it has one, or parts of which some are texts."""
    if isinstance(content, list):
        parts = (part.get("text") for part in content if isinstance(part, dict))
        return "\n".join(part for part in parts if isinstance(part, str))
    return content if isinstance(content, str) else ""
