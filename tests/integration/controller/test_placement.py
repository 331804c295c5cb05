"""Which agents carry a run: by their labels, by what they were calibrated for, and which are let alone."""

from __future__ import annotations

import asyncio

import grpc
import pytest
from structlog.testing import capture_logs

from controller.dispatch import upkeep
from loadcell.rpc_errors import from_rpc_error
from loadcell.v1 import agent_pb2, fleet_pb2, run_pb2
from tests.patience import PATIENCE_SECONDS

EU, US = {"region": "eu", "zone": "a"}, {"region": "us", "zone": "a"}


def calibrated(requests: float, tokens: float = 1e9) -> agent_pb2.Calibration:
    return agent_pb2.Calibration(
        max_requests_per_sec=requests, max_tokens_per_sec=tokens, measured_at_micros=1_700_000_000_000_000
    )


async def first_note(controller, run_id: str) -> str:
    updates = controller.runs.WatchRun(run_pb2.WatchRunRequest(run_id=run_id))
    async with asyncio.timeout(PATIENCE_SECONDS):
        async for update in updates:
            if update.notes:
                updates.cancel()
                return update.notes[0]
    raise AssertionError("the run ended without a note")


async def drain(controller, agent_id: str, *, resume: bool = False) -> fleet_pb2.Agent:
    request = fleet_pb2.DrainAgentRequest(agent_id=agent_id, resume=resume)
    return (await controller.fleet.DrainAgent(request)).agent


async def shown(controller, agent_id: str) -> fleet_pb2.Agent:
    return (await controller.fleet.GetAgent(fleet_pb2.GetAgentRequest(agent_id=agent_id))).agent


async def refused(call) -> object:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return from_rpc_error(caught.value)


async def test_only_agents_with_every_label_are_used(controller):
    for name, labels in (("us-1", US), ("eu-1", EU), ("eu-2", EU | {"rack": "7"}), ("none", {})):
        await controller.agent(name, labels=labels)
    run = await controller.ended(
        await controller.create(concurrency=[4], agent_labels={"region": "eu", "zone": "a"}, agent_count=2)
    )
    assert (run.status, sorted(run.agent_ids)) == ("completed", ["eu-1", "eu-2"])
    assert dict(run.config.agent_labels) == EU
    run = await controller.ended(await controller.create(agent_labels={"rack": "7"}))
    assert list(run.agent_ids) == ["eu-2"]


async def test_a_run_that_waits_says_for_which_agents(controller):
    await controller.agent("us-1", labels=US)
    await controller.agent("eu-1", labels=EU)
    await controller.agent("eu-2", labels=EU)
    await drain(controller, "eu-2")
    run_id = await controller.create(concurrency=[4], agent_labels={"region": "eu"}, agent_count=3)
    assert await first_note(controller, run_id) == "waiting for 2 of 3 agents with region=eu; 1 draining"
    await drain(controller, "eu-2", resume=True)
    await controller.agent("eu-3", labels=EU)
    assert sorted((await controller.ended(run_id)).agent_ids) == ["eu-1", "eu-2", "eu-3"]


async def test_a_run_without_its_agents_says_which_there_are(start):
    controller = await start(agent_wait_seconds=0.3)
    await controller.agent("us-1", labels=US)
    await controller.agent("us-2", labels=US)
    run = await controller.ended(await controller.create(agent_labels={"region": "ue", "rack": "7"}))
    assert (run.status, run.error) == (
        "failed",
        "0 of 1 agents with rack=7,region=ue were ready after 0.3 s; connected: 2, rack not set, region=us (2)",
    )


async def test_the_strongest_agents_are_taken_and_kept(controller):
    for name, requests in (("a", 10), ("b", 30), ("c", 20)):
        await controller.agent(name, calibration=calibrated(requests))
    run = await controller.ended(await controller.create(concurrency=[2, 1, 2], agent_count=2))
    assert list(run.agent_ids) == ["b", "c"]


async def test_a_plan_beyond_the_calibration_is_refused_at_once(controller):
    for name in ("a", "b"):
        await controller.agent(name, calibration=calibrated(100))  # with two workers
    error = await refused(controller.create(rate=[1000], agent_count=2))
    assert error.reason == "CAPACITY_EXCEEDED"
    assert error.row.code == grpc.StatusCode.FAILED_PRECONDITION.value[0]
    assert "1,000 requests/s, its 2 agents were calibrated for 400" in error.message
    error = await refused(controller.create(rate=[1000], agent_count=2, validate_only=True))
    assert error.reason == "CAPACITY_EXCEEDED"
    runs = await controller.runs.ListRuns(run_pb2.ListRunsRequest())
    assert not runs.runs


async def test_a_forced_plan_is_carried_out_with_a_note(controller):
    await controller.agent(calibration=calibrated(100))
    run_id = await controller.create(rate=[1000], force=True)
    run = await controller.ended(run_id)
    assert (run.status, run.config.force) == ("completed", True)
    notes = (await controller.result(run_id)).notes
    assert any(note.startswith("forced beyond the capacity of the agents: 1000/s") for note in notes), notes


async def test_a_run_whose_agents_come_later_is_refused_when_they_are_chosen(controller):
    run_id = await controller.create(rate=[100], output_len=1000)
    agent = await controller.agent(calibration=calibrated(1e6, tokens=1000))
    run = await controller.ended(run_id)
    assert run.status == "failed"
    assert "100/s is 100,000 tokens/s, its 1 agent was calibrated for 2,000" in run.error
    assert not agent.probes
    # And nobody is kept by it.
    assert (await controller.ended(await controller.create())).status == "completed"


async def test_a_repeated_call_is_answered_with_its_run_whoever_has_come_since(controller):
    spec = run_pb2.CreateRunRequest(
        server_url="http://127.0.0.1:9", model="m", rate=[100], agent_count=2, request_id="once"
    )
    first = await controller.runs.CreateRun(spec)
    for name in ("a", "b"):
        await controller.agent(name, calibration=calibrated(1))
    assert (await controller.runs.CreateRun(spec)).run_id == first.run_id
    spec.request_id = "another"
    assert (await refused(controller.runs.CreateRun(spec))).reason == "CAPACITY_EXCEEDED"


async def test_agents_that_were_never_calibrated_are_named(controller):
    await controller.agent()
    run_id = await controller.create(rate=[100])
    assert (await controller.ended(run_id)).status == "completed"
    assert any("not calibrated are agent-1" in note for note in (await controller.result(run_id)).notes)


async def test_a_draining_agent_finishes_what_it_has_and_gets_no_more(controller):
    agent = await controller.agent("a", complete=False)
    run_id = await controller.create(concurrency=[1, 2])
    lease = f"{run_id}.0.0"
    await agent.until(lambda: lease in agent.starts)
    drained = await drain(controller, "a")
    assert (drained.state, drained.lease_count) == (fleet_pb2.AGENT_STATE_DRAINING, 1)
    heard = len(agent.replies)
    await agent.until(lambda: len(agent.replies) > heard + 3)  # it is still spoken with
    listed = (await controller.fleet.ListAgents(fleet_pb2.ListAgentsRequest())).agents[0]
    assert listed.state == fleet_pb2.AGENT_STATE_DRAINING
    await agent.finish(lease, await agent.deliver(lease))
    assert "draining" in await first_note(controller, run_id)  # the second level waits for another agent
    assert f"{run_id}.1.0" not in agent.grants
    await controller.agent("b")
    run = await controller.ended(run_id)
    assert (run.status, list(run.agent_ids)) == ("completed", ["a", "b"])
    assert (await shown(controller, "a")).state == fleet_pb2.AGENT_STATE_DRAINING


async def test_an_agent_is_drained_through_any_controller(start, monkeypatch):
    monkeypatch.setattr(upkeep, "TICK_SECONDS", 0.3)  # which is waited for
    first, second = await start(), await start()
    agent = await second.agent("a")
    await drain(first, "a")
    await agent.until(lambda: agent.drains == [True])
    assert (await shown(second, "a")).state == fleet_pb2.AGENT_STATE_DRAINING
    await drain(first, "a", resume=True)
    await agent.until(lambda: agent.drains == [True, False])
    assert (await shown(second, "a")).state == fleet_pb2.AGENT_STATE_READY


async def test_a_clock_that_steps_is_told_in_the_log_with_the_agent_and_in_the_result(controller):
    agent = await controller.agent(complete=False)
    run_id = await controller.create()
    lease = f"{run_id}.0.0"
    await agent.until(lambda: lease in agent.starts)
    with capture_logs() as logged:
        agent.clock_steps = 2
        heard = len(agent.replies)
        await agent.until(lambda: len(agent.replies) > heard + 3)
    steps = [entry for entry in logged if entry["event"] == "agent_clock_stepped"]
    assert [(entry["agent_id"], entry["steps"]) for entry in steps] == [("agent-1", 2)]
    assert (await shown(controller, "agent-1")).clock_steps == 2
    await agent.finish(lease, await agent.deliver(lease))
    await controller.ended(run_id)
    assert "the wall clock of the agent was set during a level" in (await controller.result(run_id)).notes


async def test_clocks_of_agents_are_in_the_result(controller):
    await controller.agent("a")
    await controller.agent("b", clock_uncertainty_micros=4_500.0)
    run_id = await controller.create(concurrency=[2], agent_count=2)
    await controller.ended(run_id)
    result = await controller.result(run_id)
    assert [(a.agent_id, a.clock_offset_micros, a.clock_uncertainty_micros) for a in result.agents] == [
        ("a", 5.0, 100.0),
        ("b", 5.0, 4_500.0),
    ]
    assert "agents started within 4.5 ms of the planned instant: the clock of b is known no better" in result.notes


async def test_the_calibration_of_an_agent_is_shown(controller):
    await controller.agent(calibration=calibrated(250.0))
    assert (await shown(controller, "agent-1")).calibration.max_requests_per_sec == 250.0
