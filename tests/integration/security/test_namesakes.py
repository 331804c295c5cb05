"""Two processes with one agent id: the one that came last stays, the other ends and does not come back."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

import grpc
import pytest

from loadcell.channel import dial
from loadcell.errors import LoadcellError
from loadcell.rpc_errors import from_rpc_error
from loadcell.v1 import agent_pb2, agent_pb2_grpc
from tests.integration.security.test_processes import begin
from tests.patience import PATIENCE_SECONDS

__all__ = ["begin"]


def register(instance_id: str) -> agent_pb2.SessionRequest:
    return agent_pb2.SessionRequest(
        register=agent_pb2.Register(agent_id="twin", protocol_version=1, instance_id=instance_id)
    )


async def persist(address: str, instance_id: str, kept: asyncio.Queue[str]) -> LoadcellError:
    """Hold a session as an agent does, again and again, until the controller refuses it for good."""
    async with dial(address) as channel:
        while True:
            call = agent_pb2_grpc.AgentServiceStub(channel).Session()
            try:
                await call.write(register(instance_id))
                while (response := await call.read()) is not grpc.aio.EOF:
                    if response.HasField("registered"):
                        kept.put_nowait(instance_id)
            except (grpc.aio.AioRpcError, asyncio.InvalidStateError) as error:
                # grpc.aio tells a write that came too late, or INTERNAL, in the place of the answer.
                refused = from_rpc_error(error) if isinstance(error, grpc.aio.AioRpcError) else None
                if refused is not None and refused.reason == "SESSION_REPLACED":
                    return refused
            await asyncio.sleep(0.01)


async def test_of_many_at_the_same_instant_one_stays_and_all_others_end_for_good(controller):
    kept: asyncio.Queue[str] = asyncio.Queue()
    twins = [asyncio.create_task(persist(controller.address, f"process-{n}", kept)) for n in range(20)]
    async with asyncio.timeout(PATIENCE_SECONDS):
        waiting = set(twins)
        while len(waiting) > 1:
            _, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    (last,) = waiting
    refusals = [(await twin) for twin in twins if twin is not last]
    assert {refusal.metadata["agent_id"] for refusal in refusals} == {"twin"}
    assert {"with the id twin has connected" in refusal.message for refusal in refusals} == {True}
    present = controller.dispatcher.sessions.get("twin")
    assert present.instance_id == f"process-{twins.index(last)}"
    assert present.ended is None
    last.cancel()
    await asyncio.gather(last, return_exceptions=True)


async def test_a_process_that_reconnects_takes_the_place_of_its_own_earlier_session(controller):
    first = await controller.agent("twin", instance_id="one", heartbeat_seconds=600)
    again = await controller.agent("twin", instance_id="one", heartbeat_seconds=600)
    await first.until(lambda: first.ended is not None)
    assert from_rpc_error(first.ended).reason == "SERVICE_UNAVAILABLE"  # which an agent does not end for
    third = await controller.agent("twin", instance_id="one")
    await third.until(lambda: third.replies)
    assert (third.ended, again.registered is not None) == (None, True)


async def test_an_instance_id_has_a_form(controller):
    async with dial(controller.address) as channel:
        call = agent_pb2_grpc.AgentServiceStub(channel).Session()
        await call.write(register("x" * 65))
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await call.read()
    assert from_rpc_error(refused.value).field == "register.instance_id"


async def test_of_two_agents_that_start_together_one_goes_on(start, begin):
    controller = await start()
    settings = {"LOADCELL_CONTROLLER": controller.address, "LOADCELL_AGENT_ID": "twin"}
    async with AsyncExitStack() as stack:
        both = [await stack.enter_async_context(begin("agent", **settings)) for _ in range(2)]
        ends = [asyncio.create_task(agent.ends()) for agent in both]
        done, (going,) = await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        loser, winner = (both[ends.index(task)] for task in (*done, going))
        assert done.pop().result() == 1
        assert '"agent_refused"' in loser.log
        assert "another agent with the id twin has connected" in loser.log
        await winner.says("agent_registered")
        assert controller.dispatcher.sessions.get("twin").ended is None
        assert not going.done()
        winner.process.terminate()
        assert await going == 0
