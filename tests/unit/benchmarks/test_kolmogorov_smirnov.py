import numpy as np
import pytest

from benchmarks.kolmogorov_smirnov import critical_distance, distance


def test_equal_samples_are_not_apart_and_separate_ones_are_wholly() -> None:
    sample = np.arange(100)
    assert distance(sample, sample[::-1]) == 0.0
    assert distance(sample, sample + 100) == 1.0


def test_distance_is_the_largest_difference_with_ties_and_different_sizes() -> None:
    # Up to 2: 3 of 4 and 1 of 5.
    assert distance(np.array([1, 2, 2, 3]), np.array([2, 3, 3, 4, 5])) == pytest.approx(3 / 4 - 1 / 5)


def test_critical_distances_are_those_of_the_tables() -> None:
    # The usual tables give 1.36 and 1.63 times sqrt((n + m) / (n m)).
    assert critical_distance(100, 100, level=0.05) == pytest.approx(1.358 * 0.02**0.5, rel=1e-3)
    assert critical_distance(50, 200, level=0.01) == pytest.approx(1.628 * (250 / 10_000) ** 0.5, rel=1e-3)


def test_samples_of_one_distribution_are_within_it_and_of_another_beyond() -> None:
    random = np.random.default_rng(1)
    first, second = (random.exponential(1_000, 4_000).astype(np.int64) for _ in range(2))
    critical = critical_distance(4_000, 4_000, level=0.01)
    assert distance(first, second) < critical
    assert distance(first, second + 100) > critical
