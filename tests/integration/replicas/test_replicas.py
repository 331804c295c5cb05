"""Several controllers, as processes, on one PostgreSQL database: real agents, whole runs, sudden deaths."""

from __future__ import annotations

import asyncio
from urllib.parse import unquote

import grpc
import pytest

from loadcell.v1 import run_pb2


async def test_postgresql_restarted_in_mid_run_loses_and_doubles_nothing(make_fleet, postgresql_server):
    fleet = await make_fleet(postgresql_server.url())
    controller, address = await fleet.controller()
    await fleet.agent(address)
    runs = await fleet.runs(address)
    run_id = await fleet.create(runs, rate=[40.0], num_prompts=240)
    await fleet.stored(40)
    await asyncio.to_thread(postgresql_server.stop)
    await controller.said("database_away")
    await asyncio.to_thread(postgresql_server.start)
    result = await fleet.result(runs, run_id)
    assert [level.successful_requests for level in result.results] == [240]
    fleet.check_books(240)
    password = fleet.url.split(":")[2].partition("@")[0]
    assert not any(password in line or unquote(password) in line for line in controller.lines)


async def test_killed_controller_is_replaced_by_another_without_a_gap(fleet):
    first, at_first = await fleet.controller()
    second, at_second = await fleet.controller()
    await fleet.agent(f"{at_first},{at_second}")
    runs = await fleet.runs(f"{at_first},{at_second}")
    run_id = await fleet.create(runs, rate=[40.0], num_prompts=240)
    await fleet.stored(40)
    await first.kill()
    await second.said("run_taken_over")
    result = await fleet.result(runs, run_id)
    assert [level.successful_requests for level in result.results] == [240]
    assert result.agents[0].agent_id == "agent-1"
    fleet.check_books(240)


async def test_run_is_driven_by_the_controller_that_has_the_agents_unless_it_has_secrets(fleet):
    driver, here = await fleet.controller()
    other, there = await fleet.controller()
    for number in (1, 2):
        await fleet.agent(there, f"agent-{number}")
    runs = await fleet.runs(here)
    run_id = await fleet.create(runs, agent_count=2, concurrency=[2])
    seen = [update async for update in runs.WatchRun(run_pb2.WatchRunRequest(run_id=run_id))]
    assert seen[-1].run.status == "completed"
    assert [update.revision for update in seen] == sorted({update.revision for update in seen})
    await other.said("run_taken_over")
    result = await fleet.result(runs, run_id)
    assert result.summary.total_requests == 30
    assert sorted(agent.agent_id for agent in result.agents) == ["agent-1", "agent-2"]
    fleet.check_books(30)
    # Secrets are in the memory of the controller that took the call, and nowhere else.
    run_id = await fleet.create(runs, api_key="sk-secret")
    waiting = runs.WatchRun(run_pb2.WatchRunRequest(run_id=run_id))
    async for update in waiting:
        if any("waiting for 1 of 1 agents" in note for note in update.notes):
            break
    waiting.cancel()
    await fleet.agent(here, "agent-3")
    result = await fleet.result(runs, run_id)
    assert [agent.agent_id for agent in result.agents] == ["agent-3"]
    assert not any("sk-secret" in line for line in driver.lines + other.lines)


async def test_watch_and_cancel_at_a_controller_that_does_not_drive_the_run(fleet):
    _, here = await fleet.controller()
    _, there = await fleet.controller()
    await fleet.agent(there)
    runs, elsewhere = await fleet.runs(here), await fleet.runs(there)
    run_id = await fleet.create(elsewhere, rate=[20.0], num_prompts=20_000)
    watched = runs.WatchRun(run_pb2.WatchRunRequest(run_id=run_id))
    async for update in watched:
        if update.levels and update.levels[0].completed > 5:
            assert 0 < update.levels[0].percent < 100
            assert any("another controller drives this run" in note for note in update.notes)
            break
    await runs.CancelRun(run_pb2.CancelRunRequest(run_id=run_id))
    async for update in watched:
        last = update
    assert last.run.status == "cancelled"
    assert (await fleet.until(elsewhere, run_id, lambda run: run.completed_at.seconds)).status == "cancelled"
    await runs.DeleteRun(run_pb2.DeleteRunRequest(run_id=run_id))
    with pytest.raises(grpc.aio.AioRpcError, match="there is no run"):
        await elsewhere.GetRun(run_pb2.GetRunRequest(run_id=run_id))
    assert fleet.ask("SELECT count(*) FROM traces") == [(0,)]
