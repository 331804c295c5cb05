"""Runs side by side."""

import math

import pytest

from controller.query.compare import compare
from loadcell.v1 import result_pb2


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
    assert response.run_count == 2
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
