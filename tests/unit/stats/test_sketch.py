"""The log-bucket histogram against exact order statistics."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadcell import sketches
from loadcell.stats.sketch import ACCURACY, Histogram, bucket_counts, merge
from loadcell.v1 import sample_pb2

micros = st.one_of(st.just(0.0), st.floats(1e-3, 1e11, allow_nan=False), st.integers(0, 10**9).map(float))
lists = st.lists(micros, max_size=60)


def parts(h: Histogram) -> tuple[object, ...]:
    return (h.zero_count, h.buckets.tolist(), h.counts.tolist(), h.sum, h.sum_squares, h.min, h.max)


@given(lists, lists, lists)
def test_merging_is_associative_and_commutative(a: list[float], b: list[float], c: list[float]) -> None:
    x, y, z = (bucket_counts(np.array(v)) for v in (a, b, c))
    assert parts(merge([merge([x, y]), z])) == parts(merge([x, merge([y, z])])) == parts(merge([z, x, y]))
    assert merge([x, y, z]).count == len(a) + len(b) + len(c)


@given(lists.filter(bool), st.sampled_from([0.01, 0.07, 0.5, 0.9, 0.95, 0.99, 0.999, 1.0]))
def test_quantiles_are_within_half_a_percent_of_nearest_rank(values: list[float], q: float) -> None:
    exact = sorted(values)[max(1, math.ceil(round(q * len(values), 9))) - 1]
    assert bucket_counts(np.array(values)).quantile(q) == pytest.approx(exact, rel=ACCURACY * (1 + 1e-9))


@given(st.lists(st.tuples(micros, st.integers(0, 5)), max_size=40))
def test_weights_repeat_values(pairs: list[tuple[float, int]]) -> None:
    weighted = bucket_counts(np.array([v for v, _ in pairs]), np.array([w for _, w in pairs], np.int64))
    repeated = bucket_counts(np.array([v for v, w in pairs for _ in range(w)]))
    assert parts(weighted)[:3] == parts(repeated)[:3]
    assert weighted.sum == pytest.approx(repeated.sum, abs=1, rel=1e-12)
    assert (weighted.min, weighted.max) == (repeated.min, repeated.max)


@given(lists)
def test_wire_round_trip(values: list[float]) -> None:
    histogram = bucket_counts(np.array(values))
    message = sample_pb2.Sketch.FromString(sketches.to_message("itl", histogram).SerializeToString())
    again = sketches.from_message(message)
    assert parts(again)[:3] == parts(histogram)[:3]
    assert sketches.to_message("itl", again) == message


@given(lists, st.lists(st.floats(0, 1e11), min_size=1, max_size=8).map(sorted))
def test_cumulative_counts_lie_between_the_shifted_exact_ones(values: list[float], bounds: list[float]) -> None:
    got = bucket_counts(np.array(values)).cumulative(bounds)
    assert got == sorted(got)
    for bound, n in zip(bounds, got, strict=True):
        assert sum(v <= bound * (1 - 0.0051) for v in values) <= n
        assert n <= sum(v <= bound * (1 + 0.0051) for v in values)


def test_cumulative_infinity_counts_all() -> None:
    assert bucket_counts(np.array([0.0, 1.0, 5e9])).cumulative([0.0, 1.0, math.inf]) == [1, 2, 3]


def test_moments_match_numpy() -> None:
    values = np.random.default_rng(1).exponential(20_000, 10_000)
    histogram = bucket_counts(values)
    assert histogram.mean == pytest.approx(values.mean(), rel=1e-9)
    assert histogram.std == pytest.approx(values.std(), rel=1e-6)


def test_empty() -> None:
    empty = bucket_counts(np.zeros(0))
    assert (empty.count, empty.mean, empty.std, empty.quantile(0.5)) == (0, None, None, None)
    assert empty.cumulative([1.0, math.inf]) == [0, 0]
    assert parts(merge([])) == parts(empty) == parts(merge([empty, empty]))


def test_negative_values_count_as_zero() -> None:
    histogram = bucket_counts(np.array([-5.0, 10.0]))
    assert (histogram.zero_count, histogram.min, histogram.sum) == (1, 0.0, 10)


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_values_that_are_not_finite_are_refused(value: float) -> None:
    with pytest.raises(ValueError, match="finite"):
        bucket_counts(np.array([1.0, value]))


@pytest.mark.parametrize(
    "change",
    [
        {"accuracy": 0.01},
        {"bucket_deltas": [1, 2]},
        {"bucket_deltas": [2**30]},
        {"bucket_counts": [-1]},
        {"zero_count": -1},
        {"sum": math.nan},
        {"bucket_deltas": [3, 0], "bucket_counts": [1, 1]},
    ],
)
def test_hostile_messages_are_refused(change: dict[str, object]) -> None:
    good = {"metric": "itl", "accuracy": ACCURACY, "bucket_deltas": [1], "bucket_counts": [1]}
    sketches.from_message(sample_pb2.Sketch(**good))
    with pytest.raises(ValueError, match="sketch 'itl'"):
        sketches.from_message(sample_pb2.Sketch(**(good | change)))


def test_merge_by_metric() -> None:
    itl, icl = bucket_counts(np.array([1.0])), bucket_counts(np.array([2.0]))
    merged = sketches.merge_by_metric(
        [sketches.to_message("itl", itl), sketches.to_message("icl", icl), sketches.to_message("itl", itl)]
    )
    assert {name: h.count for name, h in merged.items()} == {"itl": 2, "icl": 1}
