"""Runs that would take more than the quota of their project are not created."""

from __future__ import annotations

import asyncio
from pathlib import Path

import grpc
import pytest
import structlog

from controller.store.place import parse_place
from loadcell.rpc_errors import from_rpc_error
from loadcell.v1 import run_pb2
from tests.patience import PATIENCE_SECONDS


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request, tmp_path):
    if request.param == "sqlite":
        return tmp_path / "loadcell.db"
    return parse_place(request.getfixturevalue("postgresql_url"))


async def outcome(controller, **fields: object) -> str:
    """Create a run of an open loop and return the text of its refusal, or OK."""
    try:
        await controller.create(**{"project_id": "a", "rate": [100.0], **fields})
    except grpc.aio.AioRpcError as error:
        refusal = from_rpc_error(error)
        assert refusal.reason == "QUOTA_EXCEEDED"
        return refusal.message
    return "OK"


async def listed(controller) -> list:
    return list((await controller.runs.ListRuns(run_pb2.ListRunsRequest())).runs)


async def test_runs_count_while_they_have_not_ended_each_for_its_project(start, database):
    controller = await start(database=database, quota_running_runs=2)
    first = await controller.create(project_id="a", rate=[1.0], request_id="one")
    assert await outcome(controller) == "OK"
    assert "would have 3 runs at once, at most 2" in await outcome(controller)
    assert len(await listed(controller)) == 2  # nothing of it is left
    assert await controller.create(project_id="a", rate=[1.0], request_id="one") == first  # a repeat is no run
    assert await outcome(controller, project_id="b") == "OK"
    await controller.runs.CancelRun(run_pb2.CancelRunRequest(run_id=first))
    async with asyncio.timeout(PATIENCE_SECONDS):
        await controller.ended(first)
    assert await outcome(controller) == "OK"


async def test_the_rates_and_agents_of_runs_add_up(start, database):
    controller = await start(database=database, quota_rate=250.0, quota_agents=5)
    assert await outcome(controller, rate=[50.0, 200.0]) == "OK"
    assert "would have 300 requests per second, at most 250" in await outcome(controller)
    assert await outcome(controller, rate=[], concurrency=[8], agent_count=4) == "OK"
    assert "would have 6 agents, at most 5" in await outcome(controller, rate=[1.0])


async def test_of_runs_that_are_created_at_once_only_as_many_are_as_may(start, database):
    controllers = [await start(database=database, quota_running_runs=3)]
    if not isinstance(database, Path):  # SQLite has one controller
        controllers.append(await start(database=database, quota_running_runs=3))
    found = await asyncio.gather(*(outcome(controller) for controller in controllers * 5))
    assert found.count("OK") == 3
    assert len(await listed(controllers[0])) == 3


async def test_a_refusal_is_for_the_caller_and_no_failure_of_ours(start, database):
    controller = await start(database=database, quota_running_runs=1)
    with structlog.testing.capture_logs() as lines:
        assert await outcome(controller) == "OK"
        assert "at most 1" in await outcome(controller)
    assert [line["event"] for line in lines if line["log_level"] == "error"] == []
