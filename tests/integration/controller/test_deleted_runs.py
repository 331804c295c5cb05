"""Deleting a run comes to its end whoever leaves in the middle of it: the caller, or the controller."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from typing import Any

import grpc
import pytest
from prometheus_client import CollectorRegistry
from sqlalchemy import func, select

from controller.access.principal import OPEN, Principal, serve_as
from controller.analysis.analyses import Analyses
from controller.cache.cache import Cache
from controller.cache.kinds import Seconds
from controller.cache.memory import Memory
from controller.dispatch import deletions, upkeep
from controller.limits.quotas import Quotas
from controller.load_rules import LoadRules
from controller.query import files
from controller.query.files import export
from controller.scope import Scope
from controller.services.answers import Answers
from controller.services.run import RunServicer
from controller.services.trace import TraceServicer
from controller.store import samples
from controller.store.database import Database
from controller.store.deletion import begin_deletion, delete_some
from controller.store.migrate import open_database
from controller.store.runs import get_run
from controller.store.schema import benchmark_runs, leases, run_levels, traces
from loadcell.errors import LoadcellError
from loadcell.target_guard.guard import TargetGuard
from loadcell.v1 import run_pb2, trace_pb2
from tests.integration.store import random_traces
from tests.patience import PATIENCE_SECONDS

RUN_ID = "run-1"
TABLES = (traces, leases, run_levels, benchmark_runs)


@pytest.fixture(autouse=True)
def caller() -> None:
    """The servicers are called without what goes around calls, which says who calls."""
    serve_as(Principal.unlimited(OPEN))


@pytest.fixture
async def stored(place) -> Database:
    """A database with runs that have ended."""
    database = await open_database(place)
    await database.write(random_traces.fill_ended)
    yield database
    await database.close()


@pytest.fixture
def gate(monkeypatch) -> Iterator[tuple[threading.Event, threading.Event]]:
    """Holds each deletion up, from when the first event is set until the second one is."""
    reached, opened, delete_some = threading.Event(), threading.Event(), deletions.delete_some

    def held_up(connection, **of_run: object) -> bool:
        reached.set()
        assert opened.wait(PATIENCE_SECONDS)
        return delete_some(connection, **of_run)

    monkeypatch.setattr(deletions, "delete_some", held_up)
    monkeypatch.setattr(samples, "DELETE_ROWS", 5)
    yield reached, opened
    opened.set()


async def left(database: Database, run_key: int) -> list[int]:
    counts = [select(func.count()).select_from(table).where(table.c.run_key == run_key) for table in TABLES]
    return await database.read(lambda c: [c.execute(count).scalar_one() for count in counts])


async def until_gone(database: Database, run_key: int) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while any(await left(database, run_key)):
            await asyncio.sleep(0.02)


async def test_caller_that_does_not_wait_leaves_nothing_behind(start, place, stored, gate, monkeypatch):
    reached, opened = gate
    monkeypatch.setattr(upkeep, "SELDOM_SECONDS", 1e9)  # only once, when a controller starts
    controller = await start(database=place)
    answers = Answers(Cache(Memory(1 << 20), Seconds(trace=1e9, traces=1e9, old_traces=1e9), CollectorRegistry()))
    rules = LoadRules(TargetGuard(), acknowledge_rate=0, acknowledge_concurrency=0)
    analyses = Analyses(stored, None)
    runs = RunServicer(stored, controller.dispatcher, answers, analyses, quotas=Quotas(), rules=rules)
    asked = TraceServicer(stored, answers)

    async def shown() -> int:
        kept: Any = await asked.ListTraces(question, None)  # the bytes as they are sent
        return len(trace_pb2.ListTracesResponse.FromString(kept).data)

    run = await stored.read(lambda c: get_run(c, RUN_ID, Scope.everything()))
    question = trace_pb2.ListTracesRequest(run_id=RUN_ID)
    assert await shown()
    call = asyncio.create_task(runs.DeleteRun(run_pb2.DeleteRunRequest(run_id=RUN_ID), None))
    assert await asyncio.to_thread(reached.wait, PATIENCE_SECONDS)
    call.cancel()
    await asyncio.wait([call])
    assert call.cancelled()
    assert (await left(stored, run.run_key))[0]
    opened.set()
    await until_gone(stored, run.run_key)
    async with asyncio.timeout(PATIENCE_SECONDS):
        while await shown():
            await asyncio.sleep(0.02)


async def test_run_that_is_being_deleted_is_found_no_more(start, place, stored, gate):
    reached, opened = gate
    controller = await start(database=place)
    before = await controller.runs.ListRuns(run_pb2.ListRunsRequest())
    call = asyncio.ensure_future(controller.runs.DeleteRun(run_pb2.DeleteRunRequest(run_id=RUN_ID)))
    assert await asyncio.to_thread(reached.wait, PATIENCE_SECONDS)
    with pytest.raises(grpc.aio.AioRpcError, match="there is no run"):
        await controller.run(RUN_ID)
    after = await controller.runs.ListRuns(run_pb2.ListRunsRequest())
    assert after.total == before.total - 1
    assert RUN_ID not in {run.run_id for run in after.runs}
    opened.set()
    assert (await call).deleted == RUN_ID


async def test_deletion_that_a_controller_left_halfway_is_gone_on_with(start, place, stored):
    run = await stored.read(lambda c: get_run(c, RUN_ID, Scope.everything()))
    await stored.write(lambda c: begin_deletion(c, run.run_key, "a controller that is gone", -1.0))
    assert all((await left(stored, run.run_key))[::3])
    await start(database=place)
    await until_gone(stored, run.run_key)


async def test_download_of_requests_of_a_run_that_is_deleted_meanwhile_ends_with_an_error(stored, monkeypatch):
    monkeypatch.setattr(files, "PAGE_ROWS", 5)
    run = await stored.read(lambda c: get_run(c, RUN_ID, Scope.everything()))
    pieces = export(stored, run_pb2.ExportRunResultRequest(run_id=RUN_ID, format="jsonl"), Scope.everything())
    first = await anext(pieces)
    assert first.count(b"\n") == 5
    await stored.write(lambda c: begin_deletion(c, run.run_key, "a controller", 10.0))
    await stored.write(lambda c: delete_some(c, run.run_key, "a controller", 10.0))
    with pytest.raises(LoadcellError, match="there is no run"):
        _ = [piece async for piece in pieces]
