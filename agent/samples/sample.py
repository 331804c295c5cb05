"""One finished request as the engine reports it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Uncounted:
    """What is needed to count the tokens of a response that nobody has counted.

    `text` is what was generated, in UTF-8; `weights` are the bytes of it in each payload event.
    """

    text: bytes
    weights: list[int]


@dataclass(slots=True)
class Sample:
    """Times are nanoseconds on the worker's monotonic clock, durations nanoseconds; -1 means "not defined".

    `status`, `error_class` and `token_source` are the enum numbers of sample.proto. `event_times_ns` are the
    payload events' receive times and `event_tokens` their tokens (equal lengths; empty when not streamed).
    `uncounted` is for a tokenizer, where there is one and the server has not counted. `texts` are prompt and
    completion, for runs that keep them.
    """

    ordinal: int
    warmup: bool
    scheduled_ns: int
    start_ns: int
    requested_tokens: int
    dns_ns: int = -1
    connect_ns: int = -1
    tls_ns: int = -1
    first_ns: int = -1  # receive time of the first payload event
    first_answer_ns: int = -1  # receive time of the first payload event that is not reasoning
    end_ns: int = -1  # receive time of the last payload event; failures: when the failure was seen
    prompt_tokens: int = -1
    completion_tokens: int = -1
    reasoning_tokens: int = -1
    cached_tokens: int = -1
    token_source: int = 0
    status: int = 0
    error_class: int = 0
    http_status: int = 0
    error_message: str = ""
    finish_reason: str = ""
    client_delay_ns: int = 0
    reused: bool = False
    coalesced_reads: int = 0
    read_count: int = 0
    event_times_ns: list[int] | tuple[()] = ()
    event_tokens: list[int] | tuple[()] = ()
    uncounted: Uncounted | None = None
    texts: tuple[str, str] | None = None
