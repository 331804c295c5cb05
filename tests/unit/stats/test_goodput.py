"""Goodput against a loop over requests, and timelines against their encoder."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadcell.stats import timeline
from loadcell.stats.columns import CANCELLED, CENSORED, ERROR, OK, SampleArrays
from loadcell.stats.goodput import Objectives, assess
from loadcell.v1 import sample_pb2
from tests.unit.stats.sample_rows import make_rows, requests

limits = st.one_of(st.none(), st.floats(0, 2000), st.sampled_from([0.0, 500.0]))


def reference_good(row: dict[str, Any], limit: Objectives) -> list[bool]:
    """Whether the ttft, tpot and e2e objective is met."""
    tpot = row["tpot_micros"]
    no_second_token = row["completion_tokens"] == 1
    return [
        limit.ttft_ms is None or row["ttft_micros"] / 1000 <= limit.ttft_ms,
        limit.tpot_ms is None or (no_second_token if tpot < 0 else tpot / 1000 <= limit.tpot_ms),
        limit.e2e_ms is None or row["e2e_micros"] / 1000 <= limit.e2e_ms,
    ]


@given(requests(), st.builds(Objectives, limits, limits, limits))
def test_counts_match_a_loop_over_requests(rows: list[dict[str, Any]], limit: Objectives) -> None:
    judged = assess(make_rows(*rows), limit)
    ok = [row for row in rows if row["status"] == OK]
    met = [reference_good(row, limit) for row in ok]
    assert judged.satisfied == judged.good.sum() == sum(all(m) for m in met)
    for position, (bound, count) in enumerate(
        [
            (limit.ttft_ms, judged.ttft_satisfied),
            (limit.tpot_ms, judged.tpot_satisfied),
            (limit.e2e_ms, judged.e2e_satisfied),
        ]
    ):
        assert count == (None if bound is None else sum(m[position] for m in met))
    counted = sum(row["status"] != CANCELLED for row in rows)
    assert judged.percent == (pytest.approx(100 * judged.satisfied / counted) if counted else None)
    assert judged.percent_of_successes == (pytest.approx(100 * judged.satisfied / len(ok)) if ok else None)


def test_M11_failed_requests_stay_in_the_denominator() -> None:
    rows = make_rows({}, {"status": ERROR}, {"status": CENSORED}, {"status": CANCELLED})
    judged = assess(rows, Objectives(e2e_ms=1000.0))
    assert (judged.satisfied, judged.total, judged.percent_of_successes) == (1, 3, 100.0)
    assert judged.percent == pytest.approx(100 / 3)  # the cancelled one says nothing about the server


@pytest.mark.parametrize(("micros", "limit", "met"), [(4350, 4.35, 1), (4351, 4.35, 0), (1_100, 1.1, 1)])
def test_a_value_equal_to_its_objective_meets_it(micros: int, limit: float, met: int) -> None:
    assert assess(make_rows({"ttft_micros": micros}), Objectives(ttft_ms=limit)).satisfied == met


def test_a_single_token_meets_a_tpot_objective_but_an_unknown_tpot_does_not() -> None:
    rows = make_rows({"completion_tokens": 1, "tpot_micros": -1.0}, {"completion_tokens": 9, "tpot_micros": -1.0})
    assert assess(rows, Objectives(tpot_ms=50.0)).good.tolist() == [True, False]


def test_the_first_token_of_a_response_that_is_not_streamed_comes_at_its_end() -> None:
    rows = make_rows({"ttft_micros": -1, "e2e_micros": 400_000}, {"ttft_micros": -1, "e2e_micros": 600_000})
    assert assess(rows, Objectives(ttft_ms=500.0)).good.tolist() == [True, False]


def test_no_requests_have_no_percentage() -> None:
    judged = assess(SampleArrays.empty(), Objectives(ttft_ms=1.0))
    assert (judged.percent, judged.percent_of_successes, judged.ttft_satisfied) == (None, None, 0)


def test_status_numbers_are_those_of_the_contract() -> None:
    names = ("OK", "ERROR", "CANCELLED", "CENSORED")
    assert [sample_pb2.SampleStatus.Value(f"SAMPLE_STATUS_{n}") for n in names] == [OK, ERROR, CANCELLED, CENSORED]


def varint(number: int) -> bytes:
    head, rest = number & 0x7F, number >> 7
    return bytes([head | 0x80]) + varint(rest) if rest else bytes([head])


def encode(events: list[tuple[int, int]]) -> bytes:
    return b"".join(varint(number) for event in events for number in event)


@given(st.lists(st.tuples(st.integers(0, 10**10), st.integers(0, 10**4)), max_size=40))
def test_timelines_decode_to_what_was_encoded(events: list[tuple[int, int]]) -> None:
    times, tokens = timeline.decode(encode(events))
    assert times.tolist() == np.cumsum([gap for gap, _ in events]).astype(int).tolist()
    assert tokens.tolist() == [k for _, k in events]


@pytest.mark.parametrize("broken", [b"\x80", b"\x01", b"\x01\x02\x03", b"\x01\x82", b"\x80" * 9 + b"\x01\x01"])
def test_broken_timelines_are_refused(broken: bytes) -> None:
    with pytest.raises(ValueError, match="timeline"):
        timeline.decode(broken)
