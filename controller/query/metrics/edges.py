"""Single requests that no rollup is read for, added up as rollups are when requests are stored."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from typing import TypeAlias

import numpy as np

from controller.query.metrics.question import Needs
from controller.query.metrics.rows import RequestRows, RollupRows
from controller.query.metrics.tally import reduce_rows
from loadcell.stats.columns import ERROR, OK, Ints
from loadcell.stats.packed import pack_groups
from loadcell.stats.rollup import HOUR, MINUTE

_COUNTS = ("ok_count", "error_count")
_MICROS = 1_000_000


def _known(values: Ints) -> Ints:
    return np.maximum(values, 0)


def _known_sum(prompt: Ints, completion: Ints) -> Ints:
    return _known(prompt) + _known(completion)


def _together(prompt: Ints, completion: Ints) -> Ints:
    return np.where((prompt >= 0) | (completion >= 0), _known_sum(prompt, completion), -1)


def _of_success(status: Ints, values: Ints) -> Ints:
    return np.where(status == OK, values, -1)


_Made: TypeAlias = tuple[tuple[str, ...], Callable[..., Ints]]

_TOKENS, _COSTS = ("prompt_tokens", "completion_tokens"), ("prompt_cost", "completion_cost")
_DURATION, _TTFT = ("status", "e2e_micros"), ("status", "ttft_micros")

# By column of rollups: columns of requests, and what would be in the rollup of each request alone.
_SUMS: Mapping[str, _Made] = {
    "ok_count": (("status",), lambda status: (status == OK).astype(np.int64)),
    "error_count": (("status",), lambda status: (status == ERROR).astype(np.int64)),
    **{name: ((name,), _known) for name in (*_TOKENS, *_COSTS)},
    "token_sum": (_TOKENS, _known_sum),
    "cost_sum": (_COSTS, _known_sum),
    "cost_max": (_COSTS, _known_sum),
    "duration_sum": (_DURATION, lambda *of: _known(_of_success(*of))),
    "duration_min": (_DURATION, _of_success),
    "duration_max": (_DURATION, _of_success),
    "ttft_sum": (_TTFT, lambda *of: _known(_of_success(*of))),
    "ttft_count": (_TTFT, lambda *of: (_of_success(*of) >= 0).astype(np.int64)),
}
# Likewise, what sketches are made of, -1 where there is no value.
_VALUES: Mapping[str, _Made] = {
    "durations": (_DURATION, _of_success),
    "ttfts": (_TTFT, _of_success),
    "costs": (_COSTS, _together),
    "tokens": (_TOKENS, _together),
}


def columns_of(needs: Needs) -> list[str]:
    """Return the columns of requests, beside those that are always there, that some sums are made of."""
    made = [*(_SUMS[name] for name in needs.columns), *(_VALUES[name] for name in needs.sketches)]
    found = {column for columns, _ in made for column in columns if column != "status"}
    return sorted(found | {"error_class"} if needs.classes else found)


def add_up_edge(requests: RequestRows, needs: Needs, width: int | None) -> RollupRows:
    """Return the sums of requests that ended OK or with an ERROR, by context and time, as far as needed.

    The time is the hour where points are of whole hours, and else the minute: it lies in one point, but may begin
    before the period does.

    Args:
        requests: of one period; one at least, with the columns of `columns_of`.
        needs: the numbers.
        width: of a point, whole minutes in seconds; None: one point for the whole period.
    """
    grain = HOUR if width is None or width % HOUR == 0 else MINUTE
    found, micros = requests.columns, grain * _MICROS
    contexts, context = np.unique(found["context_key"], return_inverse=True)
    bucket = found["ts"] // micros
    first = bucket.min()
    span = bucket.max() - first + 1
    keys, group = np.unique(context * span + bucket - first, return_inverse=True)
    count = len(keys)
    return RollupRows(
        seconds=np.full(count, grain),
        start=(keys % span + first) * micros,
        context=contexts[keys // span],
        columns={
            name: reduce_rows(name, _made(_SUMS[name], found), group, count) for name in {*_COUNTS, *needs.columns}
        },
        sketches={
            name: pack_groups(values[known], group[known], count)
            for name in needs.sketches
            for values in [_made(_VALUES[name], found)]
            for known in [values >= 0]
        },
        classes=_classes(requests, group, count) if needs.classes else (),
    )


def _made(made: _Made, found: Mapping[str, Ints]) -> Ints:
    columns, of = made
    return of(*(found[name] for name in columns))


def _classes(requests: RequestRows, group: Ints, count: int) -> list[str]:
    """Return what a rollup has of the classes of the failures of each group."""
    failed = np.flatnonzero(requests.columns["status"] == ERROR)
    classes: list[Counter[str]] = [Counter() for _ in range(count)]
    for at in failed.tolist():
        classes[group[at]][str(requests.columns["error_class"][at])] += 1
    return [json.dumps(found) for found in classes]
