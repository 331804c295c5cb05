"""A level known by sums and sketches has the figures of the same level known by its requests."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given

from controller.report.document import build_result
from controller.report.facts import Folded, LevelFacts
from controller.report.measured import lease_shifts, measure
from controller.report.messages import objectives
from loadcell.folds import from_message, to_message
from loadcell.stats import rates
from loadcell.stats.columns import ERROR, OK
from loadcell.stats.fold import fold, merge_folds
from loadcell.stats.ordinals import Ordinals, pack, unpack
from loadcell.stats.window import MeasuredWindow
from loadcell.v1 import agent_pb2, result_pb2, sample_pb2, target_pb2
from tests.unit.report.run_facts import START, make_agent, make_lease, make_level, make_run
from tests.unit.report.same_results import CONFIG, THRESHOLDS, assert_same, assert_same_rates, busy_rows
from tests.unit.stats.sample_rows import make_rows, requests


def folded(facts: LevelFacts, batch_rows: int = 37) -> LevelFacts:
    """The same level as the store gives it when it does not keep its requests: folded batch by batch."""
    rows = facts.samples
    sums = (rows.status == OK) | (rows.status == ERROR)
    limits = objectives(THRESHOLDS)
    folds = {}
    ordinals = Ordinals()
    for lease in range(len(facts.leases)):
        mine = rows.where(sums & (rows.lease == lease) & (rows.warmup == 0))
        batches = [mine.rows(first, first + batch_rows) for first in range(0, len(mine), batch_rows)]
        stored = [to_message(fold(one, facts.finish_reasons, limits)).SerializeToString() for one in batches]
        folds[lease] = merge_folds(from_message(sample_pb2.SampleSums.FromString(one)) for one in stored)
        for one in batches:
            ordinals.add(unpack(pack(one.ordinal)))
    rest = rows.where(~sums)
    ordinals.add(rest.ordinal[rest.warmup == 0])
    return replace(facts, samples=rest, folded=Folded(folds, ordinals, limits))


def both(facts: LevelFacts, **changes: Any) -> tuple[result_pb2.RunResult, result_pb2.RunResult]:
    run = {"config": CONFIG, "agents": [make_agent("a"), make_agent("b")]} | changes
    return build_result(make_run(facts, **run)), build_result(make_run(folded(facts), **run))


LEASES = [make_lease(0), make_lease(1)]


def test_a_level_bounded_by_time_has_the_same_rates() -> None:
    rows = busy_rows(4_000, 20.0)
    plan = target_pb2.LevelPlan(rate=200.0, duration_micros=20_000_000)
    exact, sketched = both(make_level(rows, plan, leases=LEASES, finish_reasons=["stop", "length"]))
    assert_same(exact, sketched)
    assert_same_rates(exact.results[0], sketched.results[0])
    assert exact.results[0].verdict.status == sketched.results[0].verdict.status
    for name in ("throughput_tokens_per_sec_ci", "request_rate_per_sec_ci"):
        ends, same = getattr(exact.results[0], name), getattr(sketched.results[0], name)
        assert ends.high > ends.low > 0
        assert (same.low, same.high) == pytest.approx((ends.low, ends.high), rel=0.02)


def test_a_short_level_is_measured_as_a_whole() -> None:
    rows = busy_rows(40, 0.3)
    plan = target_pb2.LevelPlan(concurrency=40, request_count=20)
    exact, sketched = both(make_level(rows, plan, leases=LEASES, finish_reasons=["stop", "length"]))
    assert exact.results[0].window.kind == "whole"
    assert_same(exact, sketched)
    assert_same_rates(exact.results[0], sketched.results[0])


def test_the_arrivals_of_an_open_level_bounded_by_a_count_have_the_same_rate() -> None:
    rows = busy_rows(900, 9.0)
    plan = target_pb2.LevelPlan(rate=100.0, request_count=900)
    exact, sketched = both(make_level(rows, plan, leases=LEASES, finish_reasons=["stop", "length"]))
    assert_same(exact, sketched)
    assert sketched.results[0].achieved_rate == pytest.approx(exact.results[0].achieved_rate)
    assert sketched.results[0].unexecuted_requests == exact.results[0].unexecuted_requests == 20


def test_the_window_of_a_level_bounded_by_a_count_ends_with_a_tick() -> None:
    rows = busy_rows(3_000, 15.0)
    facts = make_level(
        rows, target_pb2.LevelPlan(concurrency=9, request_count=3_000), leases=LEASES, finish_reasons=["stop", "b"]
    )
    exact, sketched = both(facts)
    assert_same(exact, sketched)
    one, other = exact.results[0], sketched.results[0]
    assert one.window.kind == other.window.kind == "steady"
    assert 0 <= one.window.end_seconds - other.window.end_seconds < 0.1
    # In the window that it states the rates are those of the requests.
    level = measure(facts)
    window = MeasuredWindow(0, round(other.window.end_seconds * 1e6), "steady")
    assert window.end_micros % 100_000 == 0
    ok = level.rows.status == OK
    ended = level.rows.start_offset_micros + np.maximum(level.rows.e2e_micros, 0) < window.end_micros
    assert other.request_rate_per_sec == pytest.approx(float((ok & ended).sum()) / window.seconds)
    assert other.throughput_tokens_per_sec == pytest.approx(rates.output_token_rate(level.rows, window))
    assert other.input_throughput_tokens_per_sec == pytest.approx(rates.input_token_rate(level.rows, window))


def test_the_ledger_is_the_same_after_a_lost_agent() -> None:
    rows = busy_rows(600, 6.0)
    rows = replace(rows, ordinal=np.where(rows.ordinal == 500, 499, rows.ordinal))  # one was made twice
    lost = make_lease(
        0, state=agent_pb2.LEASE_STATE_EXPIRED, error="gone", end_ordinal=300, end_offset_micros=3_000_000
    )
    facts = make_level(
        rows,
        target_pb2.LevelPlan(rate=100.0, request_count=700),
        leases=[lost, make_lease(1, start_micros=START + 200_000)],
        finish_reasons=["stop", "length"],
    )
    exact, sketched = both(facts)
    one, other = exact.results[0], sketched.results[0]
    assert lease_shifts(facts).tolist() == [0, 200_000]
    assert_same(exact, sketched)
    assert any("made twice" in note for note in sketched.notes)
    outcomes = ("successful", "failed", "cancelled", "censored", "unexecuted")
    assert sum(getattr(other, f"{name}_requests") for name in outcomes) == 700 + 1
    assert sorted(one.verdict.reasons) == sorted(other.verdict.reasons)


@given(requests())
def test_any_requests_have_the_same_counts(given_rows: list[dict[str, Any]]) -> None:
    facts = make_level(
        make_rows(*given_rows), target_pb2.LevelPlan(rate=5.0, duration_micros=10_000_000), leases=LEASES
    )
    exact, sketched = both(facts)
    assert_same(exact, sketched)
    assert_same_rates(exact.results[0], sketched.results[0])


def test_ordinals_count_each_once() -> None:
    ordinals = Ordinals()
    for some in ([5, 3, 4], [0], [4, 9], [], [1, 2], [7]):
        ordinals.add(np.array(some, np.int64))
    assert len(ordinals) == len({0, 1, 2, 3, 4, 5, 7, 9})
    assert len(Ordinals()) == 0
