"""The columns of measured requests, the input of all metric math."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

# Numbers of SampleStatus in sample.proto.
OK, ERROR, CANCELLED, CENSORED = 1, 2, 3, 4
# Number of TokenSource in sample.proto for tokens that nobody but the events tells of.
TOKENS_ARE_EVENTS = 3


def is_counted(tokens: Ints) -> bool:
    """Return whether a sum of these means anything: somebody has counted some, or there is nothing to count."""
    return not len(tokens) or bool((tokens >= 0).any())


@dataclass(frozen=True, slots=True)
class SampleArrays:
    """One row per request, the same length in every array; -1 means "not defined".

    Times are microseconds; offsets count from the start of the level. `status`, `error_class` and `token_source`
    hold the numbers of the enums in sample.proto, those of newer agents included. `agent` is the position of the
    agent in the run's agent list, `lease` that of the lease in a list of leases of the level. `finish_reason` is
    an index into a list kept beside the arrays, -1 for none.
    """

    agent: Ints
    lease: Ints
    ordinal: Ints
    warmup: Ints
    scheduled_offset_micros: Ints
    start_offset_micros: Ints
    dns_micros: Ints
    connect_micros: Ints
    tls_micros: Ints
    ttft_micros: Ints
    ttfot_micros: Ints
    e2e_micros: Ints
    tpot_micros: Floats
    prompt_tokens: Ints
    completion_tokens: Ints
    reasoning_tokens: Ints
    cached_tokens: Ints
    first_event_tokens: Ints
    event_count: Ints
    token_source: Ints
    status: Ints
    error_class: Ints
    http_status: Ints
    client_delay_micros: Ints
    stall_count: Ints
    longest_stall_micros: Ints
    reused: Ints
    coalesced_reads: Ints
    read_count: Ints
    requested_tokens: Ints
    finish_reason: Ints

    def __len__(self) -> int:
        """Return the number of requests."""
        return len(self.ordinal)

    @property
    def connecting_micros(self) -> Ints:
        """What each request waited for a connection: resolution, TCP connect and TLS; 0 on one that was open."""
        return np.maximum(self.dns_micros, 0) + np.maximum(self.connect_micros, 0) + np.maximum(self.tls_micros, 0)

    def where(self, mask: Mask) -> SampleArrays:
        """Return the rows for which `mask` (bool, one per row) is true."""
        return SampleArrays(**{f.name: getattr(self, f.name)[mask] for f in fields(self)})

    def rows(self, first: int, last: int) -> SampleArrays:
        """Return the rows from `first` up to, not including, `last`, without copying them."""
        return SampleArrays(**{f.name: getattr(self, f.name)[first:last] for f in fields(self)})

    @classmethod
    def empty(cls) -> SampleArrays:
        """Return arrays of length zero."""
        none: dict[str, Any] = {f.name: np.zeros(0, np.int64) for f in fields(cls)}
        return cls(**none | {"tpot_micros": np.zeros(0, np.float64)})

    @classmethod
    def concatenate(cls, parts: list[SampleArrays]) -> SampleArrays:
        """Return the rows of all parts, in order."""
        if not parts:
            return cls.empty()
        return cls(**{f.name: np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(cls)})
