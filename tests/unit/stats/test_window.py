"""Windows and rates against loops over requests."""

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadcell.stats import rates
from loadcell.stats.columns import OK, SampleArrays
from loadcell.stats.window import MeasuredWindow, count_window, time_window
from tests.unit.stats.sample_rows import make_rows, requests

windows = st.tuples(st.integers(0, 8_000_000), st.integers(1, 8_000_000)).map(
    lambda pair: MeasuredWindow(pair[0], pair[0] + pair[1], "steady")
)


@given(requests(), windows)
def test_token_rates_spread_tokens_between_first_and_last(
    rows: list[dict[str, Any]], window: MeasuredWindow
) -> None:
    output = prompt = 0.0
    counted = all(row["status"] != OK for row in rows)
    for row in rows:
        if row["status"] != OK:
            continue
        first = row["start_offset_micros"] + row["ttft_micros"]
        last = row["start_offset_micros"] + row["e2e_micros"]
        inside = window.start_micros <= first <= window.end_micros
        counted |= row["prompt_tokens"] >= 0
        prompt += max(0, row["prompt_tokens"]) * inside
        if first == last:
            output += row["completion_tokens"] * inside
        else:
            seen = max(0, min(last, window.end_micros) - max(first, window.start_micros))
            output += row["completion_tokens"] * seen / (last - first)
    columns = make_rows(*rows)
    assert rates.output_token_rate(columns, window) == pytest.approx(output / window.seconds)
    expected = pytest.approx(prompt / window.seconds) if counted else None
    assert rates.input_token_rate(columns, window) == expected


@given(requests(), windows)
def test_completions_and_starts_count_inside_the_window(
    rows: list[dict[str, Any]], window: MeasuredWindow
) -> None:
    columns = make_rows(*rows)
    ends = [r["start_offset_micros"] + r["e2e_micros"] for r in rows if r["status"] == OK]
    completed = sum(window.start_micros <= end <= window.end_micros for end in ends)
    started = sum(window.start_micros <= r["start_offset_micros"] < window.end_micros for r in rows)
    assert rates.completion_rate(columns, columns.status == OK, window) == pytest.approx(
        completed / window.seconds
    )
    assert rates.start_rate(columns.start_offset_micros, window) == pytest.approx(started / window.seconds)


@given(requests())
def test_adjacent_windows_share_out_all_tokens(rows: list[dict[str, Any]]) -> None:
    columns = make_rows(*(r | {"e2e_micros": r["e2e_micros"] + 1} for r in rows))
    cuts = [0, 1_234_567, 5_000_001, 20_000_000]
    parts = [MeasuredWindow(a, b, "steady") for a, b in itertools.pairwise(cuts)]
    tokens = sum((rates.output_token_rate(columns, w) or 0) * w.seconds for w in parts)
    assert tokens == pytest.approx(columns.completion_tokens[columns.status == OK].sum())


def test_a_response_that_is_not_streamed_counts_at_its_end() -> None:
    rows = make_rows({"ttft_micros": -1, "e2e_micros": 1_000_000, "completion_tokens": 8})
    assert rates.output_token_rate(rows, MeasuredWindow(0, 999_999, "steady")) == 0
    assert rates.output_token_rate(rows, MeasuredWindow(0, 1_000_000, "steady")) == 8
    assert rates.input_token_rate(rows, MeasuredWindow(0, 1_000_000, "steady")) == 20


def test_a_window_without_length_has_no_rates() -> None:
    nothing, empty = MeasuredWindow(0, 0, "whole"), SampleArrays.empty()
    assert rates.output_token_rate(empty, nothing) is None
    assert rates.start_rate(empty.start_offset_micros, nothing) is None


def test_equal_gaps_give_the_exact_rate_with_few_requests() -> None:
    starts = np.arange(10) * 100_000
    assert rates.start_rate(starts, MeasuredWindow(0, 900_000, "steady")) == pytest.approx(10)
    assert rates.start_rate(starts, MeasuredWindow(0, 1_000_000, "steady")) == pytest.approx(10)


def test_per_user_rate_is_the_median_of_reciprocals() -> None:
    assert rates.per_user_token_rate(np.array([10_000.0, 20_000.0, 50_000.0, 0.0, -1.0])) == 50
    assert rates.per_user_token_rate(np.array([-1.0])) is None


def closed_loop(concurrency: int, count: int, last_e2e: int = 1_000_000) -> SampleArrays:
    """Slots of one second each; the last request takes `last_e2e`."""
    rows = [{"start_offset_micros": i // concurrency * 1_000_000} for i in range(count)]
    return make_rows(*rows[:-1], rows[-1] | {"e2e_micros": last_e2e})


def test_M12_one_slow_request_at_the_end_does_not_stretch_the_window() -> None:
    slow = closed_loop(4, 40, last_e2e=120_000_000)
    window = count_window(slow, {})
    assert (window.start_micros, window.end_micros, window.kind) == (0, 9_000_000, "steady")
    assert rates.completion_rate(slow, slow.status == OK, window) == pytest.approx(4.0)


@pytest.mark.parametrize(("count", "kind"), [(8, "whole"), (12, "steady")])
def test_a_steady_state_needs_three_requests_per_slot(count: int, kind: str) -> None:
    assert count_window(closed_loop(4, count), {}).kind == kind


def test_too_few_requests_are_measured_whole() -> None:
    window = count_window(closed_loop(4, 4), {})
    assert (window.end_micros, window.kind) == (1_000_000, "whole")
    assert count_window(SampleArrays.empty(), {}) == MeasuredWindow(0, 0, "whole")


def test_ramp_down_begins_with_the_first_agent_that_has_nothing_left() -> None:
    rows = make_rows(
        *({"agent": 0, "start_offset_micros": i * 1_000_000} for i in range(10)),
        *({"agent": 1, "start_offset_micros": i * 500_000, "e2e_micros": 500_000} for i in range(10)),
    )
    assert count_window(rows, {}).end_micros == 4_500_000
    assert count_window(rows, {1: 4_600_000}).end_micros == 4_600_000
    assert count_window(rows, {0: 3_900_000, 1: 4_600_000}).end_micros == 3_900_000


@pytest.mark.parametrize(("seen", "end"), [(None, 20), (7, 7), (30, 20)])
def test_a_level_bounded_by_time_is_measured_to_its_end_or_as_far_as_seen(seen: int | None, end: int) -> None:
    assert time_window(20, seen) == MeasuredWindow(0, end, "steady")
