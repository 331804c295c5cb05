"""Sets finished runs side by side."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from controller.query.deltas import deltas
from controller.query.gates import outcomes
from controller.query.pairs import key_of, pair_levels
from controller.query.setting_differences import setting_differences
from loadcell.stats.gates import Gate
from loadcell.v1 import result_pb2, run_pb2


def compare(
    results: Sequence[result_pb2.RunResult], gates: Mapping[str, Gate] | None = None
) -> run_pb2.CompareRunsResponse:
    """Return the comparison of results, in their order; changes are against the first one.

    A level that a run did not have is simply absent there; a figure that is not defined stays unset, so no
    infinity and no NaN ever appears. Only levels with successes can be best.

    Args:
        results: Two or more.
        gates: What must hold, by how it is written.

    Raises:
        LoadcellError: LIMIT_EXCEEDED, there are too many levels.
    """
    pairs = pair_levels(results)
    response = run_pb2.CompareRunsResponse(
        run_count=len(results),
        run_ids=[result.run_id for result in results],
        deltas=deltas(pairs),
        setting_differences=setting_differences(results),
    )
    if gates:
        response.gates.extend(outcomes(gates, pairs, [result.run_id for result in results[1:]]))
        response.gates_passed = all(outcome.passed for outcome in response.gates)
    for result in results:
        for level in result.results:
            response.by_concurrency[key_of(level)].runs.append(_figures(result.run_id, level))
    for compared in response.by_concurrency.values():
        _add_changes(compared, results[0].run_id)
    served = [(r.run_id, level) for r in results for level in r.results if level.successful_requests]
    _best_throughput(response, served)
    _best_ttft(response, served)
    return response


def _figures(run_id: str, level: result_pb2.LevelResult) -> run_pb2.ComparedFigures:
    figures = run_pb2.ComparedFigures(run_id=run_id, verdict=level.verdict.status)
    for name, source, field in (
        ("throughput_tokens_per_sec", level, "throughput_tokens_per_sec"),
        ("request_rate_per_sec", level, "request_rate_per_sec"),
        ("ttft_p50", level.ttft, "p50"),
        ("ttft_p99", level.ttft, "p99"),
        ("tpot_p50", level.tpot, "p50"),
        ("e2e_p50", level.e2e_latency, "p50"),
        ("e2e_p99", level.e2e_latency, "p99"),
        ("error_rate_percent", level, "error_rate_percent"),
        ("goodput_percent", level.goodput, "goodput_percent"),
    ):
        if source.HasField(field) and math.isfinite(getattr(source, field)):
            setattr(figures, name, getattr(source, field))
    return figures


def _add_changes(compared: run_pb2.ComparedLevel, base_run_id: str) -> None:
    base = next((f for f in compared.runs if f.run_id == base_run_id), None)
    if base is None:
        return
    for figures in compared.runs:
        for name, change in (
            ("throughput_tokens_per_sec", "throughput_change_percent"),
            ("ttft_p50", "ttft_p50_change_percent"),
        ):
            # A change from zero has no percentage.
            if figures.HasField(name) and getattr(base, name) > 0:
                before = getattr(base, name)
                setattr(figures, change, 100.0 * (getattr(figures, name) - before) / before)


def _best_throughput(
    response: run_pb2.CompareRunsResponse, served: Sequence[tuple[str, result_pb2.LevelResult]]
) -> None:
    candidates = [entry for entry in served if entry[1].HasField("throughput_tokens_per_sec")]
    if candidates:
        run_id, level = max(candidates, key=lambda entry: entry[1].throughput_tokens_per_sec)
        response.best_throughput.CopyFrom(_best(run_id, level, level.throughput_tokens_per_sec))


def _best_ttft(
    response: run_pb2.CompareRunsResponse, served: Sequence[tuple[str, result_pb2.LevelResult]]
) -> None:
    candidates = [entry for entry in served if entry[1].ttft.HasField("p50")]
    if candidates:
        run_id, level = min(candidates, key=lambda entry: entry[1].ttft.p50)
        response.best_ttft.CopyFrom(_best(run_id, level, level.ttft.p50))


def _best(run_id: str, level: result_pb2.LevelResult, value: float) -> run_pb2.BestValue:
    return run_pb2.BestValue(
        run_id=run_id,
        value=value,
        concurrency=level.concurrency if level.HasField("concurrency") else None,
        rate=level.requested_rate if level.HasField("requested_rate") else None,
    )
