"""An agent is drained through another controller than the one it is connected to."""

from __future__ import annotations

from controller.dispatch import upkeep
from controller.dispatch.dispatcher import Dispatcher
from controller.store.place import parse_place
from loadcell.v1 import fleet_pb2


async def drained_and_resumed_from_elsewhere(start, **settings: object) -> None:
    here, there = await start(**settings), await start(**settings)
    agent = await there.agent("agent-1")
    await here.fleet.DrainAgent(fleet_pb2.DrainAgentRequest(agent_id="agent-1"))
    await agent.until(lambda: agent.drains == [True])
    assert there.dispatcher.sessions.usable() == []
    await here.fleet.DrainAgent(fleet_pb2.DrainAgentRequest(agent_id="agent-1", resume=True))
    await agent.until(lambda: agent.drains == [True, False])
    assert there.dispatcher.sessions.usable() == ["agent-1"]


async def test_the_agent_is_told_by_an_event(start, monkeypatch, postgresql_url):
    monkeypatch.setattr(upkeep, "TICK_SECONDS", 3_600.0)  # nobody looks by itself
    await drained_and_resumed_from_elsewhere(
        start, database=parse_place(postgresql_url), lease_seconds=30.0, heartbeat_seconds=0.2
    )


async def test_the_agent_is_told_although_events_are_lost(start, monkeypatch, postgresql_url):
    async def deaf(_: Dispatcher) -> None:
        """Hear of nothing."""

    monkeypatch.setattr(Dispatcher, "_follow", deaf)
    monkeypatch.setattr(upkeep, "TICK_SECONDS", 0.3)  # which is waited for
    await drained_and_resumed_from_elsewhere(start, database=parse_place(postgresql_url), lease_seconds=30.0)
