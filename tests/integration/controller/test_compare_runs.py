"""Comparisons and gates, asked of a controller."""

from __future__ import annotations

import sqlite3

import grpc
import pytest

from loadcell.rpc_errors import from_rpc_error
from loadcell.v1 import run_pb2


async def compared(controller, run_ids, gates=()) -> run_pb2.CompareRunsResponse:
    return await controller.runs.CompareRuns(run_pb2.CompareRunsRequest(run_ids=run_ids, gates=gates))


async def refusal(controller, run_ids, gates=()) -> tuple[str, str | None, str]:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await compared(controller, run_ids, gates)
    error = from_rpc_error(refused.value)
    return error.reason, error.field, error.message


async def finished(controller, **fields: object) -> str:
    run_id = await controller.create(**fields)
    await controller.ended(run_id)
    return run_id


async def test_gates_of_runs(controller):
    await controller.agent()
    first, second = [await finished(controller) for _ in range(2)]
    answer = await compared(controller, [first, second], ["ttft.p50:+5%", "ttft.p99:+5%"])
    # The scripted agent always measures the same, and too little for a p99.
    assert [(outcome.gate, outcome.passed) for outcome in answer.gates] == [
        ("ttft.p50:+5%", True),
        ("ttft.p99:+5%", False),
    ]
    assert not answer.gates_passed
    (delta,) = (delta for delta in answer.deltas if delta.metric == "ttft.p50")
    assert (delta.run_id, delta.level, delta.change, delta.verdict) == (second, "1", 0.0, "no_difference")
    for gates in (["ttft:+5%"], ["ttft.p50:-5%"], ["x" * 200], ["ttft.p50:+5%"] * 51):
        assert (await refusal(controller, [first, second], gates))[1] == "gates"


async def test_settings_that_differ_are_told_and_equal_ones_are_not(controller):
    await controller.agent()
    base = await finished(controller, input_len=512, concurrency=[1, 2])
    same = await finished(controller, input_len=512, concurrency=[1, 2], seed=7, labels={"a": "b"})
    other = await finished(
        controller, input_len=64, concurrency=[1], api_key="hidden-key", headers={"X-Tier": "hidden-tier"}
    )
    answer = await compared(controller, [base, same, other])
    told = [(found.run_id, found.setting, found.base_value, found.value) for found in answer.setting_differences]
    assert told == [
        (other, "input_len", "512 tokens", "64 tokens"),
        (other, "header_names", "none", "x-tier"),
        (other, "levels_not_compared", "c=2", "none"),
    ]
    assert "hidden" not in str(answer)
    assert not (await compared(controller, [base, same])).setting_differences


async def test_baseline_stands_for_the_newest_run_marked_so(controller):
    await controller.agent()
    old, newest, other_model, other_project, current = [
        await finished(controller, **fields) for fields in ({}, {}, {}, {"project_id": "p"}, {})
    ]
    reason, field, message = await refusal(controller, ["baseline", current])
    assert (reason, field) == ("RUN_NOT_FOUND", "run_ids")
    assert "no completed run of model 'm' in project 'default' is marked as baseline" in message
    with sqlite3.connect(controller.database) as database:
        database.execute("UPDATE benchmark_runs SET baseline = TRUE")
        database.execute("UPDATE benchmark_runs SET model = 'n' WHERE run_id = ?", (other_model,))
    database.close()
    for run_ids in (["baseline", current], [current, "baseline"]):
        answer = await compared(controller, run_ids)
        against = [newest if run_id == "baseline" else run_id for run_id in run_ids]
        assert [figures.run_id for figures in answer.by_concurrency["1"].runs] == answer.run_ids == against
    assert (await compared(controller, ["baseline", newest, current])).deltas[0].run_id == newest
    answer = await compared(controller, ["baseline", newest, current])
    assert answer.by_concurrency["1"].runs[0].run_id == old
    for alone in (other_model, other_project):
        assert (await refusal(controller, ["baseline", alone]))[0] == "RUN_NOT_FOUND"
    assert (await refusal(controller, ["baseline", "baseline"]))[0] == "INVALID_FIELD_VALUE"
    assert (await refusal(controller, ["baseline", "missing"]))[2] == "there is no run missing"
