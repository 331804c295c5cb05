"""Exact quantiles, intervals and latency summaries against slow and obvious references."""

import math
import statistics

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadcell.stats import intervals
from loadcell.stats.latency import summarize, summarize_histogram
from loadcell.stats.quantiles import nearest_rank, quantile_with_failures
from loadcell.stats.sketch import bucket_counts

values_lists = st.lists(st.integers(0, 10**8), min_size=1, max_size=300)


def reference_quantile(values: list[float], percent: int) -> float:
    """The smallest value with at least percent % of all values at or below it."""
    return min(v for v in values if sum(w <= v for w in values) * 100 >= percent * len(values))


@given(values_lists)
def test_percentiles_are_the_smallest_values_that_cover_their_share(values: list[int]) -> None:
    summary = summarize(np.array(values))
    millis = [v / 1000 for v in values]
    assert summary.p50 == reference_quantile(millis, 50)
    assert summary.p90 == reference_quantile(millis, 90)
    assert summary.p95 == reference_quantile(millis, 95)
    assert summary.p99 == (reference_quantile(millis, 99) if len(values) >= 100 else None)
    assert (summary.min, summary.max) == (min(millis), max(millis))
    assert summary.mean == pytest.approx(statistics.fmean(millis))
    assert summary.std == pytest.approx(statistics.pstdev(millis), abs=1e-6)


@given(values_lists, st.integers(0, 300), st.sampled_from([50, 90, 95]))
def test_M11_failures_count_as_infinitely_slow(values: list[int], failures: int, percent: int) -> None:
    everything = [float(v) for v in values] + [math.inf] * failures
    expected = reference_quantile(everything, percent)
    got = quantile_with_failures(np.sort(np.array(values, np.float64)), failures, percent / 100)
    assert got == (None if math.isinf(expected) else expected)


def test_M11_a_quantile_beyond_the_failures_is_not_interpolated_to_something_finite() -> None:
    view = summarize(np.arange(1, 97) * 1000, failures=4).with_errors
    assert view is not None
    assert (view.p50, view.p95, view.p99) == (50.0, 95.0, None)
    assert (view.count, view.finite_share) == (100, 0.96)


def test_only_failures_leave_nothing_finite() -> None:
    summary = summarize(np.zeros(0, np.int64), failures=7)
    assert summary.p50 is None
    assert summary.with_errors is not None
    assert (summary.with_errors.p50, summary.with_errors.finite_share) == (None, 0.0)


@pytest.mark.parametrize(("q", "count", "rank"), [(0.07, 100, 7), (0.95, 20, 19), (0.5, 1, 1), (0.999, 1000, 999)])
def test_ranks_are_computed_in_decimals(q: float, count: int, rank: int) -> None:
    assert nearest_rank(q, count) == rank


@pytest.mark.parametrize(("count", "p99", "p999"), [(99, False, False), (100, True, False), (1000, True, True)])
def test_tails_need_enough_values(count: int, p99: bool, p999: bool) -> None:
    summary = summarize(np.arange(count))
    sketched = summarize_histogram(bucket_counts(np.arange(count, dtype=np.float64)))
    for got in (summary, sketched):
        assert (got.p99 is not None, got.p999 is not None) == (p99, p999)
    assert (summary.p99_bound is None, summary.p999_bound is None) == (p99, p999)


def test_too_few_values_give_a_bound_with_its_confidence() -> None:
    bound = summarize(np.arange(50) * 1000).p99_bound
    assert bound is not None
    assert bound.at_most == 49.0
    assert bound.confidence == pytest.approx(1 - 0.99**50)


@pytest.mark.parametrize("q", [0.5, 0.95, 0.99])
@pytest.mark.parametrize("count", [5, 6, 20, 72, 367, 368, 1000])
def test_interval_ranks_hold_95_percent_of_the_binomial_distribution(q: float, count: int) -> None:
    """Compared with sums of exact binomial probabilities."""
    probability = [math.comb(count, k) * q**k * (1 - q) ** (count - k) for k in range(count + 1)]
    ranks = intervals.interval_ranks(q, count)
    if ranks is None:
        # No upper rank exists when even the largest value is below the quantile too often, or no lower one.
        assert probability[count] > 0.025 or probability[0] > 0.025
        return
    low, high = ranks
    assert math.fsum(probability[:low]) <= 0.025 < math.fsum(probability[: low + 1])
    assert math.fsum(probability[:high]) >= 0.975 > math.fsum(probability[: high - 1])


@pytest.mark.parametrize("q", [0.5, 0.95, 0.99])
def test_the_normal_approximation_takes_over_smoothly(q: float, monkeypatch: pytest.MonkeyPatch) -> None:
    count = intervals.EXACT_UP_TO
    exact = intervals.interval_ranks(q, count)
    monkeypatch.setattr(intervals, "EXACT_UP_TO", 0)
    approximate = intervals.interval_ranks.__wrapped__(q, count)
    assert exact is not None
    assert approximate is not None
    assert max(abs(a - b) for a, b in zip(exact, approximate, strict=True)) <= 2


@pytest.mark.parametrize(("q", "count"), [(0.5, 20), (0.95, 200), (0.99, 1000)])
def test_intervals_cover_the_true_quantile_as_often_as_they_say(q: float, count: int) -> None:
    random = np.random.default_rng(7)
    truth = -math.log(1 - q)
    covered = 0
    for _ in range(2000):
        found = intervals.interval(np.sort(random.exponential(1.0, count)), q)
        assert found is not None
        covered += found.low <= truth <= found.high
    assert covered / 2000 >= 0.94


@given(st.lists(st.tuples(st.integers(1, 10**6), st.integers(1, 6)), min_size=1, max_size=60))
def test_M6_a_gap_before_k_tokens_counts_k_times_as_gap_over_k(gaps: list[tuple[int, int]]) -> None:
    tokens = np.array([k for _, k in gaps])
    summary = summarize_histogram(bucket_counts(np.array([g for g, _ in gaps]) / tokens, tokens))
    spread = [g / k / 1000 for g, k in gaps for _ in range(k)]
    assert summary.count == len(spread)
    assert summary.p50 == pytest.approx(reference_quantile(spread, 50), rel=0.0051)
    assert summary.mean == pytest.approx(statistics.fmean(spread), rel=1e-6, abs=1e-3)
    assert summary.approximate
    assert summary.p50_ci is None
