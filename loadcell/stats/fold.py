"""Requests folded into sums and sketches, from which the result of a level can be told without them.

Adding folds is exact in whatever order it happens (the slopes of `ticks` aside, which are floats), so a level may
be folded batch by batch. Percentiles then have the relative error of a sketch, and windows end with a tick.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from loadcell.stats.columns import CANCELLED, CENSORED, ERROR, OK, Floats, Ints, Mask, SampleArrays
from loadcell.stats.goodput import Objectives, assess
from loadcell.stats.sketch import Histogram, bucket_counts, merge
from loadcell.stats.ticks import NO_TICKS, TICK, Ticks, count_ticks, merge_ticks
from loadcell.stats.window import end_offsets

SECOND = 1_000_000
NANOS = 1_000  # of a microsecond: tpot is sketched in nanoseconds, so that its sums are whole numbers
_OF_SECONDS = ("ttft", "e2e")


@dataclass(frozen=True, slots=True, eq=False)
class Fold:
    """Sums of measured requests.

    Attributes:
        counts: requests and tokens by what they are, see `_counts`.
        extremes: microseconds; the smallest of what begins with "first", the largest of the others.
        errors: failures by number of ErrorClass.
        finish_reasons: successes by the reason for their end.
        token_sources: successes by number of TokenSource.
        sketches: distributions by metric, microseconds; `tpot` in nanoseconds.
        seconds: `ttft` and `e2e` of successes by the second in which they ended.
        ticks: what happened when.
    """

    counts: Counter[str] = field(default_factory=Counter)
    extremes: Mapping[str, int] = field(default_factory=dict)
    errors: Counter[int] = field(default_factory=Counter)
    finish_reasons: Counter[str] = field(default_factory=Counter)
    token_sources: Counter[int] = field(default_factory=Counter)
    sketches: Mapping[str, Histogram] = field(default_factory=dict)
    seconds: Mapping[tuple[str, int], Histogram] = field(default_factory=dict)
    ticks: Ticks = NO_TICKS

    def __len__(self) -> int:
        """Return the number of requests."""
        return self.counts["total"]

    def sketch(self, metric: str) -> Histogram:
        """Return the distribution of a metric; that of `ttft` and `e2e` is made of their seconds."""
        if metric in _OF_SECONDS:
            return merge(histogram for (name, _), histogram in self.seconds.items() if name == metric)
        return self.sketches.get(metric, Histogram())

    def later(self, micros: int) -> Fold:
        """Return the fold of the same requests, so much later, as exactly as ticks and seconds can tell."""
        if not micros:
            return self
        seconds = round(micros / SECOND)
        times = {name: value + (0 if name in _LENGTHS else micros) for name, value in self.extremes.items()}
        return replace(
            self,
            extremes=times,
            seconds={(name, second + seconds): found for (name, second), found in self.seconds.items()},
            ticks=self.ticks.moved(round(micros / TICK)),
        )


_LENGTHS = ("longest_stall", "longest_request")


def fold(rows: SampleArrays, finish_reasons: Sequence[str], objectives: Objectives) -> Fold:
    """Return the fold of measured requests whose offsets count from the start of their lease.

    Args:
        rows: the requests; `finish_reason` points into `finish_reasons`.
        finish_reasons: words.
        objectives: of the run, possibly none.
    """
    if not len(rows):
        return Fold()
    ok = rows.status == OK
    judged = assess(rows, objectives)
    met = {"ttft": judged.ttft_satisfied, "tpot": judged.tpot_satisfied, "e2e": judged.e2e_satisfied}
    counts = _counts(rows, ok)
    counts.update({f"good_{name}": count for name, count in met.items() if count})
    counts["good"] = judged.satisfied
    reasons = _tally(rows.finish_reason[ok & (rows.finish_reason >= 0)])
    return Fold(
        counts=+counts,
        extremes=_extremes(rows),
        errors=_tally(rows.error_class[rows.status == ERROR]),
        finish_reasons=Counter({finish_reasons[number]: count for number, count in reasons.items()}),
        token_sources=_tally(rows.token_source[ok]),
        sketches=_sketches(rows, ok),
        seconds=_seconds(rows, ok),
        ticks=count_ticks(rows, judged.good),
    )


def merge_folds(parts: Iterable[Fold]) -> Fold:
    """Return the fold of all requests of some folds."""
    folds = [part for part in parts if len(part)]
    if len(folds) == 1:
        return folds[0]
    whole = Fold()
    extremes: dict[str, int] = {}
    sketches: defaultdict[str, list[Histogram]] = defaultdict(list)
    seconds: defaultdict[tuple[str, int], list[Histogram]] = defaultdict(list)
    for part in folds:
        for counter, more in (
            (whole.counts, part.counts),
            (whole.errors, part.errors),
            (whole.finish_reasons, part.finish_reasons),
            (whole.token_sources, part.token_sources),
        ):
            counter.update(more)  # type: ignore[arg-type]
        for name, value in part.extremes.items():
            better = min if name.startswith("first") else max
            extremes[name] = better(value, extremes.get(name, value))
        for metric, histogram in part.sketches.items():
            sketches[metric].append(histogram)
        for key, histogram in part.seconds.items():
            seconds[key].append(histogram)
    return replace(
        whole,
        extremes=extremes,
        sketches={metric: merge(histograms) for metric, histograms in sketches.items()},
        seconds={key: merge(histograms) for key, histograms in seconds.items()},
        ticks=merge_ticks([part.ticks for part in folds]),
    )


def _counts(rows: SampleArrays, ok: Mask) -> Counter[str]:
    sent = rows.status != CENSORED
    cached = ok & (rows.cached_tokens >= 0)
    return Counter(
        total=len(rows),
        ok=int(ok.sum()),
        error=int((rows.status == ERROR).sum()),
        cancelled=int((rows.status == CANCELLED).sum()),
        censored=int((~sent).sum()),
        sent=int(sent.sum()),
        reused=int((rows.reused[sent] > 0).sum()),
        reads=_total(rows.read_count[sent]),
        coalesced_reads=_total(rows.coalesced_reads[sent]),
        stalled=int((rows.stall_count > 0).sum()),
        prompt_tokens=_total(rows.prompt_tokens[ok]),
        prompt_counted=int((rows.prompt_tokens[ok] >= 0).sum()),
        completion_tokens=_total(rows.completion_tokens[ok]),
        completion_counted=int((rows.completion_tokens[ok] >= 0).sum()),
        requested_tokens=_total(rows.requested_tokens[ok]),
        events=_total(rows.event_count[ok]),
        event_tokens=_total(rows.completion_tokens[ok & (rows.event_count > 0)]),
        cached_tokens=_total(rows.cached_tokens[cached]),
        cached_of_tokens=_total(rows.prompt_tokens[cached]),
    )


def _extremes(rows: SampleArrays) -> dict[str, int]:
    sent = rows.status != CENSORED
    starts = rows.start_offset_micros
    extremes = {
        "first_start": int(starts.min()),
        "last_start": int(starts.max()),
        "last_end": int(end_offsets(rows).max()),
        "longest_request": int(rows.e2e_micros.max()),
        "longest_stall": int(rows.longest_stall_micros.max()),
    }
    if sent.any():
        extremes["last_sent"] = int(starts[sent].max())
        extremes["last_ready"] = int((starts - rows.connecting_micros)[sent].max())
        extremes["last_sent_end"] = int(end_offsets(rows)[sent].max())
    return extremes


def _sketches(rows: SampleArrays, ok: Mask) -> dict[str, Histogram]:
    sent = rows.status != CENSORED
    delay = np.maximum(rows.start_offset_micros - rows.scheduled_offset_micros, 0)
    ready = np.maximum(rows.start_offset_micros - rows.connecting_micros - rows.scheduled_offset_micros, 0)
    answered = ok & (rows.e2e_micros >= 0)
    values: dict[str, Ints | Floats] = {
        "ttfot": rows.ttfot_micros[ok & (rows.ttfot_micros >= 0)],
        "tpot": np.round(rows.tpot_micros[ok & (rows.tpot_micros >= 0)] * NANOS),
        "response_time": (rows.e2e_micros + delay)[answered],
        "schedule_delay": delay[sent],
        "client_delay": rows.client_delay_micros[ok & (rows.client_delay_micros >= 0)],
        "connect": rows.connect_micros[rows.connect_micros >= 0],
        "ready_delay": ready[sent],
        "connecting": rows.connecting_micros[sent],
    }
    return {name: bucket_counts(found.astype(np.float64)) for name, found in values.items() if len(found)}


def _seconds(rows: SampleArrays, ok: Mask) -> dict[tuple[str, int], Histogram]:
    ended = np.maximum(end_offsets(rows), 0) // SECOND
    found: dict[tuple[str, int], Histogram] = {}
    for metric, column in zip(_OF_SECONDS, (rows.ttft_micros, rows.e2e_micros), strict=True):
        defined = ok & (column >= 0)
        for second in np.unique(ended[defined]).tolist():
            found[metric, second] = bucket_counts(column[defined & (ended == second)].astype(np.float64))
    return found


def _tally(column: Ints) -> Counter[int]:
    numbers, counts = np.unique(column, return_counts=True)
    return Counter(dict(zip(numbers.tolist(), counts.tolist(), strict=True)))


def _total(column: Ints) -> int:
    """Add up a column, -1 ("not defined") as nothing."""
    return int(np.maximum(column, 0).sum())
