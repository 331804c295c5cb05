"""Agents in the middle of a level, for tests that take some of them away."""

from __future__ import annotations

from scripted_agent import State

from loadcell.v1 import agent_pb2

CLOSED = {"concurrency": [4], "num_prompts": 60}


def held(lease_id: str, state: int = State.LEASE_STATE_RUNNING, **more: object) -> agent_pb2.LeaseUpdate:
    return agent_pb2.LeaseUpdate(lease_id=lease_id, state=state, **more)


async def committed(agent, lease_id: str, number: int) -> None:
    await agent.until(
        lambda: any(a.lease_id == lease_id and a.committed_batch_number >= number for a in agent.acks)
    )


async def running(controller, *names: str, batch_size: int = 4, **fields: object):
    """Agents in the middle of a run's only level, its identifier, and the lease of each."""
    agents = [await controller.agent(name, complete=False, batch_size=batch_size) for name in names]
    run_id = await controller.create(agent_count=len(names), **fields)
    for agent in agents:
        await agent.until(lambda agent=agent: agent.starts)
    return agents, run_id, [next(iter(agent.starts)) for agent in agents]


async def finish(agent, lease_id: str) -> None:
    await agent.until(lambda: lease_id in agent.starts)
    await agent.finish(lease_id, await agent.deliver(lease_id))


async def lose(agent, lease_id: str, delivered: int = 0) -> None:
    """Let an agent deliver some requests and die."""
    if delivered:
        await committed(agent, lease_id, await agent.deliver(lease_id, count=delivered))
    await agent.close()


async def successor(agent, known: list[str]) -> str:
    """Wait until an agent has been started with a lease it did not have before, and return that."""
    await agent.until(lambda: set(agent.starts) - set(known))
    return next(iter(set(agent.starts) - set(known)))
