"""What agents may not send: each refused with its reason, logged, counted, and harmless to everybody else."""

from __future__ import annotations

import asyncio
import urllib.request
import zlib
from contextlib import asynccontextmanager

import grpc
import pytest
import structlog

from controller.dispatch import conversation, cutting
from loadcell.errors import LoadcellError
from loadcell.protocol import PROTOCOL_VERSION
from loadcell.rpc_errors import from_rpc_error
from loadcell.settings import Address
from loadcell.v1 import agent_pb2, agent_pb2_grpc, fleet_pb2, run_pb2
from tests.integration.controller.scripted_agent import State, batch, columns
from tests.patience import PATIENCE_SECONDS

Request = agent_pb2.SessionRequest


@pytest.fixture
async def watched(start, unused_tcp_port):
    """A controller whose refusals are counted, and how to ask for the counts."""
    controller = await start(metrics=Address("127.0.0.1", unused_tcp_port))

    def fetch() -> str:
        with urllib.request.urlopen(
            f"http://127.0.0.1:{unused_tcp_port}/metrics", timeout=PATIENCE_SECONDS
        ) as answer:
            return answer.read().decode()

    async def counted() -> dict[str, int]:
        lines = (await asyncio.to_thread(fetch)).splitlines()
        start_of = 'loadcell_agent_refusals_total{reason="'
        found = [line.removeprefix(start_of).split('"} ') for line in lines if line.startswith(start_of)]
        return {reason: int(float(number)) for reason, number in found}

    return controller, counted


@pytest.fixture
async def working(watched):
    """The same with an agent that works on a lease and makes no samples of itself."""
    controller, counted = watched
    agent = await controller.agent(complete=False)
    run_id = await controller.create(num_prompts=100, concurrency=[1])
    lease = f"{run_id}.0.0"
    await agent.until(lambda: lease in agent.starts)
    return controller, counted, agent, lease


@asynccontextmanager
async def stranger(controller):
    """A channel of somebody else, and its session stream."""
    async with grpc.aio.insecure_channel(controller.address) as channel:
        yield agent_pb2_grpc.AgentServiceStub(channel)


async def to_the_end(call) -> None:
    while await call.read() is not grpc.aio.EOF:
        pass


async def refusal(call) -> LoadcellError:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await to_the_end(call)
    return from_rpc_error(refused.value)


def register(agent_id: str = "stranger", **fields) -> Request:
    fields = {"protocol_version": PROTOCOL_VERSION, "worker_count": 1, **fields}
    return Request(register=agent_pb2.Register(agent_id=agent_id, **fields))


async def still_fine(controller, agent, lease) -> None:
    """The run of somebody else goes on and ends as if nothing had been."""
    before = len(agent.replies)
    await agent.until(lambda: len(agent.replies) > before)
    await agent.finish(lease, await agent.deliver(lease))
    run = await controller.ended(lease.split(".")[0])
    assert run.state == run_pb2.RUN_STATE_COMPLETED
    assert (await controller.result(run.run_id)).results[0].total_requests == 100


WORD = "x" * 1025
FIRST = [
    (Request(heartbeat=agent_pb2.Heartbeat(sequence=1)), "INVALID_REQUEST", "must be a Register"),
    (Request(), "INVALID_REQUEST", "must be a Register"),
    (register(protocol_version=7), "PROTOCOL_VERSION_UNSUPPORTED", "version 7, the controller 1"),
    (register(protocol_version=0), "PROTOCOL_VERSION_UNSUPPORTED", "version 0, the controller 1"),
    (register(""), "INVALID_FIELD_FORMAT", "agent_id"),
    (register("a/b"), "INVALID_FIELD_FORMAT", "agent_id"),
    (register("x" * 129), "INVALID_FIELD_FORMAT", "agent_id"),
    (register(labels={str(n): "v" for n in range(65)}), "LIMIT_EXCEEDED", "labels"),
    (register(labels={str(n): "v" for n in range(100_000)}), "LIMIT_EXCEEDED", "labels"),
    (register(labels={"k": WORD}), "LIMIT_EXCEEDED", "labels"),
    (register(labels={"count": "2"}), "INVALID_FIELD_VALUE", "'count' is how many agents a run asks for"),
    (register(labels={"zone": ""}), "INVALID_FIELD_VALUE", "zone="),
    (register(labels={"": "a"}), "INVALID_FIELD_VALUE", "=a"),
    (register(host={WORD: ""}), "LIMIT_EXCEEDED", "host"),
    (register(worker_count=-1), "INVALID_FIELD_VALUE", "worker_count"),
    (register(worker_count=2**31 - 1), "INVALID_FIELD_VALUE", "worker_count"),
    (
        register(calibration=agent_pb2.Calibration(max_requests_per_sec=float("nan"))),
        "INVALID_FIELD_VALUE",
        "max_requests_per_sec",
    ),
]


@pytest.mark.parametrize(("first", "reason", "said"), FIRST)
async def test_a_first_message_that_cannot_be_used(watched, first, reason, said):
    controller, counted = watched
    with structlog.testing.capture_logs() as lines:
        async with stranger(controller) as agents:
            call = agents.Session()
            await call.write(first)
            error = await refusal(call)
    assert error.reason == reason
    assert said in error.message
    assert await counted() == {reason: 1}
    assert [line["reason"] for line in lines if line["event"] == "agent_refused"] == [reason]
    assert not (await controller.fleet.ListAgents(fleet_pb2.ListAgentsRequest())).agents


async def test_a_session_without_a_first_message_ends(watched, monkeypatch):
    monkeypatch.setattr(conversation, "REGISTER_SECONDS", 0.1)
    controller, counted = watched
    async with stranger(controller) as agents:
        error = await refusal(agents.Session())
    assert (error.reason, "within 0.1 s" in error.message) == ("INVALID_REQUEST", True)
    assert await counted() == {"INVALID_REQUEST": 1}


async def test_a_report_on_a_lease_that_there_is_not_is_counted(watched):
    controller, counted = watched
    agent = await controller.agent()
    await agent.report("no-such-run.0.0", State.LEASE_STATE_RUNNING)
    await agent.until(lambda: "no-such-run.0.0" in agent.cancels)
    assert await counted() == {"UNKNOWN_LEASE": 1}


async def test_a_batch_beyond_the_last_of_a_lease_that_has_ended_changes_nothing(working):
    controller, counted, agent, lease = working
    last = await agent.deliver(lease, count=96)
    await agent.finish(lease, last)
    await controller.ended(lease.split(".")[0])
    before = len(agent.acks)
    await agent.send(lease, last + 1, columns([96, 97]))
    await agent.until(lambda: len(agent.acks) > before)
    assert (agent.acks[-1].refused_reason, agent.acks[-1].committed_batch_number) == ("LEASE_ENDED", last)
    assert await counted() == {"LEASE_ENDED": 1}
    assert (await controller.result(lease.split(".")[0])).results[0].total_requests == 96


async def test_what_an_agent_says_to_have_begun_is_believed_within_bounds(start, monkeypatch):
    """A lost share of a closed loop is cut above it: nobody may make the controller count to 2**53."""
    monkeypatch.setattr(cutting, "MAX_UNSEEN", 1_000)
    controller = await start(agent_wait_seconds=0.5)
    first, second = [await controller.agent(name, complete=False) for name in ("agent-1", "agent-2")]
    run_id = await controller.create(agent_count=2, concurrency=[4], duration_seconds=0.2)
    for agent in (first, second):
        await agent.until(lambda agent=agent: agent.starts)
    (lease,), (other,) = first.starts, second.starts
    first.next_ordinals[lease] = 2**53
    seen = len(first.replies)
    await first.until(lambda: len(first.replies) > seen + 2)
    await first.close()
    await second.finish(other, await second.deliver(other))
    await controller.ended(run_id)
    assert (await controller.result(run_id, partial=True)).results[0].censored_requests == 1_000


async def test_a_second_register_ends_the_session(watched):
    controller, counted = watched
    async with stranger(controller) as agents:
        call = agents.Session()
        await call.write(register())
        await call.read()
        await call.write(register("another"))
        assert "one Register" in (await refusal(call)).message
    assert await counted() == {"INVALID_REQUEST": 1}


async def test_a_second_session_of_an_id_ends_the_first_and_the_lease_goes_on_with_it(watched):
    controller, counted = watched
    # It writes nothing while it is being ended: grpc.aio would tell of that instead of the answer.
    first = await controller.agent(heartbeat_seconds=600)
    second = await controller.agent()
    await first.until(lambda: first.ended is not None)
    error = from_rpc_error(first.ended)
    assert error.reason == "SESSION_REPLACED"
    assert "give each agent its own LOADCELL_AGENT_ID" in error.message
    run_id = await controller.create()
    assert (await controller.ended(run_id)).state == run_pb2.RUN_STATE_COMPLETED
    assert second.ended is None
    assert await counted() == {"SESSION_REPLACED": 1}


async def test_claims_on_the_lease_of_another_agent_change_nothing(working):
    controller, counted, agent, lease = working
    claims = [
        agent_pb2.LeaseUpdate(lease_id=lease, state=state, last_batch_number=0)
        for state in (State.LEASE_STATE_COMPLETED, State.LEASE_STATE_FAILED, State.LEASE_STATE_CANCELLED)
    ]
    progress = agent_pb2.LeaseProgress(lease_id=lease, started=5, next_ordinal=100)
    async with stranger(controller) as agents:
        call = agents.Session()
        await call.write(register(leases=claims))
        await call.read()
        for claim in claims:
            await call.write(Request(lease_update=claim))
        await call.write(Request(heartbeat=agent_pb2.Heartbeat(sequence=1, leases=[progress])))
        while not (await call.read()).HasField("heartbeat_reply"):
            pass
        stream = agents.StreamSamples()
        await stream.write(batch("stranger", lease, 1, columns([99])))
        assert (await stream.read()).refused_reason == "WRONG_AGENT"
        call.cancel()
        stream.cancel()
    assert (await counted())["WRONG_AGENT"] >= len(claims) + 2
    await still_fine(controller, agent, lease)


BATCHES = {
    "gap": ({"number": 2}, "BATCH_GAP"),
    "zero": ({"number": 0}, "BATCH_GAP"),
    "negative": ({"number": -1}, "BATCH_GAP"),
    "far": ({"number": 2**63 - 1}, "BATCH_GAP"),
    "wrong_crc": ({"crc32": 1}, "CORRUPT_BATCH"),
    "negative_crc": ({"crc32": -1}, "CORRUPT_BATCH"),
    "corrupted_bytes": ({"flip": True}, "CORRUPT_BATCH"),
    "no_message": ({"data": b"\xff" * 100}, "CORRUPT_BATCH"),
    "oversized": ({"data": b"\0" * (4 * 1024 * 1024 + 1)}, "BATCH_TOO_LARGE"),
    "empty_lease": ({"lease": ""}, "UNKNOWN_LEASE"),
    "unknown_lease": ({"lease": "no-such-run.0.0"}, "UNKNOWN_LEASE"),
    "long_lease": ({"lease": "x" * 1_000_000}, "UNKNOWN_LEASE"),
}


@pytest.mark.parametrize("name", BATCHES)
async def test_a_batch_that_cannot_be_taken(working, name):
    controller, counted, agent, lease = working
    (change, reason) = BATCHES[name]
    sent = batch("agent-1", change.get("lease", lease), change.get("number", 1), columns([0]))
    if "data" in change:
        sent.columns = change["data"]
        sent.crc32 = zlib.crc32(sent.columns)
    if "flip" in change:
        sent.columns = bytes([sent.columns[0] ^ 1]) + sent.columns[1:]
    sent.crc32 = change.get("crc32", sent.crc32)
    with structlog.testing.capture_logs() as lines:
        await agent.samples.write(sent)
        await agent.until(lambda: agent.acks)
    assert agent.acks[0].refused_reason == reason
    assert agent.acks[0].refused_batch_number == sent.batch_number
    assert await counted() == {reason: 1}
    logged = [line for line in lines if line["event"] == "agent_refused"]
    assert [line["reason"] for line in logged] == [reason]
    assert len(str(logged)) < 2_000
    await still_fine(controller, agent, lease)


async def test_a_repeated_number_is_no_offence_and_counts_once(working):
    _, counted, agent, lease = working
    for _ in range(3):
        await agent.send(lease, 1, columns([0, 1]))
    await agent.until(lambda: len(agent.acks) == 3)
    assert {ack.refused_reason for ack in agent.acks} == {""}
    assert await counted() == {}


async def test_a_message_beyond_all_bounds_ends_its_stream_only(working):
    controller, _, agent, lease = working
    huge = agent_pb2.StreamSamplesRequest(agent_id="agent-1", lease_id=lease, batch_number=1)
    huge.columns = b"\0" * (17 * 1024 * 1024)
    async with stranger(controller) as agents:
        stream = agents.StreamSamples()
        await stream.write(huge)
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await stream.read()
        assert refused.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    await still_fine(controller, agent, lease)


async def test_samples_of_a_deleted_run(working):
    controller, counted, agent, lease = working
    await controller.runs.DeleteRun(run_pb2.DeleteRunRequest(run_id=lease.split(".")[0]))
    await agent.send(lease, 1, columns([0]))
    await agent.until(lambda: agent.acks)
    assert agent.acks[0].refused_reason == "RUN_DELETED"
    assert await counted() == {"RUN_DELETED": 1}


async def test_a_drained_agent_is_heard_and_gets_no_work(watched):
    controller, _ = watched
    agent = await controller.agent()
    await controller.fleet.DrainAgent(fleet_pb2.DrainAgentRequest(agent_id="agent-1"))
    await agent.until(lambda: agent.drains == [True])
    beats = len(agent.replies)
    run_id = await controller.create()
    await agent.until(lambda: len(agent.replies) > beats + 5)
    listed = (await controller.fleet.ListAgents(fleet_pb2.ListAgentsRequest())).agents
    assert [found.state for found in listed] == [fleet_pb2.AGENT_STATE_DRAINING]
    assert not agent.grants
    assert (await controller.run(run_id)).state == run_pb2.RUN_STATE_PENDING
    await controller.fleet.DrainAgent(fleet_pb2.DrainAgentRequest(agent_id="agent-1", resume=True))
    assert (await controller.ended(run_id)).state == run_pb2.RUN_STATE_COMPLETED


INFINITE = float("inf")
JUNK = [
    Request(),
    Request(lease_update=agent_pb2.LeaseUpdate()),
    Request(lease_update=agent_pb2.LeaseUpdate(lease_id="a", state=State.LEASE_STATE_EXPIRED)),
    Request(lease_update=agent_pb2.LeaseUpdate(lease_id="a", state=5, last_batch_number=-1)),
    Request(lease_update=agent_pb2.LeaseUpdate(lease_id="a", state=5, error="x" * 70_000)),
    Request(probe_result=agent_pb2.ProbeResult(probe_id="never asked")),
    Request(heartbeat=agent_pb2.Heartbeat(clock_offset_micros=float("nan"), clock_uncertainty_micros=1)),
    Request(heartbeat=agent_pb2.Heartbeat(clock_uncertainty_micros=INFINITE)),
    Request(heartbeat=agent_pb2.Heartbeat(uplink_memory_bytes=2**63 - 1, uplink_spool_bytes=2**63 - 1)),
    Request(heartbeat=agent_pb2.Heartbeat(uplink_spool_bytes=-1, clock_steps=-1)),
    Request(heartbeat=agent_pb2.Heartbeat(leases=[agent_pb2.LeaseProgress(in_flight=2**62)])),
]


async def test_a_thousand_junk_messages_harm_nobody(working):
    controller, counted, agent, lease = working
    with structlog.testing.capture_logs() as lines:
        async with stranger(controller) as agents:
            call = agents.Session()
            await call.write(register())
            await call.read()
            for number in range(1_000):
                await call.write(JUNK[number % len(JUNK)])
            # Unknown leases beyond what an agent can have are not remembered.
            for number in range(1_100):
                update = agent_pb2.LeaseUpdate(lease_id=f"unknown-{number}", state=State.LEASE_STATE_RUNNING)
                await call.write(Request(lease_update=update))
            await call.write(Request(heartbeat=agent_pb2.Heartbeat(sequence=77)))
            while (answer := await call.read()).heartbeat_reply.sequence != 77:
                assert answer is not grpc.aio.EOF
            session = controller.dispatcher.sessions.get("stranger")
            assert len(session.elsewhere) <= 1_000
            listed = (await controller.fleet.ListAgents(fleet_pb2.ListAgentsRequest())).agents
            assert {found.agent_id: found.uplink_bytes for found in listed} == {"agent-1": 0, "stranger": 0}
    found = await counted()
    assert set(found) <= {"INVALID_REQUEST", "INVALID_FIELD_VALUE", "UNKNOWN_LEASE"}
    assert found["INVALID_REQUEST"] > 50
    assert found["INVALID_FIELD_VALUE"] > 400
    # The log stays readable whatever is sent.
    assert 50 <= len([line for line in lines if line["event"] == "agent_refused"]) <= 400
    await still_fine(controller, agent, lease)
