"""Live figures: the same numbers as the final ones, whatever the order of batches."""

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given

from controller.live.level import LiveLevel
from controller.live.recent import RecentRate
from controller.live.run import LiveRun
from loadcell import sketches
from loadcell.stats.columns import ERROR, OK, SampleArrays
from loadcell.stats.goodput import Objectives
from loadcell.stats.sketch import bucket_counts
from loadcell.v1 import agent_pb2, result_pb2, sample_pb2, target_pb2
from tests.unit.stats.sample_rows import make_rows, requests

COUNTED = target_pb2.LevelPlan(concurrency=4, request_count=20)
TIMED = target_pb2.LevelPlan(index=1, rate=5.0, duration_micros=10_000_000)


def test_a_level_counts_what_its_batches_hold() -> None:
    level = LiveLevel(COUNTED, Objectives(ttft_ms=150.0))
    level.begin(100.0)
    itl = sketches.to_message("itl", bucket_counts(np.full(9, 100_000.0)))
    icl = sketches.to_message("icl", bucket_counts(np.full(99, 1.0)))
    level.fold(make_rows({}, {"ttft_micros": 200_000}, {"warmup": 1}), [itl, icl], 101.0)
    level.fold(make_rows({"status": ERROR, "error_class": sample_pb2.ERROR_CLASS_TIMEOUT}), [itl], 102.0)
    level.progress(agent_pb2.LeaseProgress(lease_id="a", in_flight=3))
    level.progress(agent_pb2.LeaseProgress(lease_id="b", in_flight=1))
    shown = level.describe(102.0)
    assert (shown.completed, shown.success_count, shown.error_count, shown.good_count) == (3, 2, 1, 1)
    assert dict(shown.errors) == {"timeout": 1}
    assert (shown.input_tokens, shown.output_tokens, shown.in_flight) == (40, 20, 4)
    assert (shown.current, shown.total, shown.percent, shown.elapsed_seconds) == (3, 20, 15.0, 2.0)
    assert (shown.ttft.count, shown.itl.count, shown.e2e.count) == (2, 18, 2)
    assert shown.ttft.p50 == pytest.approx(100.0, rel=0.005)
    assert (shown.request_rate, shown.token_rate) == (1.5, 10.0)
    assert (shown.concurrency, shown.verdict, shown.finished) == (4, "clean", False)
    metrics = level.metrics(102.0)
    assert [s.metric for s in metrics.sketches] == ["ttft", "itl", "e2e"]
    assert (metrics.objectives_set, LiveLevel(COUNTED, Objectives()).metrics(0.0).objectives_set) == (True, False)


def test_what_comes_late_of_a_level_that_has_ended_is_in_its_metrics() -> None:
    level = LiveLevel(COUNTED, Objectives())
    level.fold(make_rows({}), [], 1.0)
    level.progress(agent_pb2.LeaseProgress(lease_id="a", in_flight=1))
    level.finish(2.0)
    first = level.metrics(3.0)
    assert (first.progress.completed, first.progress.in_flight, first.progress.finished) == (1, 0, True)
    assert level.metrics(60.0) == first
    level.fold(make_rows({}), [], 61.0)
    assert level.metrics(62.0).progress.completed == 2
    level.progress(agent_pb2.LeaseProgress(lease_id="a", in_flight=1))
    assert level.metrics(63.0).progress.in_flight == 1
    level.forget("a")
    assert level.metrics(64.0).progress.in_flight == 0


@given(requests())
def test_batches_may_come_in_any_order(rows: list[dict[str, Any]]) -> None:
    batches = [make_rows(*rows[i::3]) for i in range(3)]
    shown = []
    for order in itertools.permutations(batches):
        level = LiveLevel(COUNTED, Objectives(e2e_ms=500.0))
        level.begin(0.0)
        for batch in order:
            level.fold(batch, [], 1.0)
        shown.append(level.metrics(1.0))
    assert all(s == shown[0] for s in shown)
    assert shown[0].progress.success_count == sum(row["status"] == OK for row in rows)


def test_a_corrupt_sketch_adds_nothing() -> None:
    level = LiveLevel(COUNTED, Objectives())
    with pytest.raises(ValueError, match="sketch 'itl'"):
        level.fold(make_rows({}), [sample_pb2.Sketch(metric="itl", accuracy=0.5)], 1.0)
    assert level.describe(1.0).completed == 0


def test_F12_a_level_bounded_by_time_shows_figures_and_never_passes_100_percent() -> None:
    level = LiveLevel(TIMED, Objectives())
    level.begin(50.0)
    level.fold(make_rows({}), [], 52.0)
    shown = level.describe(52.5)
    assert (shown.current, shown.total, shown.percent, shown.completed) == (2.5, 10.0, 25.0, 1)
    assert (shown.requested_rate, shown.HasField("concurrency")) == (5.0, False)
    late = level.describe(75.0)
    assert (late.current, late.percent, late.finished) == (10.0, 100.0, False)


def test_a_finished_level_stands_still() -> None:
    level = LiveLevel(COUNTED, Objectives())
    level.begin(0.0)
    level.progress(agent_pb2.LeaseProgress(lease_id="a", in_flight=2))
    level.fold(make_rows({}), [], 1.0)
    level.finish(2.0)
    assert level.describe(2.0) == level.describe(900.0)
    assert (level.describe(3.0).in_flight, level.share_done(3.0)) == (0, 1.0)


def test_a_sick_agent_shows_while_the_run_goes_on() -> None:
    level = LiveLevel(COUNTED, Objectives())
    level.progress(agent_pb2.LeaseProgress(lease_id="a", health=result_pb2.WorkerHealth(cpu_share=0.2)))
    assert level.describe(0.0).verdict == "clean"
    level.progress(
        agent_pb2.LeaseProgress(lease_id="b", health=result_pb2.WorkerHealth(cpu_share=0.99), in_flight=7)
    )
    assert level.describe(0.0).verdict == "client_limited"
    level.forget("b")
    assert level.describe(0.0).in_flight == 0


def test_rates_forget_after_five_seconds_and_memory_stays_constant() -> None:
    recent = RecentRate()
    for tick in range(100_000):
        recent.add(tick * 0.01, 1, 10)
    assert len(recent._slots) <= 22
    assert recent.per_second(1000.0, 1000.0) == pytest.approx((100.0, 1000.0), rel=0.06)
    assert recent.per_second(1006.0, 1006.0) == (0.0, 0.0)


def test_a_run_adds_up_its_levels() -> None:
    run = LiveRun("r", [COUNTED, TIMED], target_pb2.GoodputThresholds())
    assert (run.percent(0.0), run.eta_seconds(0.0), len(run.describe(0.0).levels)) == (0.0, None, 0)
    run.level(0).begin(0.0)
    run.fold(0, make_rows(*[{}] * 5), [], 2.0)
    run.progress(0, agent_pb2.LeaseProgress(lease_id="a", in_flight=4))
    update = run.describe(2.0)
    assert (update.level_count, len(update.levels), update.overall_percent) == (2, 1, 12.5)
    assert update.eta_seconds == pytest.approx(6.0 + 10.0)
    run.level(0).finish(8.0)
    run.level(1).begin(8.0)
    assert (run.percent(13.0), run.eta_seconds(13.0)) == (75.0, 5.0)
    metrics = run.metrics("m", "running", 13.0)
    assert (metrics.run_id, metrics.model, metrics.status, len(metrics.levels)) == ("r", "m", "running", 2)
    run.level(1).finish(18.0)
    assert (run.percent(18.0), run.eta_seconds(18.0)) == (100.0, 0.0)


def test_levels_not_begun_are_taken_to_last_like_the_others() -> None:
    run = LiveRun("r", [COUNTED, COUNTED, COUNTED], target_pb2.GoodputThresholds())
    run.level(0).begin(0.0)
    run.level(0).finish(10.0)
    run.level(1).begin(10.0)
    assert run.eta_seconds(10.0) is None
    run.fold(1, make_rows(*[{}] * 10), [], 20.0)
    assert run.eta_seconds(20.0) == pytest.approx(10.0 + 15.0)


def test_an_empty_batch_changes_nothing() -> None:
    level = LiveLevel(COUNTED, Objectives())
    level.fold(SampleArrays.empty(), [], 1.0)
    assert (level.describe(1.0).completed, level.describe(1.0).ttft.HasField("p50")) == (0, False)
