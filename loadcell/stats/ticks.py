"""What happened to requests in each tick, a tenth of a second, as sums that can be added up.

Rates between two ends of ticks are exact, those of tokens as well: the tokens of a request are spread evenly from
its first to its last, so that what has come by a time is a sum of ramps, of which their slopes are enough.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from loadcell.stats.columns import CENSORED, ERROR, OK, Floats, Ints, Mask, SampleArrays
from loadcell.stats.window import end_offsets

TICK = 100_000
"""Length in microseconds."""
COUNTED = ("due", "started", "sent", "ready", "ended", "ok", "failed", "good", "output", "input", "at_once")
"""Columns of counts. `output` are tokens by the end of their request, `input` prompt tokens by the first token,
`at_once` output tokens of requests whose tokens all came at one moment."""
_FLOWS = ("begin", "begin_offset", "end", "end_offset")  # slopes, and slopes times offset in the tick
_PLACE = {name: position for position, name in enumerate(COUNTED)}


@dataclass(frozen=True, slots=True, eq=False)
class Ticks:
    """Ticks in which something happened: `numbers` (ascending) since the start of the level, a row for each."""

    numbers: Ints
    counts: Ints  # (ticks, COUNTED)
    flows: Floats  # (ticks, _FLOWS), tokens per microsecond, and tokens

    def column(self, name: str) -> Ints:
        """Return a column of counts."""
        column: Ints = self.counts[:, _PLACE[name]]
        return column

    def count(self, name: str, first: int, end: int) -> int:
        """Return the sum of a column from a tick up to, and without, another."""
        low, high = np.searchsorted(self.numbers, (first, end))
        return int(self.counts[low:high, _PLACE[name]].sum())

    def tokens(self, first: int, end: int) -> float:
        """Return the output tokens that came from a tick up to, and without, another."""
        return self._tokens_before(end) - self._tokens_before(first) + self.count("at_once", first, end)

    def moved(self, ticks: int) -> Ticks:
        """Return the same, so many ticks later."""
        return Ticks(self.numbers + ticks, self.counts, self.flows)

    def _tokens_before(self, end: int) -> float:
        before = int(np.searchsorted(self.numbers, end))
        lengths = (end - self.numbers[:before]) * float(TICK)
        begin, begin_offset, stop, stop_offset = self.flows[:before].T
        return float((lengths * (begin - stop) - begin_offset + stop_offset).sum())


NO_TICKS = Ticks(
    np.zeros(0, np.int64), np.zeros((0, len(COUNTED)), np.int64), np.zeros((0, len(_FLOWS)), np.float64)
)


def count_ticks(rows: SampleArrays, good: Mask) -> Ticks:
    """Return the ticks of some requests; `good` are those that met every objective."""
    ok, sent = rows.status == OK, rows.status != CENSORED
    starts, ends = rows.start_offset_micros, end_offsets(rows)
    answered = ok & (rows.completion_tokens > 0)
    first_token = starts + np.where(rows.ttft_micros >= 0, rows.ttft_micros, rows.e2e_micros)
    last_token = starts + rows.e2e_micros
    spread = answered & (last_token > first_token)
    once = answered & ~spread
    slopes = rows.completion_tokens[spread] / (last_token - first_token)[spread]
    ones = np.ones(len(rows), np.int64)
    counted: list[tuple[Ints, Ints]] = [
        (rows.scheduled_offset_micros, ones),
        (starts, ones),
        (starts[sent], ones[sent]),
        ((starts - rows.connecting_micros)[sent], ones[sent]),
        (ends, ones),
        (ends[ok], ones[ok]),
        (ends[rows.status == ERROR], ones[rows.status == ERROR]),
        (ends[good], ones[good]),
        (ends[ok], np.maximum(rows.completion_tokens[ok], 0)),
        (first_token[ok], np.maximum(rows.prompt_tokens[ok], 0)),
        (last_token[once], rows.completion_tokens[once]),
    ]
    flowing: list[tuple[Ints, Floats]] = []
    for offsets in (first_token[spread], last_token[spread]):
        flowing += [(offsets, slopes), (offsets, slopes * (offsets % TICK))]
    numbers, places = np.unique(
        np.concatenate([offsets for offsets, _ in counted] + [offsets for offsets, _ in flowing]) // TICK,
        return_inverse=True,
    )
    counts = np.zeros((len(numbers), len(COUNTED)), np.int64)
    flows = np.zeros((len(numbers), len(_FLOWS)), np.float64)
    at = 0
    for table, columns in ((counts, counted), (flows, flowing)):
        for column, (offsets, weights) in enumerate(columns):
            np.add.at(table[:, column], places[at : at + len(offsets)], weights)
            at += len(offsets)
    return Ticks(numbers, counts, flows)


def merge_ticks(parts: list[Ticks]) -> Ticks:
    """Return the ticks of all requests of some ticks."""
    if len(parts) == 1:
        return parts[0]
    numbers, places = np.unique(
        np.concatenate([NO_TICKS.numbers, *(p.numbers for p in parts)]), return_inverse=True
    )
    counts = np.zeros((len(numbers), len(COUNTED)), np.int64)
    flows = np.zeros((len(numbers), len(_FLOWS)), np.float64)
    np.add.at(counts, places, np.concatenate([NO_TICKS.counts, *(p.counts for p in parts)]))
    np.add.at(flows, places, np.concatenate([NO_TICKS.flows, *(p.flows for p in parts)]))
    return Ticks(numbers, counts, flows)
