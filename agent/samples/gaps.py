"""What lies between the events of streams (measurement.md, section 2), for many requests at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

STALL_FACTOR = 5
STALL_FLOOR_NS = 200_000_000


@dataclass(frozen=True, slots=True)
class Streams:
    """The events of some requests, one request after the other.

    `times_ns` are receive times, `tokens` the tokens of each event, `events_per_row` the number of events of each
    request and `starts_ns` its start.
    """

    times_ns: Ints
    tokens: Ints
    events_per_row: Ints
    starts_ns: Ints

    def row_of_event(self) -> Ints:
        """Return the position of the request of each event."""
        return np.repeat(np.arange(len(self.events_per_row)), self.events_per_row)

    def is_first(self) -> NDArray[np.bool_]:
        """Return for each event whether it is the first of its request."""
        first = np.zeros(len(self.times_ns), np.bool_)
        counts = self.events_per_row
        first[(np.cumsum(counts) - counts)[counts > 0]] = True
        return first

    def offsets_micros(self) -> Ints:
        """Return the time of each event since the start of its request, in whole microseconds."""
        return (self.times_ns - np.repeat(self.starts_ns, self.events_per_row)) // 1000

    def where(self, rows: NDArray[np.bool_]) -> Streams:
        """Return the requests for which `rows` is true."""
        events = np.repeat(rows, self.events_per_row)
        return Streams(self.times_ns[events], self.tokens[events], self.events_per_row[rows], self.starts_ns[rows])

    def with_tokens(self) -> Streams:
        """Return only the events that carry a token, so that the others' gaps add to the next one's."""
        carrying = self.tokens > 0
        counts = np.bincount(self.row_of_event()[carrying], minlength=len(self.events_per_row))
        return Streams(self.times_ns[carrying], self.tokens[carrying], counts.astype(np.int64), self.starts_ns)


def chunk_gaps(streams: Streams) -> Floats:
    """Return every gap between payload events, the first one (start to first event) included, in microseconds."""
    previous = np.roll(streams.times_ns, 1)
    first = streams.is_first()
    previous[first] = streams.starts_ns[streams.events_per_row > 0]
    return (streams.times_ns - previous) / 1000


def token_gaps(streams: Streams) -> tuple[Floats, Ints]:
    """Return the time per token of every gap but the first of each request, in microseconds, and its weight.

    A gap before an event of k tokens is k gaps of gap / k.
    """
    carrying = streams.with_tokens()
    later = ~carrying.is_first()
    gaps, tokens = chunk_gaps(carrying)[later], carrying.tokens[later]
    return gaps / tokens, tokens


def stalls(streams: Streams) -> tuple[Ints, Ints]:
    """Return for each request the number of its stalls and the longest of them in nanoseconds (0: none).

    A stall is a gap between two payload events above max(5 x median of those gaps, 200 ms). The wait for the
    first event is no stall: it is the time to first token.
    """
    rows = len(streams.events_per_row)
    counts, longest = np.zeros(rows, np.int64), np.zeros(rows, np.int64)
    gaps = np.diff(streams.times_ns, prepend=0)
    gaps[streams.is_first()] = 0
    ends = np.cumsum(streams.events_per_row)
    # Nearly no request has a gap above the floor, so the median is asked for few.
    for row in np.unique(streams.row_of_event()[gaps > STALL_FLOOR_NS]):
        own = gaps[ends[row] - streams.events_per_row[row] + 1 : ends[row]]
        stalled = own[own > max(STALL_FACTOR * float(np.median(own)), STALL_FLOOR_NS)]
        counts[row], longest[row] = len(stalled), stalled.max(initial=0)
    return counts, longest
