"""Forecasts against numpy's own fit, a simulation, and tables of Student's t."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadcell.stats.forecast import dense_days, forecast, student_t_quantile

# USD to the nano: nothing between 0 and 1e-9.
series = st.lists(st.one_of(st.just(0.0), st.floats(1e-9, 1e6)), min_size=3, max_size=60)


@given(series, st.integers(1, 90))
def test_the_line_is_that_of_least_squares_but_never_below_zero(past: list[float], days: int) -> None:
    slope, intercept = np.polyfit(np.arange(len(past)), past, 1)
    expected = np.maximum(intercept + slope * np.arange(len(past), len(past) + days), 0)
    got = forecast(past, days)
    np.testing.assert_allclose(got.values, expected, rtol=1e-6, atol=1e-6 * (1 + max(past)) * days)
    assert len(got.values) == len(got.low) == len(got.high) == days
    assert (got.low >= 0).all()
    assert (got.low <= got.values).all()
    assert (got.values <= got.high).all()
    assert 0 <= got.r_squared <= 1


def test_W37_intervals_follow_the_formula_for_a_new_observation() -> None:
    # x = 1..5, y = 2, 4, 5, 4, 5: line 2.2 + 0.6 x, s2 = 2.4 / 3, Sxx = 10, x mean = 3; t(0.975, 3) = 3.182446.
    got = forecast([2, 4, 5, 4, 5], 2)
    margins = [3.182446 * math.sqrt(0.8 * (1 + 1 / 5 + (x - 3) ** 2 / 10)) for x in (6, 7)]
    np.testing.assert_allclose(got.values, [5.8, 6.4])
    np.testing.assert_allclose(got.high, [5.8 + margins[0], 6.4 + margins[1]], rtol=1e-6)
    np.testing.assert_allclose(got.low, [5.8 - margins[0], 6.4 - margins[1]], rtol=1e-6)
    assert got.r_squared == pytest.approx(0.6)
    assert got.mape_percent == pytest.approx(100 / 5 * (0.8 / 2 + 0.6 / 4 + 1 / 5 + 0.6 / 4 + 0.2 / 5))


def test_W37_nineteen_of_twenty_days_fall_in_their_interval() -> None:
    rng = np.random.default_rng(11)
    inside = 0
    for _ in range(4000):
        days = 1000 + 5 * np.arange(13) + rng.normal(0, 20, 13)
        got = forecast(days[:10], 3)
        inside += int(((got.low <= days[10:]) & (days[10:] <= got.high)).sum())
    assert 0.94 <= inside / 12_000 <= 0.96


def test_a_perfect_line_has_no_margin() -> None:
    got = forecast(np.arange(10) * 3.0, 2)
    np.testing.assert_allclose([got.values, got.low, got.high], [[30, 33]] * 3)
    assert got.r_squared == pytest.approx(1)
    assert got.mape_percent == pytest.approx(0)


def test_a_falling_line_ends_at_zero() -> None:
    got = forecast([30.0, 20.0, 10.5], 4)
    assert got.values[0] == pytest.approx(0.6667, abs=1e-4)
    assert got.values[1:].tolist() == [0, 0, 0]
    assert (got.low[1:] == 0).all()


@pytest.mark.parametrize(("level", "mape"), [(0.0, None), (0.1, 0.0)])
def test_days_that_are_all_the_same(level: float, mape: float | None) -> None:
    got = forecast([level] * 30, 2)
    assert got.r_squared == 1
    assert got.mape_percent == (None if mape is None else pytest.approx(mape, abs=1e-12))
    np.testing.assert_allclose([got.low, got.high], [[level] * 2] * 2)


def test_mape_skips_days_of_zero() -> None:
    # Mean 2, slope 0: residuals -2, 4, -2; only the middle day counts.
    assert forecast([0, 6, 0], 1).mape_percent == pytest.approx(100 * 4 / 6)


def test_W37_missing_days_are_zeros() -> None:
    assert dense_days([20003, 20001, 20003, 19999], [4.0, 1.0, 0.5, 7.0], 20000, 20004).tolist() == [
        0,
        1,
        0,
        4.5,
        0,
    ]
    assert dense_days([], [], 5, 6).tolist() == [0, 0]


@pytest.mark.parametrize(("past", "days"), [([1.0, 2.0], 1), ([1.0, 2.0, 3.0], 0), ([1.0, math.nan, 2.0], 1)])
def test_what_cannot_be_extended_is_refused(past: list[float], days: int) -> None:
    with pytest.raises(ValueError, match="past days"):
        forecast(past, days)


@pytest.mark.parametrize(
    ("p", "degrees", "expected"),
    [
        # NIST/SEMATECH e-Handbook of Statistical Methods, 1.3.6.7.2, to more digits.
        (0.975, 1, 12.706204736),
        (0.975, 2, 4.302652730),
        (0.975, 3, 3.182446305),
        (0.975, 5, 2.570581836),
        (0.975, 10, 2.228138852),
        (0.975, 30, 2.042272456),
        (0.975, 100, 1.983971519),
        (0.95, 1, 6.313751515),
        (0.95, 4, 2.131846786),
        (0.99, 7, 2.997951567),
        (0.999, 1, 318.308838986),
        (0.5, 6, 0.0),
    ],
)
def test_t_quantiles_match_the_tables(p: float, degrees: int, expected: float) -> None:
    assert student_t_quantile(p, degrees) == pytest.approx(expected, rel=1e-9, abs=1e-12)
    assert student_t_quantile(1 - p, degrees) == pytest.approx(-expected, rel=1e-8, abs=1e-12)


@given(st.integers(1, 400), st.floats(0.55, 0.995))
def test_t_quantiles_invert_the_integral_of_the_density(degrees: int, p: float) -> None:
    t = student_t_quantile(p, degrees)
    points = np.linspace(0, math.atan(t), 20_001)
    x = np.tan(points)
    log_scale = math.lgamma((degrees + 1) / 2) - math.lgamma(degrees / 2) - math.log(degrees * math.pi) / 2
    density = np.exp(log_scale - (degrees + 1) / 2 * np.log1p(x * x / degrees)) * (1 + x * x)
    assert 0.5 + np.trapezoid(density, points) == pytest.approx(p, abs=1e-6)


def test_t_approaches_the_normal_distribution() -> None:
    z, degrees = 1.959963985, 10_001
    first_correction = (z**3 + z) / (4 * degrees)  # Abramowitz and Stegun, 26.7.5
    assert student_t_quantile(0.975, degrees) == pytest.approx(z + first_correction, abs=1e-7)


@pytest.mark.parametrize(("p", "degrees"), [(0.0, 3), (1.0, 3), (math.nan, 3), (0.5, 0)])
def test_t_quantiles_outside_their_range_are_refused(p: float, degrees: int) -> None:
    with pytest.raises(ValueError, match="degrees"):
        student_t_quantile(p, degrees)
