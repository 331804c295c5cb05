"""Single requests that no rollup is read for, added up as rollups are when requests are stored."""

from __future__ import annotations

import json
from collections import Counter

import numpy as np

from controller.query.metrics.question import Needs
from controller.query.metrics.rows import RequestRows, RollupRows
from controller.query.metrics.tally import reduce_rows
from loadcell.stats.columns import ERROR, OK, Ints
from loadcell.stats.packed import pack_groups
from loadcell.stats.rollup import HOUR, MINUTE

COLUMNS = (
    "error_class",
    "e2e_micros",
    "ttft_micros",
    "prompt_tokens",
    "completion_tokens",
    "prompt_cost",
    "completion_cost",
)
"""Columns of requests, beside those that are always there, that rollups are made of."""

_COUNTS = ("ok_count", "error_count")
_MICROS = 1_000_000


def add_up_edge(requests: RequestRows, needs: Needs, width: int | None) -> RollupRows:
    """Return the sums of requests that ended OK or with an ERROR, by context and time, as far as needed.

    The time is the hour where points are of whole hours, and else the minute: it lies in one point, but may begin
    before the period does.

    Args:
        requests: of one period; one at least.
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
    values = _values(requests)
    columns = _columns(requests, values)
    return RollupRows(
        seconds=np.full(count, grain),
        start=(keys % span + first) * micros,
        context=contexts[keys // span],
        columns={name: reduce_rows(name, columns[name], group, count) for name in {*_COUNTS, *needs.columns}},
        sketches={
            name: pack_groups(values[name][known], group[known], count)
            for name in needs.sketches
            for known in [values[name] >= 0]
        },
        classes=_classes(requests, group, count) if needs.classes else (),
    )


def _values(requests: RequestRows) -> dict[str, Ints]:
    """Return what sketches are made of, -1 where there is no value."""
    found = requests.columns
    ok = found["status"] == OK
    return {
        "durations": np.where(ok, found["e2e_micros"], -1),
        "ttfts": np.where(ok, found["ttft_micros"], -1),
        "costs": _together(found["prompt_cost"], found["completion_cost"]),
        "tokens": _together(found["prompt_tokens"], found["completion_tokens"]),
    }


def _columns(requests: RequestRows, values: dict[str, Ints]) -> dict[str, Ints]:
    """Return what would be in the rollup of each request alone."""
    found = requests.columns
    known = ("prompt_tokens", "completion_tokens", "prompt_cost", "completion_cost")
    return {name: np.maximum(found[name], 0) for name in known} | {
        "ok_count": (found["status"] == OK).astype(np.int64),
        "error_count": (found["status"] == ERROR).astype(np.int64),
        "cost_max": np.maximum(values["costs"], 0),
        "duration_sum": np.maximum(values["durations"], 0),
        "duration_min": values["durations"],
        "duration_max": values["durations"],
        "ttft_sum": np.maximum(values["ttfts"], 0),
        "ttft_count": (values["ttfts"] >= 0).astype(np.int64),
    }


def _together(prompt: Ints, completion: Ints) -> Ints:
    return np.where((prompt >= 0) | (completion >= 0), np.maximum(prompt, 0) + np.maximum(completion, 0), -1)


def _classes(requests: RequestRows, group: Ints, count: int) -> list[str]:
    """Return what a rollup has of the classes of the failures of each group."""
    failed = np.flatnonzero(requests.columns["status"] == ERROR)
    classes: list[Counter[str]] = [Counter() for _ in range(count)]
    for at in failed.tolist():
        classes[group[at]][str(requests.columns["error_class"][at])] += 1
    return [json.dumps(found) for found in classes]
