"""Sums and sketches of requests by minute, hour and day: what questions about long times are answered from.

A rollup holds the requests of one context that began in one span of time and ended OK or with an ERROR; what
ended in no way that was seen (CANCELLED, CENSORED) is left out, warm-up is in. Latencies are those of OK requests.
Adding rollups is exact in whatever order it happens, that of their sketches as well.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from loadcell.stats.columns import ERROR, OK, Ints, SampleArrays
from loadcell.stats.packed import merge_each, pack

MINUTE, HOUR, DAY = 60, 3_600, 86_400
GRAINS = (MINUTE, HOUR, DAY)
"""Lengths of the spans in seconds."""

_MICROS = 1_000_000
_SKETCHES = ("durations", "ttfts", "costs", "tokens")


@dataclass(frozen=True, slots=True)
class Rollup:
    """Requests that began in one span. Times are microseconds, money is nano-USD.

    Unknown tokens and costs add nothing. `cost_max` is of prompt and completion of one request together.
    `duration_min` and `duration_max` are -1 without an OK request. Sketches are packed, see
    `loadcell.stats.packed`.
    """

    grain: int  # seconds
    bucket: int  # begin of the span, in grains since 1970
    context_key: int
    ok_count: int
    error_count: int
    prompt_tokens: int
    completion_tokens: int
    prompt_cost: int
    completion_cost: int
    cost_max: int
    duration_sum: int
    duration_min: int
    duration_max: int
    ttft_sum: int
    ttft_count: int
    error_classes: Counter[int]
    durations: bytes
    ttfts: bytes
    costs: bytes  # prompt and completion together, where either is known
    tokens: bytes  # likewise

    @property
    def key(self) -> tuple[int, int, int]:
        """What tells rollups apart."""
        return self.grain, self.bucket, self.context_key


def roll_up(
    samples: SampleArrays, ts_micros: Ints, context_key: int, prompt_cost: Ints, completion_cost: Ints
) -> list[Rollup]:
    """Return the rollups of a minute each of some requests.

    Args:
        samples: the requests.
        ts_micros: when each began, microseconds since 1970 UTC.
        context_key: what all of them belong to.
        prompt_cost: nano-USD of each, -1 where unknown.
        completion_cost: likewise.
    """
    counted = (samples.status == OK) | (samples.status == ERROR)
    minutes = ts_micros // (MINUTE * _MICROS)
    return [
        _minute(
            samples.where(mask),
            prompt_cost[mask],
            completion_cost[mask],
            bucket=bucket,
            context_key=context_key,
        )
        for bucket in np.unique(minutes[counted]).tolist()
        for mask in [counted & (minutes == bucket)]
    ]


def add_up(rollups: Iterable[Rollup]) -> list[Rollup]:
    """Return one rollup for each key, in the order of the keys."""
    groups: dict[tuple[int, int, int], list[Rollup]] = {}
    for rollup in rollups:
        groups.setdefault(rollup.key, []).append(rollup)
    several = {key: group for key, group in groups.items() if len(group) > 1}
    sums = dict(zip(several, _sums(list(several.values())), strict=True))
    return [sums.get(key, group[0]) for key, group in sorted(groups.items())]


def at_every_grain(minutes: Iterable[Rollup]) -> list[Rollup]:
    """Return the rollups of a minute each and those of their hours and days, one for each key, in their order."""
    each = list(minutes)
    return add_up(replace(r, grain=grain, bucket=r.bucket * r.grain // grain) for grain in GRAINS for r in each)


def _minute(samples: SampleArrays, prompt: Ints, completion: Ints, *, bucket: int, context_key: int) -> Rollup:
    ok = samples.status == OK
    durations = samples.e2e_micros[ok & (samples.e2e_micros >= 0)]
    ttfts = samples.ttft_micros[ok & (samples.ttft_micros >= 0)]
    classes, counts = np.unique(samples.error_class[~ok], return_counts=True)
    costs = _together(prompt, completion)
    return Rollup(
        grain=MINUTE,
        bucket=bucket,
        context_key=context_key,
        ok_count=int(ok.sum()),
        error_count=int((~ok).sum()),
        prompt_tokens=_known(samples.prompt_tokens),
        completion_tokens=_known(samples.completion_tokens),
        prompt_cost=_known(prompt),
        completion_cost=_known(completion),
        cost_max=int(costs.max(initial=0)),
        duration_sum=int(durations.sum()),
        duration_min=int(durations.min(initial=np.iinfo(np.int64).max)) if len(durations) else -1,
        duration_max=int(durations.max(initial=-1)),
        ttft_sum=int(ttfts.sum()),
        ttft_count=len(ttfts),
        error_classes=Counter(dict(zip(classes.tolist(), counts.tolist(), strict=True))),
        durations=pack(durations),
        ttfts=pack(ttfts),
        costs=pack(costs),
        tokens=pack(_together(samples.prompt_tokens, samples.completion_tokens)),
    )


def _known(values: Ints) -> int:
    return int(np.maximum(values, 0).sum())


def _together(prompt: Ints, completion: Ints) -> Ints:
    return (np.maximum(prompt, 0) + np.maximum(completion, 0))[(prompt >= 0) | (completion >= 0)]


def _sums(groups: Sequence[Sequence[Rollup]]) -> list[Rollup]:
    """Return the sum of each group. All sketches merge in one go: a call costs more than most sketches do."""
    sketches = [[getattr(part, name) for part in group] for group in groups for name in _SKETCHES]
    merged = iter(merge_each(sketches))
    return [_sum(group, {name: next(merged) for name in _SKETCHES}) for group in groups]


def _sum(parts: Sequence[Rollup], sketches: dict[str, bytes]) -> Rollup:
    smallest = [part.duration_min for part in parts if part.duration_min >= 0]
    return replace(
        parts[0],
        ok_count=sum(part.ok_count for part in parts),
        error_count=sum(part.error_count for part in parts),
        prompt_tokens=sum(part.prompt_tokens for part in parts),
        completion_tokens=sum(part.completion_tokens for part in parts),
        prompt_cost=sum(part.prompt_cost for part in parts),
        completion_cost=sum(part.completion_cost for part in parts),
        cost_max=max(part.cost_max for part in parts),
        duration_sum=sum(part.duration_sum for part in parts),
        duration_min=min(smallest, default=-1),
        duration_max=max(part.duration_max for part in parts),
        ttft_sum=sum(part.ttft_sum for part in parts),
        ttft_count=sum(part.ttft_count for part in parts),
        error_classes=sum((part.error_classes for part in parts), Counter()),
        durations=sketches["durations"],
        ttfts=sketches["ttfts"],
        costs=sketches["costs"],
        tokens=sketches["tokens"],
    )
