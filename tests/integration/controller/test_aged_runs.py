"""Runs whose requests have reached their age."""

from __future__ import annotations

import asyncio

import grpc
import pytest
from sqlalchemy import func, select

from controller.dispatch.results import rebuild_result
from controller.store.schema import traces
from loadcell.clock import wall_micros
from loadcell.v1 import run_pb2


async def test_result_outlives_the_requests_it_was_made_of(start, monkeypatch):
    first = await start(trace_retention_days=1)
    await first.agent()
    run_id = await first.create(num_prompts=10)
    await first.ended(run_id)
    result = await first.result(run_id)
    assert result.summary.total_requests == 10
    monkeypatch.setattr("controller.retention.wall_micros", lambda: wall_micros() + 3 * 86_400 * 1_000_000)
    second = await start(trace_retention_days=1)
    database = second.dispatcher.database
    async with asyncio.timeout(60):
        while await database.read(lambda c: c.execute(select(func.count()).select_from(traces)).scalar_one()):
            await asyncio.sleep(0.05)
    assert await second.result(run_id) == result
    # As when more arrives so late: it does not take the place of what is gone.
    assert await rebuild_result(database, run_id)
    assert await second.result(run_id) == result
    with pytest.raises(grpc.aio.AioRpcError) as gone:
        _ = [
            part
            async for part in second.runs.ExportRunResult(
                run_pb2.ExportRunResultRequest(run_id=run_id, format="jsonl")
            )
        ]
    assert "have reached their age" in (gone.value.details() or "")
    with pytest.raises(grpc.aio.AioRpcError, match="have reached their age"):
        await second.runs.GetRunTimeline(run_pb2.GetRunTimelineRequest(run_id=run_id))
