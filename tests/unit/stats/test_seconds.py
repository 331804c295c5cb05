"""What happened in each second, against a count by hand."""

from __future__ import annotations

import math
from fractions import Fraction
from random import Random

import numpy as np
import pytest

from loadcell.stats import seconds
from loadcell.stats.seconds import Requests, Seconds

S = 1_000_000


def requests(rows: list[tuple[int, ...]]) -> Requests:
    return Requests(*np.array(rows, np.int64).reshape(-1, 6).T)


def random_rows(random: Random, count: int) -> list[tuple[int, ...]]:
    rows = []
    for _ in range(count):
        scheduled = random.randrange(-1000, 8 * S)
        start = scheduled + random.choice([0, 0, random.randrange(3 * S)])
        status = random.choice([1, 1, 1, 2, 3])
        e2e = random.choice([-1, 0, 1, random.randrange(2 * S), random.randrange(5 * S)])
        ttft = random.choice([-1, random.randrange(e2e + 1)]) if e2e > 0 else -1
        rows.append((scheduled, start, e2e, ttft, random.choice([-1, 0, random.randrange(500)]), status))
    return rows


def percentile(values: list[int], q: str, fewest: int = 1) -> float | None:
    if len(values) < fewest:
        return None
    return sorted(values)[math.ceil(Fraction(q) * len(values)) - 1] / 1000


@pytest.mark.parametrize(("seed", "first", "count"), [(1, 0, 14), (2, 3, 4), (3, 0, 1), (4, 12, 5), (5, 40, 2)])
def test_every_second_is_as_counted_one_by_one(seed: int, first: int, count: int, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(seconds, "_PENDING", 50)
    random = Random(seed)
    rows = random_rows(random, 700)
    folded = Seconds(first, count)
    random.shuffle(rows)
    for begin in range(0, len(rows), 97):
        folded.add(requests(rows[begin : begin + 97]))
    found = list(folded)
    assert [one.second for one in found] == list(range(first, first + count))
    for one in found:
        begin, end = one.second * S, (one.second + 1) * S
        sent = [max(start, 0) for _, start, *_ in rows]
        ends = [max(start + max(e2e, 0), 0) for _, start, e2e, *_ in rows]
        done = [row for row, at in zip(rows, ends, strict=True) if begin <= at < end]
        assert one.due == sum(begin <= max(row[0], 0) < end for row in rows)
        assert one.sent == sum(begin <= at < end for at in sent)
        assert one.in_flight == sum(a < end <= b for a, b in zip(sent, ends, strict=True))
        assert (one.succeeded, one.failed) == tuple(sum(row[5] == status for row in done) for status in (1, 2))
        assert one.output_tokens == sum(max(row[4], 0) for row in done if row[5] == 1)
        for latency, column in ((one.ttft, 3), (one.e2e, 2)):
            values = [row[column] for row in done if row[5] == 1 and row[column] >= 0]
            assert latency.count == len(values)
            assert latency.mean == (pytest.approx(sum(values) / len(values) / 1000) if values else None)
            for name, q, fewest in (("p50", "0.5", 1), ("p95", "0.95", 1), ("p99", "0.99", 100)):
                expected = percentile(values, q, fewest)
                # Half a percent, and what is below a microsecond is one.
                near = None if expected is None else pytest.approx(expected, rel=0.005_001, abs=0.001)
                assert getattr(latency, name) == near


def test_nothing_happened():
    folded = Seconds(5, 2)
    folded.add(requests([]))
    assert [(one.second, one.sent, one.in_flight, one.e2e.p50) for one in folded] == [
        (5, 0, 0, None),
        (6, 0, 0, None),
    ]


def test_the_longest_latency_has_a_bucket():
    folded = Seconds(0, 1)
    folded.add(requests([(0, 0, 0, 2**62, 1, 1)]))
    (one,) = folded
    assert one.ttft.p50 == pytest.approx(2**62 / 1000, rel=0.005)
