"""Intervals of rates hold what they promise, for arrivals of an open loop and for a closed one."""

from __future__ import annotations

from dataclasses import fields
from itertools import pairwise

import numpy as np
import pytest

from loadcell.stats import rates
from loadcell.stats.batch_means import rate_interval
from loadcell.stats.columns import OK, SampleArrays
from loadcell.stats.window import STEADY, WHOLE, MeasuredWindow
from tests.unit.stats.sample_rows import make_rows

S = 1_000_000
ONE_ROW = make_rows({})


def served(starts: np.ndarray, lasting: np.ndarray) -> SampleArrays:
    """Requests in seconds, each with 10 tokens."""
    columns = {
        name: np.repeat(getattr(ONE_ROW, name), len(starts)) for name in (f.name for f in fields(SampleArrays))
    }
    columns |= {"start_offset_micros": (starts * S).astype(np.int64), "e2e_micros": (lasting * S).astype(np.int64)}
    columns |= {"ttft_micros": columns["e2e_micros"] // 4, "completion_tokens": np.full(len(starts), 10)}
    return SampleArrays(**columns)


def request_rate(rows: SampleArrays, window: MeasuredWindow):
    def rate_in(part: MeasuredWindow) -> float | None:
        return rates.completion_rate(rows, rows.status == OK, part)

    return rate_interval(rate_in(window), rows, window, rate_in)


def open_loop(random: np.random.Generator) -> SampleArrays:
    starts = np.cumsum(random.exponential(1 / 20, 1_300))
    return served(starts, random.gamma(2.0, 0.2, len(starts)))


def closed_loop(random: np.random.Generator) -> SampleArrays:
    lasting = random.gamma(2.0, 0.2, (8, 220))  # 8 in flight, 0.4 s each: 20 a second
    return served((np.cumsum(lasting, axis=1) - lasting).ravel(), lasting.ravel())


@pytest.mark.parametrize("loop", [open_loop, closed_loop])
def test_the_true_rate_is_in_95_of_100_intervals(loop):
    random = np.random.default_rng(5)
    window = MeasuredWindow(5 * S, 50 * S, STEADY)  # without the start of an empty system
    found = [request_rate(loop(random), window) for _ in range(400)]
    held = sum(ends.low <= 20 <= ends.high for ends in found)
    assert 0.92 * 400 <= held <= 0.985 * 400


def test_the_interval_of_tokens_is_around_their_rate():
    rows, window = open_loop(np.random.default_rng(1)), MeasuredWindow(0, 50 * S, STEADY)
    rate = rates.output_token_rate(rows, window)
    ends = rate_interval(rate, rows, window, lambda part: rates.output_token_rate(rows, part))
    assert rate == pytest.approx((ends.low + ends.high) / 2)
    assert 150 < ends.low < rate < ends.high < 250


def test_slices_hold_every_completion_once():
    rows, window = open_loop(np.random.default_rng(1)), MeasuredWindow(0, 50 * S, STEADY)
    parts: list[MeasuredWindow] = []

    def rate_in(part: MeasuredWindow) -> float:
        parts.append(part)
        return 1.0

    ends = rate_interval(1.0, rows, window, rate_in)
    assert (ends.low, ends.high) == (1.0, 1.0)
    assert len(parts) == 20
    assert (parts[0].start_micros, parts[-1].end_micros) == (0, 50 * S)
    assert all(after.start_micros == before.end_micros + 1 for before, after in pairwise(parts))


def test_what_is_too_short_has_none():
    rows = open_loop(np.random.default_rng(2))
    assert request_rate(rows, MeasuredWindow(0, 50 * S, WHOLE)) is None
    assert request_rate(rows, MeasuredWindow(0, 5 * S, STEADY)) is None  # slices shorter than requests
    assert request_rate(rows.rows(0, 45), MeasuredWindow(0, 50 * S, STEADY)) is None  # 45 completions
    assert request_rate(SampleArrays.empty(), MeasuredWindow(0, 50 * S, STEADY)) is None
    assert rate_interval(None, rows, MeasuredWindow(0, 50 * S, STEADY), lambda part: None) is None
