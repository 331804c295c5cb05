"""Lost shares and later levels go to agents that can carry them; when there are none, the result says so."""

from __future__ import annotations

from lease_ledger import read_ledger
from scripted_agent import ScriptedAgent

from loadcell.v1 import agent_pb2, fleet_pb2

# 50/s for each agent, for so long that the seconds in which a loss is seen are little of the plan.
OPEN = {"rate": [100], "num_prompts": 4_000, "output_len": 1, "agent_count": 2}
IN_FEW_BATCHES = 1_000  # requests each


def able(requests: float) -> agent_pb2.Calibration:
    """An agent with two workers can make twice as many."""
    return agent_pb2.Calibration(max_requests_per_sec=requests / 2, max_tokens_per_sec=1e9, measured_at_micros=1)


async def two_of_a_run(controller, **fields: object) -> tuple[str, ScriptedAgent, ScriptedAgent]:
    """A run of two agents that can just carry their shares; the second has done its own."""
    first, second = [
        await controller.agent(name, calibration=able(60), complete=False, batch_size=IN_FEW_BATCHES)
        for name in ("agent-1", "agent-2")
    ]
    run_id = await controller.create(**{**OPEN, **fields})
    for agent in (first, second):
        await agent.until(lambda agent=agent: agent.starts)
    return run_id, first, second


async def finish(agent: ScriptedAgent, lease_id: str) -> None:
    await agent.until(lambda: lease_id in agent.starts)
    await agent.finish(lease_id, await agent.deliver(lease_id))


async def test_a_free_agent_takes_over_what_the_others_cannot_carry(controller):
    run_id, lost, other = await two_of_a_run(controller)
    weak = await controller.agent("agent-3", calibration=able(20), batch_size=IN_FEW_BATCHES)
    strong = await controller.agent("agent-4", calibration=able(55), batch_size=IN_FEW_BATCHES)
    await lost.close()
    await strong.until(lambda: strong.starts)
    await finish(other, f"{run_id}.0.1")
    run = await controller.ended(run_id)
    assert (run.status, list(run.agent_ids)) == ("completed", ["agent-1", "agent-2", "agent-4"])
    assert not weak.grants
    assert read_ledger(controller.database, run_id).balances(4_000)
    assert "beyond their capacity" not in "".join((await controller.result(run_id)).notes)


async def test_a_share_that_nobody_can_carry_is_carried_out_and_told(controller):
    run_id, lost, other = await two_of_a_run(controller)
    await lost.close()
    await other.until(lambda: len(other.starts) == 2)
    for lease in list(other.starts):
        await finish(other, lease)
    assert (await controller.ended(run_id)).status == "completed"
    (note,) = [note for note in (await controller.result(run_id)).notes if "beyond their capacity" in note]
    assert note.startswith("100/s was given to agents beyond their capacity and may be limited by the client")
    assert "agent-2: 100 planned, 60 possible" in note


async def drain(controller, agent_id: str) -> None:
    await controller.fleet.DrainAgent(fleet_pb2.DrainAgentRequest(agent_id=agent_id))


async def test_a_later_level_with_another_agent_says_when_that_one_is_too_weak(controller):
    run_id, first, second = await two_of_a_run(controller, rate=[90, 100])
    await controller.agent("agent-3", calibration=able(20), batch_size=IN_FEW_BATCHES)
    await drain(controller, "agent-1")
    await finish(first, f"{run_id}.0.0")
    await finish(second, f"{run_id}.0.1")
    await finish(second, f"{run_id}.1.0")
    assert (await controller.ended(run_id)).status == "completed"
    (note,) = [note for note in (await controller.result(run_id)).notes if "beyond their capacity" in note]
    assert note.startswith("100/s was given to agents")
    assert "agent-3: 50 planned, 20 possible" in note


async def test_a_later_level_takes_an_agent_that_can(controller):
    run_id, first, second = await two_of_a_run(controller, rate=[90, 100])
    await controller.agent("agent-3", calibration=able(20), batch_size=IN_FEW_BATCHES)
    await controller.agent("agent-4", calibration=able(55), batch_size=IN_FEW_BATCHES)
    await drain(controller, "agent-1")
    await finish(first, f"{run_id}.0.0")
    await finish(second, f"{run_id}.0.1")
    await finish(second, f"{run_id}.1.0")
    run = await controller.ended(run_id)
    assert (run.status, list(run.agent_ids)) == ("completed", ["agent-1", "agent-2", "agent-4"])
    assert "beyond their capacity" not in "".join((await controller.result(run_id)).notes)
