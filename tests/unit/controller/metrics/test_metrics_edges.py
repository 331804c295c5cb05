"""Requests at the edges of a period add up to the same, whatever the points are."""

from __future__ import annotations

import json
from collections import Counter

import numpy as np
import pytest

from controller.query.metrics.edges import add_up_edge, columns_of
from controller.query.metrics.question import Needs
from controller.query.metrics.rows import RequestRows
from loadcell.stats.packed import merge_each, pack

HOUR = 3_600_000_000
START = 500_000 * HOUR + 59 * 60_000_000  # edges begin and end anywhere in an hour
NEEDS = Needs(
    frozenset({"duration_sum", "duration_max", "prompt_tokens", "cost_sum"}),
    frozenset({"durations"}),
    classes=True,
)


def some_requests(count: int) -> RequestRows:
    rng = np.random.default_rng(count)
    columns = {name: np.maximum(rng.integers(-2_000, 10_000, count), -1) for name in columns_of(NEEDS)}
    columns["ts"] = START + rng.integers(0, 3 * HOUR, count)
    columns["context_key"] = rng.integers(1, 5, count) * 1_000_000_007
    columns["status"] = rng.integers(1, 3, count)
    columns["error_class"] = np.where(columns["status"] == 2, rng.integers(1, 4, count), 0)
    return RequestRows(columns)


@pytest.mark.parametrize("count", [1, 500])
@pytest.mark.parametrize(
    ("width", "seconds"), [(None, 3_600), (86_400, 3_600), (3_600, 3_600), (5_400, 60), (300, 60), (60, 60)]
)
def test_requests_add_up_by_context_and_hour_or_minute(count, width, seconds):
    requests = some_requests(count)
    found, rows = requests.columns, add_up_edge(requests, NEEDS, width)
    buckets = found["ts"] // (seconds * 1_000_000)
    keys = sorted(set(zip(found["context_key"].tolist(), buckets.tolist(), strict=True)))
    assert rows.seconds.tolist() == [seconds] * len(keys)
    assert [*zip(rows.context.tolist(), (rows.start // (seconds * 1_000_000)).tolist(), strict=True)] == keys
    for place, (context, bucket) in enumerate(keys):
        mine = (found["context_key"] == context) & (buckets == bucket)
        ok, failed = mine & (found["status"] == 1), mine & (found["status"] == 2)
        durations = found["e2e_micros"][ok & (found["e2e_micros"] >= 0)]
        assert rows.columns["ok_count"][place] == ok.sum()
        assert rows.columns["error_count"][place] == failed.sum()
        assert rows.columns["prompt_tokens"][place] == np.maximum(found["prompt_tokens"][mine], 0).sum()
        costs = [np.maximum(found[name][mine], 0).sum() for name in ("prompt_cost", "completion_cost")]
        assert rows.columns["cost_sum"][place] == sum(costs)
        assert rows.columns["duration_sum"][place] == durations.sum()
        assert rows.columns["duration_max"][place] == durations.max(initial=-1)
        assert merge_each([[rows.sketches["durations"][place]]]) == [pack(durations)]
        classes = Counter(str(number) for number in found["error_class"][failed].tolist())
        assert json.loads(rows.classes[place]) == classes
