"""How much of a run is done, whatever arrives."""

from hypothesis import given
from hypothesis import strategies as st

from controller.live.run import LiveRun
from controller.query.progress import ended_progress
from loadcell.cli.progress import describe
from loadcell.v1 import result_pb2, run_pb2, target_pb2
from tests.unit.stats.sample_rows import make_rows

PLANS = [
    target_pb2.LevelPlan(concurrency=4, request_count=20),
    target_pb2.LevelPlan(index=1, rate=5.0, duration_micros=10_000_000),
]


@given(st.integers(0, 60), st.integers(0, 60), st.floats(0, 1e6), st.sampled_from([0, 1, 2]))
def test_F11_progress_never_passes_100_percent_and_is_one_line_a_level(first, second, now, finished):
    run = LiveRun("r", PLANS, target_pb2.GoodputThresholds())
    for index, count in enumerate((first, second)):
        run.level(index).begin(0.0)
        run.fold(index, make_rows(*[{}] * count), [], now)
        if index < finished:
            run.level(index).finish(now)
    update = run.describe(now)
    assert 0 <= update.overall_percent <= 100
    for level in update.levels:
        assert 0 <= level.percent <= 100
        assert level.current <= level.total
        line = describe(level)
        assert line.startswith(("c=4: ", "5/s: "))
        assert "\n" not in line


@given(st.integers(0, 60), st.integers(1, 30))
def test_F11_progress_of_an_ended_run_never_passes_100_percent(measured, planned):
    result = result_pb2.RunResult()
    result.results.add(total_requests=measured, planned_requests=planned)
    update = ended_progress(run_pb2.Run(state=run_pb2.RUN_STATE_FAILED), result, 1)
    assert update.levels[0].percent == update.overall_percent == min(100, 100 * measured / planned)
