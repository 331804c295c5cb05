"""Single requests of a part of a minute, added up as rollups are when requests are stored."""

from __future__ import annotations

import json
from dataclasses import fields

import numpy as np

from controller.query.metrics.question import Needs
from controller.query.metrics.rows import RequestRows, RollupRows
from loadcell.stats.columns import SampleArrays
from loadcell.stats.rollup import MINUTE, Rollup, roll_up

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


def add_up_edge(requests: RequestRows, needs: Needs) -> RollupRows:
    """Return the sums of requests by minute and context."""
    rollups = [
        rollup
        for context in np.unique(requests.columns["context_key"]).tolist()
        for rollup in _roll_up(requests, context)
    ]
    return RollupRows(
        seconds=np.full(len(rollups), MINUTE),
        start=np.array([rollup.bucket * MINUTE * 1_000_000 for rollup in rollups], np.int64),
        context=np.array([rollup.context_key for rollup in rollups], np.int64),
        columns={
            name: np.array([getattr(rollup, name) for rollup in rollups], np.int64)
            for name in {*_COUNTS, *needs.columns}
        },
        sketches={name: [getattr(rollup, name) for rollup in rollups] for name in needs.sketches},
        classes=[json.dumps(rollup.error_classes) for rollup in rollups] if needs.classes else (),
    )


def _roll_up(requests: RequestRows, context: int) -> list[Rollup]:
    mask = requests.columns["context_key"] == context
    found = {name: column[mask] for name, column in requests.columns.items()}
    # Rollups are made of some of the columns of samples; the others are not looked at.
    nothing = np.zeros(int(mask.sum()), np.int64)
    samples = SampleArrays(**{field.name: found.get(field.name, nothing) for field in fields(SampleArrays)})
    return roll_up(samples, found["ts"], context, found["prompt_cost"], found["completion_cost"])
