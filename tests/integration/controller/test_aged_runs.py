"""Runs whose requests have reached their age."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import grpc
import pytest
from sqlalchemy import func, select

from controller.dispatch import results
from controller.dispatch.results import rebuild_result
from controller.query import files
from controller.query.files import export
from controller.scope import Scope
from controller.store.database import Connection
from controller.store.retention import Left, expire_requests
from controller.store.schema import traces
from loadcell.clock import wall_micros
from loadcell.errors import LoadcellError
from loadcell.v1 import run_pb2
from tests.patience import PATIENCE_SECONDS

DAY_MICROS = 86_400 * 1_000_000


def expire_all(connection: Connection) -> None:
    """Do what retention does, of everything there is."""
    while expire_requests(connection, (wall_micros() // DAY_MICROS + 3) * DAY_MICROS) is Left.MORE:
        pass


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


@pytest.mark.parametrize("moment", ["before it is read", "while it is read"])
async def test_result_stays_when_requests_reach_their_age_while_it_is_made_again(
    start, place, monkeypatch, moment
):
    controller = await start(database=place)
    await controller.agent()
    run_id = await controller.create(num_prompts=10)
    await controller.ended(run_id)
    result = await controller.result(run_id)
    database, loop = controller.dispatcher.database, asyncio.get_running_loop()

    def before(work: Callable) -> Callable:
        def late(connection: Connection, run: object) -> object:
            expire_all(connection)
            return work(connection, run)

        return late

    def meanwhile(work: Callable) -> Callable:
        def late(connection: Connection, run: object) -> object:
            # By another connection: this one has begun to read.
            asyncio.run_coroutine_threadsafe(database.write(expire_all), loop).result(PATIENCE_SECONDS)
            return work(connection, run)

        return late

    if moment == "before it is read":
        monkeypatch.setattr(results, "censor_stopped", before(results.censor_stopped))
    else:
        monkeypatch.setattr(results, "compute_result", meanwhile(results.compute_result))
    assert await rebuild_result(database, run_id)
    assert not await database.read(lambda c: c.execute(select(func.count()).select_from(traces)).scalar_one())
    assert await controller.result(run_id) == result


async def test_download_of_requests_that_reach_their_age_meanwhile_ends_with_an_error(start, place, monkeypatch):
    monkeypatch.setattr(files, "PAGE_ROWS", 3)
    controller = await start(database=place)
    await controller.agent()
    run_id = await controller.create(num_prompts=10)
    await controller.ended(run_id)
    database = controller.dispatcher.database
    pieces = export(database, run_pb2.ExportRunResultRequest(run_id=run_id, format="jsonl"), Scope.everything())
    first = await anext(pieces)
    assert first.count(b"\n") == 3
    await database.write(expire_all)
    with pytest.raises(LoadcellError, match="have reached their age"):
        _ = [piece async for piece in pieces]
