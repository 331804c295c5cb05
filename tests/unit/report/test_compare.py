"""Runs side by side."""

import math

import pytest

from controller.query.compare import compare
from controller.query.figures import Figure
from controller.query.gates import read_gates
from loadcell.errors import LoadcellError
from loadcell.stats.gates import HIGHER_IS_BETTER, LATENCIES, LOWER_IS_BETTER, STATISTICS
from loadcell.v1 import result_pb2, run_pb2


def level(
    concurrency: int | None, tokens: float | None, ttft: float | None, rate: float | None = None
) -> result_pb2.LevelResult:
    return result_pb2.LevelResult(
        concurrency=concurrency,
        requested_rate=rate,
        throughput_tokens_per_sec=tokens,
        ttft=result_pb2.LatencyStats(p50=ttft),
        successful_requests=0 if ttft is None else 10,
        verdict=result_pb2.Verdict(status="clean"),
    )


def run(name: str, *levels: result_pb2.LevelResult) -> result_pb2.RunResult:
    return result_pb2.RunResult(run_id=name, results=levels)


def test_F9_every_level_is_filled_and_missing_ones_are_absent() -> None:
    response = compare(
        [
            run("a", level(1, 100.0, 50.0), level(10, 500.0, 80.0)),
            run("b", level(1, 110.0, 40.0), level(None, 900.0, 90.0, rate=12.5)),
        ]
    )
    assert (response.run_count, response.run_ids) == (2, ["a", "b"])
    assert sorted(response.by_concurrency) == ["1", "10", "rate:12.5"]
    ones = response.by_concurrency["1"].runs
    assert [f.run_id for f in ones] == ["a", "b"]
    assert ones[0].throughput_change_percent == 0.0
    assert ones[1].throughput_change_percent == pytest.approx(10.0)
    assert ones[1].ttft_p50_change_percent == pytest.approx(-20.0)
    assert [f.run_id for f in response.by_concurrency["10"].runs] == ["a"]
    assert not response.by_concurrency["rate:12.5"].runs[0].HasField("throughput_change_percent")
    assert (response.best_throughput.run_id, response.best_throughput.rate) == ("b", 12.5)
    assert not response.best_throughput.HasField("concurrency")
    assert (response.best_ttft.run_id, response.best_ttft.value, response.best_ttft.concurrency) == ("b", 40.0, 1)


def test_F9_no_infinity_from_a_base_of_zero_or_from_failed_runs() -> None:
    response = compare(
        [run("a", level(1, 0.0, 0.0)), run("b", level(1, 5.0, 5.0)), run("c", level(1, math.inf, math.nan))]
    )
    changed = response.by_concurrency["1"].runs
    assert not any(
        f.HasField("throughput_change_percent") or f.HasField("ttft_p50_change_percent") for f in changed
    )
    assert not changed[2].HasField("ttft_p50")


def test_M16_runs_without_successes_have_no_best() -> None:
    response = compare([run("a", level(1, None, None)), run("b")])
    assert not response.HasField("best_ttft")
    assert not response.HasField("best_throughput")


def measured(
    p50: float, ends: tuple[float, float] | None = None, *, p99: float | None = None, failed: int = 0, tokens=100.0
) -> result_pb2.LevelResult:
    ttft = result_pb2.LatencyStats(p50=p50, p99=p99)
    if ends is not None:
        ttft.p50_ci.CopyFrom(result_pb2.Interval(low=ends[0], high=ends[1]))
    return result_pb2.LevelResult(
        concurrency=4,
        ttft=ttft,
        throughput_tokens_per_sec=tokens,
        error_rate_percent=failed / 10,
        failed_requests=failed,
        total_requests=1000,
        successful_requests=1000 - failed,
    )


def changes(response: run_pb2.CompareRunsResponse) -> dict[tuple[str, str], run_pb2.MetricDelta]:
    return {(delta.run_id, delta.metric): delta for delta in response.deltas}


def test_a_change_is_better_or_worse_only_beyond_chance() -> None:
    found = changes(
        compare(
            [
                run("a", measured(100.0, (98.0, 102.0))),
                run("near", measured(101.0, (99.0, 103.0), failed=1)),
                run("slow", measured(120.0, (117.0, 123.0), failed=50)),
                run("fast", measured(80.0, (79.0, 81.0))),
                run("unsure", measured(50.0)),
            ]
        )
    )
    verdicts = {run_id: found[run_id, "ttft.p50"].verdict for run_id in ("near", "slow", "fast", "unsure")}
    assert verdicts == {"near": "no_difference", "slow": "worse", "fast": "better", "unsure": "unknown"}
    slow = found["slow", "ttft.p50"]
    assert (slow.level, slow.unit, slow.base_value, slow.value, slow.change) == ("4", "ms", 100.0, 120.0, 20.0)
    assert slow.change_percent == pytest.approx(20.0)
    # Zou and Donner: the distances to the ends that face each other, squared and added.
    assert (slow.change_low, slow.change_high) == pytest.approx((20 - math.hypot(3, 2), 20 + math.hypot(3, 2)))
    assert found["slow", "error_rate"].verdict == "worse"
    assert found["near", "error_rate"].verdict == "no_difference"
    assert not found["near", "error_rate"].HasField("change_percent")  # of nothing there is no share
    assert found["unsure", "throughput"].verdict == "unknown"
    assert not found["unsure", "ttft.p50"].HasField("change_low")
    assert ("slow", "goodput") not in found  # neither has one


def test_rates_are_compared_by_their_intervals() -> None:
    levels = [measured(1.0, tokens=100.0), measured(1.0, tokens=80.0)]
    for level_, ends in zip(levels, ((97.0, 103.0), (76.0, 84.0)), strict=True):
        level_.throughput_tokens_per_sec_ci.CopyFrom(result_pb2.Interval(low=ends[0], high=ends[1]))
    found = changes(compare([run(name, level_) for name, level_ in zip("ab", levels, strict=True)]))
    assert (found["b", "throughput"].verdict, found["b", "throughput"].change_high) == ("worse", -15.0)


def test_a_figure_that_one_run_lacks_has_no_change() -> None:
    found = changes(compare([run("a", measured(1.0, p99=9.0)), run("b", measured(1.0))]))["b", "ttft.p99"]
    assert (found.base_value, found.HasField("value"), found.HasField("change")) == (9.0, False, False)
    assert (found.verdict, found.unknown_reason) == ("unknown", "only one of the runs has this figure")


def test_an_unknown_verdict_says_why() -> None:
    with_gaps = measured(1.0, (0.9, 1.1))
    with_gaps.itl.CopyFrom(result_pb2.LatencyStats(p50=0.1, count=100_000))
    with_gaps.tpot.CopyFrom(result_pb2.LatencyStats(p50=0.1, count=3))
    found = changes(compare([run("a", with_gaps), run("b", with_gaps)]))
    reasons = {metric: found["b", metric].unknown_reason for metric in ("itl.p50", "tpot.p50", "throughput")}
    assert reasons == {
        "itl.p50": "gaps of a request depend on one another, so that their number gives no interval; tpot has one",
        "tpot.p50": "a run has too few requests for an interval",
        "throughput": "a run was too short, or its rate not steady for long enough, for an interval",
    }
    assert {delta.metric for delta in found.values() if not delta.unknown_reason} == {"ttft.p50", "error_rate"}


def test_F14_equal_levels_are_compared_in_their_order() -> None:
    twice = [
        run("a", measured(10.0), measured(20.0)),
        run("b", measured(11.0), measured(22.0), measured(33.0)),
    ]
    medians = [(delta.base_value, delta.value) for delta in compare(twice).deltas if delta.metric == "ttft.p50"]
    assert medians == [(10.0, 11.0), (20.0, 22.0)]


def test_gates_are_held_against_every_run_and_level() -> None:
    gates = read_gates(["ttft.p50:+5%", "throughput:-3%", "ttft.p99:+5%"])
    runs = [run("a", measured(100.0)), run("b", measured(105.0, tokens=97.0)), run("c", measured(106.0))]
    response = compare(runs, gates)
    passed = {(outcome.gate, outcome.run_id): outcome.passed for outcome in response.gates}
    assert passed == {
        ("ttft.p50:+5%", "b"): True,  # at the limit
        ("ttft.p50:+5%", "c"): False,
        ("throughput:-3%", "b"): True,
        ("throughput:-3%", "c"): True,
        ("ttft.p99:+5%", "b"): False,  # not known
        ("ttft.p99:+5%", "c"): False,
    }
    missed = next(outcome for outcome in response.gates if not outcome.passed)
    assert (missed.level, missed.limit, missed.change) == ("4", 105.0, 6.0)
    assert "from 100 to 106" in missed.sentence
    assert response.HasField("gates_passed")
    assert not response.gates_passed
    assert compare(runs, read_gates(["ttft.p50:+6%"])).gates_passed
    assert not compare(runs).HasField("gates_passed")


def test_a_gate_is_missed_without_a_level_in_common() -> None:
    response = compare([run("a", level(1, 1.0, 1.0)), run("b", level(2, 1.0, 1.0))], read_gates(["ttft.p50:+5%"]))
    (outcome,) = response.gates
    assert (outcome.passed, outcome.level, outcome.run_id) == (False, "", "b")
    assert "no level in common" in outcome.sentence
    assert not response.deltas


def test_more_levels_than_fit_an_answer_are_refused() -> None:
    levels = [level(number, 1.0, 1.0) for number in range(1, 502)]
    with pytest.raises(LoadcellError) as refused:
        compare([run(name, *levels) for name in "abc"])
    assert (refused.value.reason, refused.value.field) == ("LIMIT_EXCEEDED", "run_ids")
    gates = read_gates([f"ttft.p50:+{n}%" for n in range(50)])
    with pytest.raises(LoadcellError) as refused:
        compare([run(name, *levels) for name in "ab"], gates)
    assert (refused.value.reason, refused.value.field) == ("LIMIT_EXCEEDED", "gates")
    with pytest.raises(LoadcellError, match="51 gates"):
        read_gates(["ttft.p50:+5%"] * 51)


@pytest.mark.parametrize("metric", [*LATENCIES, *HIGHER_IS_BETTER, *LOWER_IS_BETTER])
def test_every_figure_of_a_gate_is_found_in_a_level(metric: str) -> None:
    statistics = STATISTICS if metric in LATENCIES else ("",)
    level_ = result_pb2.LevelResult()
    for name in ("ttft", "ttfot", "tpot", "itl", "icl", "e2e_latency", "response_time", "schedule_delay"):
        for number, statistic in enumerate(STATISTICS):
            setattr(getattr(level_, name), statistic, number)
    for name in ("throughput_tokens_per_sec", "input_throughput_tokens_per_sec", "request_rate_per_sec"):
        setattr(level_, name, 0)
    level_.error_rate_percent = level_.goodput.goodput_percent = 0
    for number, statistic in enumerate(statistics):
        assert Figure(metric, statistic).value(level_) == number
        assert Figure(metric, statistic).value(result_pb2.LevelResult()) is None
