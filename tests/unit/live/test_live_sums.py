"""The live figures of a level that is taken over are made of what its batches add up to."""

from __future__ import annotations

from controller.live.level import LiveLevel
from controller.report.messages import objectives
from loadcell.stats.columns import CANCELLED, ERROR, OK
from loadcell.stats.fold import fold
from loadcell.v1 import target_pb2
from tests.unit.report.same_results import THRESHOLDS, busy_rows

LIMITS = objectives(THRESHOLDS)


def test_sums_count_as_the_requests_do() -> None:
    rows = busy_rows(800, 5.0)
    rows = rows.where((rows.warmup == 0) & ((rows.status == OK) | (rows.status == ERROR)))
    assert (rows.status == ERROR).any()
    assert not (rows.status == CANCELLED).any()
    plan = target_pb2.LevelPlan(concurrency=9, request_count=900)
    one, other = LiveLevel(plan, LIMITS), LiveLevel(plan, LIMITS)
    one.fold(rows, [], 3.0)
    other.fold_sums(fold(rows, ["stop", "length"], LIMITS), 3.0)
    assert one.describe(4.0) == other.describe(4.0)
    assert one.describe(4.0).good_count > 0
    assert one.metrics(4.0) == other.metrics(4.0)
    beyond = one.newly_beyond()
    assert {found.name for found in beyond} == {"ttft_ms", "tpot_ms", "e2e_ms"}
    assert beyond == other.newly_beyond()
