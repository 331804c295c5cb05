"""Folds the requests of a level, in whatever order they come, into what happened in each second.

A request is sent in the second of its start; all else of it happened in the second of its end. Memory is bounded
by the number of seconds: latencies are kept as counts of the buckets of a sketch (see `loadcell.stats.sketch`), so
percentiles have a relative error of at most 0.5 %.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from loadcell.stats.columns import ERROR, OK, Floats, Ints, Mask
from loadcell.stats.fold import Fold
from loadcell.stats.latency import MICROS_PER_MS
from loadcell.stats.quantiles import has_enough_values, nearest_rank
from loadcell.stats.sketch import GAMMA, Histogram
from loadcell.stats.ticks import TICK

MICROS = 1_000_000
TICKS = MICROS // TICK  # of a second
_LOG_GAMMA = math.log(GAMMA)
_BUCKETS = 8_192  # buckets of a second; the largest int64 falls into bucket 4,367
_PENDING = 500_000  # values that wait to be counted together
_PERCENTILES = (0.5, 0.95, 0.99)


@dataclass(frozen=True, slots=True)
class Requests:
    """Some measured requests, one entry each; microseconds, -1 where a latency or a count is not defined."""

    scheduled: Ints
    start: Ints
    e2e: Ints
    ttft: Ints
    tokens: Ints
    status: Ints


@dataclass(frozen=True, slots=True)
class Latency:
    """Latencies that ended in a second, milliseconds; None without values or with too few for the percentile."""

    count: int
    mean: float | None
    p50: float | None
    p95: float | None
    p99: float | None


@dataclass(frozen=True, slots=True)
class Second:
    """What happened in one second; `in_flight` is at its end."""

    second: int
    due: int
    sent: int
    succeeded: int
    failed: int
    in_flight: int
    output_tokens: int
    ttft: Latency
    e2e: Latency


class Seconds:
    """The seconds from `first` on, `count` of them, counted from the start of the level."""

    def __init__(self, first: int, count: int) -> None:
        self._first, self._count = first, count
        self._due, self._sent, self._ended, self._succeeded, self._failed, self._tokens = np.zeros(
            (6, count), np.int64
        )
        self._carried = 0  # begun before the first second and not ended by then
        self._ttft, self._e2e = _Latencies(count), _Latencies(count)

    def add(self, rows: Requests) -> None:
        """Add requests, each once; those that have nothing to do with these seconds change nothing."""
        # Clocks of several agents differ by some microseconds: nothing begins before the level.
        started = np.maximum(rows.start, 0) // MICROS - self._first
        ended = np.maximum(rows.start + np.maximum(rows.e2e, 0), 0) // MICROS - self._first
        self._tally(self._due, np.maximum(rows.scheduled, 0) // MICROS - self._first)
        self._tally(self._sent, started)
        self._tally(self._ended, ended)
        self._carried += int(((started < 0) & (ended >= 0)).sum())
        self._tally(self._failed, ended[rows.status == ERROR])
        inside = (rows.status == OK) & (ended >= 0) & (ended < self._count)
        second = ended[inside]
        self._tally(self._succeeded, second)
        np.add.at(self._tokens, second, np.maximum(rows.tokens[inside], 0))
        self._ttft.add(second, rows.ttft[inside])
        self._e2e.add(second, rows.e2e[inside])

    def add_fold(self, sums: Fold) -> None:
        """Add what requests add up to, each request once; CENSORED ones must not be among them."""
        ticks = sums.ticks
        # As above: nothing begins before the level.
        seconds = np.maximum(ticks.numbers, 0) // TICKS - self._first
        inside = (seconds >= 0) & (seconds < self._count)
        for counts, name in (
            (self._due, "due"),
            (self._sent, "started"),
            (self._ended, "ended"),
            (self._succeeded, "ok"),
            (self._failed, "failed"),
            (self._tokens, "output"),
        ):
            np.add.at(counts, seconds[inside], ticks.column(name)[inside])
        before = seconds < 0
        self._carried += int(ticks.column("started")[before].sum() - ticks.column("ended")[before].sum())
        for metric, latencies in (("ttft", self._ttft), ("e2e", self._e2e)):
            for (name, second), histogram in sums.seconds.items():
                if name == metric and 0 <= second - self._first < self._count:
                    latencies.add_histogram(second - self._first, histogram)

    def __iter__(self) -> Iterator[Second]:
        in_flight = self._carried + np.cumsum(self._sent) - np.cumsum(self._ended)
        columns = (self._due, self._sent, self._succeeded, self._failed, in_flight, self._tokens)
        numbers = zip(*(column.tolist() for column in columns), strict=True)
        for second, (row, ttft, e2e) in enumerate(zip(numbers, self._ttft, self._e2e, strict=True), self._first):
            due, sent, succeeded, failed, flying, tokens = row
            yield Second(second, due, sent, succeeded, failed, flying, tokens, ttft, e2e)

    def _tally(self, counts: Ints, seconds: Ints) -> None:
        inside: Mask = (seconds >= 0) & (seconds < self._count)
        counts += np.bincount(seconds[inside], minlength=self._count)


class _Latencies:
    """Latencies by second, as counts of (second, bucket), both in one number."""

    def __init__(self, count: int) -> None:
        self._sums = np.zeros(count, np.int64)
        self._keys, self._counts = np.zeros(0, np.int64), np.zeros(0, np.int64)
        self._pending: list[tuple[Ints, Ints]] = []
        self._waiting = 0

    def add(self, second: Ints, micros: Ints) -> None:
        defined = micros >= 0
        second, micros = second[defined], micros[defined]
        np.add.at(self._sums, second, micros)
        # Less than a microsecond is one: there is no bucket for nothing.
        bucket = np.ceil(np.log(np.maximum(micros, 1)) / _LOG_GAMMA).astype(np.int64)
        self._wait(second * _BUCKETS + bucket, np.ones(len(second), np.int64))

    def add_histogram(self, second: int, histogram: Histogram) -> None:
        """Add the latencies of a second, microseconds."""
        self._sums[second] += histogram.sum
        self._wait(second * _BUCKETS + histogram.buckets, histogram.counts)
        # As above: less than a microsecond is one.
        self._wait(np.array([second * _BUCKETS]), np.array([histogram.zero_count]))

    def _wait(self, keys: Ints, counts: Ints) -> None:
        self._pending.append((keys, counts))
        self._waiting += len(keys)
        if self._waiting > _PENDING:
            self._settle()

    def _settle(self) -> None:
        keys = np.concatenate([self._keys, *(keys for keys, _ in self._pending)])
        counts = np.concatenate([self._counts, *(counts for _, counts in self._pending)])
        self._keys, places = np.unique(keys[counts > 0], return_inverse=True)
        self._counts = np.zeros(len(self._keys), np.int64)
        np.add.at(self._counts, places, counts[counts > 0])
        self._pending, self._waiting = [], 0

    def __iter__(self) -> Iterator[Latency]:
        self._settle()
        ends = np.searchsorted(self._keys, np.arange(len(self._sums) + 1) * _BUCKETS)
        values: Floats = np.exp(self._keys % _BUCKETS * _LOG_GAMMA + math.log(2 / (1 + GAMMA))) / MICROS_PER_MS
        for second, total in enumerate(self._sums.tolist()):
            of_second = slice(ends[second], ends[second + 1])
            yield _latency(values[of_second], self._counts[of_second], total)


def _latency(values: Floats, counts: Ints, sum_micros: int) -> Latency:
    cumulated = np.cumsum(counts)
    count = int(cumulated[-1]) if len(cumulated) else 0
    if not count:
        return Latency(0, None, None, None, None)
    ranks = [nearest_rank(q, count) if has_enough_values(q, count) else None for q in _PERCENTILES]
    found = [None if rank is None else float(values[np.searchsorted(cumulated, rank)]) for rank in ranks]
    return Latency(count, sum_micros / count / MICROS_PER_MS, *found)
