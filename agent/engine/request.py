"""One request, ready to be sent."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PreparedRequest:
    """`payload` is the complete HTTP/1.1 request; the other fields are handed on to the sample.

    `scheduled_ns` is on the worker's monotonic clock. `prompt_tokens` is the local count of the prompt, used when
    the server does not count; -1 when unknown.
    """

    ordinal: int
    warmup: bool
    scheduled_ns: int
    payload: bytes
    requested_tokens: int
    prompt_tokens: int = -1
