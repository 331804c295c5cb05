"""Tokens of agents against a real controller: who is let in, with what, and until when."""

from __future__ import annotations

import asyncio
import hashlib
import json
import sqlite3
import time

import grpc
import pytest
import structlog
from google.protobuf.timestamp_pb2 import Timestamp

from loadcell.channel import dial
from loadcell.rpc_errors import from_rpc_error
from loadcell.settings import Secret
from loadcell.v1 import agent_pb2, agent_pb2_grpc, fleet_pb2, fleet_pb2_grpc, run_pb2, run_pb2_grpc
from tests.integration.controller.scripted_agent import ScriptedAgent, batch, columns

KEY = Secret("the key")


# Nobody writes while the session is being ended: of a write that came too late grpc.aio tells (INTERNAL) instead
# of the answer of the server.
SILENT = {"heartbeat_seconds": 600}
PATIENT = {"lease_seconds": 600.0}


async def refusal(call) -> str:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await call
    return from_rpc_error(refused.value).reason


async def registering(controller, token: str | None, agent_id: str = "agent-1", **more) -> ScriptedAgent:
    return await controller.agent(agent_id, agent_token=Secret(token) if token else None, **more)


def in_database(controller, query: str) -> list:
    with sqlite3.connect(controller.database) as database:
        rows = database.execute(query).fetchall()
    database.close()
    return rows


async def test_an_agent_works_with_its_token_instead_of_the_api_key(start, make_token):
    controller = await start(api_key=KEY, require_agent_token=True)
    made = await make_token(controller, "rack 7")
    await registering(controller, made.token)
    run_id = await controller.create()
    assert (await controller.ended(run_id)).state == run_pb2.RUN_STATE_COMPLETED
    assert (await controller.result(run_id)).results[0].total_requests == 10


async def test_the_token_is_shown_once_and_only_its_hash_is_kept(start, make_token):
    controller = await start(api_key=KEY)
    with structlog.testing.capture_logs() as lines:
        made = await make_token(controller, "rack 7")
        await registering(controller, made.token)
        listed = (await controller.fleet.ListAgentTokens(fleet_pb2.ListAgentTokensRequest())).tokens
    assert made.token.startswith("lc_agent_")
    assert len(made.token) == len("lc_agent_") + 43
    secret = made.token.removeprefix("lc_agent_")
    assert [token.name for token in listed] == ["rack 7"]
    assert listed[0].prefix == secret[:8]
    assert listed[0].agent_id == "agent-1"
    assert listed[0].HasField("last_used_at")
    assert secret not in str(listed)
    assert secret not in json.dumps(lines, default=repr)
    rows = in_database(controller, "SELECT * FROM agent_tokens")
    assert secret not in str(rows)
    assert hashlib.sha256(made.token.encode()).hexdigest() in rows[0]


async def test_without_a_token_agents_are_refused_where_one_is_required(start):
    controller = await start(api_key=KEY, require_agent_token=True)
    assert await refusal(controller.agent("agent-1", api_key=KEY)) == "AGENT_TOKEN_REQUIRED"
    assert await refusal(controller.agents.StreamSamples().read()) == "AGENT_TOKEN_REQUIRED"
    # The API key still admits whoever is no agent.
    await controller.runs.ListRuns(run_pb2.ListRunsRequest())


@pytest.mark.parametrize(
    "token", ["", "x", "lc_agent_", "lc_agent_" + "A" * 43, "lc_agent_" + "é" * 20, "lc_live_" + "A" * 43]
)
async def test_an_unknown_token_is_refused_even_beside_the_right_key(start, token):
    controller = await start(api_key=KEY)
    metadata = (("x-agent-token", token.encode("ascii", "ignore").decode()), ("x-api-key", KEY.reveal()))
    async with grpc.aio.insecure_channel(controller.address) as channel:
        call = agent_pb2_grpc.AgentServiceStub(channel).StreamSamples(metadata=metadata)
        assert await refusal(call.read()) == "INVALID_AGENT_TOKEN"


async def test_an_expired_token_is_refused_and_ends_what_goes_on(start):
    controller = await start(api_key=KEY, **PATIENT)
    soon = Timestamp()
    soon.FromMicroseconds(int((time.time() + 2.5) * 1e6))
    request = fleet_pb2.CreateAgentTokenRequest(name="short", expires_at=soon)
    made = await controller.fleet.CreateAgentToken(request)
    agent = await registering(controller, made.token, **SILENT)
    await agent.until(lambda: agent.ended is not None)
    assert from_rpc_error(agent.ended).reason == "AGENT_TOKEN_EXPIRED"
    assert await refusal(registering(controller, made.token)) == "AGENT_TOKEN_EXPIRED"


async def test_a_revoked_token_ends_the_session_and_the_samples(start, make_token):
    controller = await start(api_key=KEY, **PATIENT)
    made = await make_token(controller)
    agent = await registering(controller, made.token, complete=False, obey_cancel=False, **SILENT)
    run_id = await controller.create(num_prompts=100)
    lease = f"{run_id}.0.0"
    await agent.until(lambda: lease in agent.starts)
    await agent.send(lease, 1, columns([1]))
    await agent.until(lambda: agent.acks)
    revoked = await controller.fleet.RevokeAgentToken(
        fleet_pb2.RevokeAgentTokenRequest(token_id=made.details.token_id)
    )
    assert revoked.token.HasField("revoked_at")
    await agent.until(lambda: agent.ended is not None)
    assert from_rpc_error(agent.ended).reason == "AGENT_TOKEN_REVOKED"
    stream = agent_pb2_grpc.AgentServiceStub(agent._channel).StreamSamples()
    assert await refusal(stream.read()) == "AGENT_TOKEN_REVOKED"
    assert await refusal(registering(controller, made.token)) == "AGENT_TOKEN_REVOKED"
    again = await controller.fleet.RevokeAgentToken(
        fleet_pb2.RevokeAgentTokenRequest(token_id=made.details.token_id)
    )
    assert again.token == revoked.token


async def test_the_share_of_an_agent_whose_token_is_revoked_goes_to_the_others_at_once(start, make_token):
    controller = await start(api_key=KEY, **PATIENT)
    made = await make_token(controller, "rack 7")
    lost = await registering(controller, made.token, complete=False)
    other = await controller.agent("agent-2", api_key=KEY, complete=False)
    run_id = await controller.create(agent_count=2, concurrency=[4], num_prompts=40)
    for agent in (lost, other):
        await agent.until(lambda agent=agent: agent.starts)
    (mine,) = other.starts
    await controller.fleet.RevokeAgentToken(fleet_pb2.RevokeAgentTokenRequest(token_id=made.details.token_id))
    await other.until(lambda: len(other.starts) == 2)
    (new,) = other.starts.keys() - {mine}
    for lease in (mine, new):
        await other.finish(lease, await other.deliver(lease))
    assert (await controller.ended(run_id)).status == "completed"
    notes = "\n".join((await controller.result(run_id)).notes)
    assert "the agent token 'rack 7' was revoked" in notes


async def test_another_controller_on_the_same_database_notices_within_seconds(start, make_token):
    one, two = await start(api_key=KEY, **PATIENT), await start(api_key=KEY, **PATIENT)
    made = await make_token(one)
    agent = await registering(two, made.token, **SILENT)
    await one.fleet.RevokeAgentToken(fleet_pb2.RevokeAgentTokenRequest(token_id=made.details.token_id))
    await agent.until(lambda: agent.ended is not None)
    assert from_rpc_error(agent.ended).reason == "AGENT_TOKEN_REVOKED"


async def test_a_token_is_that_of_the_first_agent_that_uses_it(start, make_token):
    controller = await start(api_key=KEY)
    made = await make_token(controller)
    first = await registering(controller, made.token, "agent-1")
    assert await refusal(registering(controller, made.token, "agent-2")) == "AGENT_TOKEN_BOUND"
    stub = agent_pb2_grpc.AgentServiceStub(first._channel)
    stream = stub.StreamSamples()
    await stream.write(batch("agent-2", "any", 1, columns([1])))
    assert await refusal(stream.read()) == "AGENT_TOKEN_BOUND"
    assert first.ended is None
    agents = (await controller.fleet.ListAgents(fleet_pb2.ListAgentsRequest())).agents
    assert [agent.agent_id for agent in agents] == ["agent-1"]


async def test_nobody_delivers_with_a_token_no_agent_has_registered_with(start, make_token):
    controller = await start(api_key=KEY)
    made = await make_token(controller)
    async with dial(controller.address, agent_token=Secret(made.token)) as channel:
        stream = agent_pb2_grpc.AgentServiceStub(channel).StreamSamples()
        await stream.write(batch("agent-1", "any", 1, columns([1])))
        assert await refusal(stream.read()) == "AGENT_TOKEN_BOUND"


@pytest.mark.parametrize("key", [KEY, Secret("")])
async def test_a_token_admits_to_nothing_but_the_calls_of_agents(start, make_token, key):
    controller = await start(api_key=key)
    made = await make_token(controller)
    async with dial(controller.address, agent_token=Secret(made.token)) as channel:
        runs, fleet = run_pb2_grpc.RunServiceStub(channel), fleet_pb2_grpc.FleetServiceStub(channel)
        for call in (
            runs.ListRuns(run_pb2.ListRunsRequest()),
            runs.CreateRun(run_pb2.CreateRunRequest()),
            fleet.CreateAgentToken(fleet_pb2.CreateAgentTokenRequest(name="more")),
            runs.WatchRun(run_pb2.WatchRunRequest()).read(),
        ):
            assert await refusal(call) == "AGENT_TOKEN_SCOPE"


async def test_files_are_read_only_by_agents_that_work_with_them(start, make_token):
    controller = await start(api_key=KEY)
    content = b'{"prompt": "one"}\n'

    async def upload():
        yield run_pb2.UploadAssetRequest(kind=run_pb2.ASSET_KIND_DATASET, filename="d.jsonl", data=content)

    digest = (await controller.runs.UploadAsset(upload())).sha256
    worker = await registering(controller, (await make_token(controller)).token, "agent-1", answer_probe=False)
    idle = await registering(controller, (await make_token(controller)).token, "agent-2")

    async def fetched(agent) -> bytes:
        stub = agent_pb2_grpc.AgentServiceStub(agent._channel)
        call = stub.GetAsset(agent_pb2.GetAssetRequest(sha256=digest))
        return b"".join([piece.data async for piece in call])

    for agent in (worker, idle):
        assert await refusal(fetched(agent)) == "ASSET_NOT_FOUND"
    await controller.create(dataset_asset=digest, agent_count=1)
    await worker.until(lambda: worker.probes)
    assert await fetched(worker) == content
    assert await refusal(fetched(idle)) == "ASSET_NOT_FOUND"


async def test_what_cannot_be_made_or_found_is_refused_with_its_field(start):
    controller = await start()
    past = Timestamp(seconds=1)
    for request, reason in (
        (fleet_pb2.CreateAgentTokenRequest(), "MISSING_REQUIRED_FIELD"),
        (fleet_pb2.CreateAgentTokenRequest(name="x" * 129), "INVALID_FIELD_VALUE"),
        (fleet_pb2.CreateAgentTokenRequest(name="a\nb"), "INVALID_FIELD_VALUE"),
        (fleet_pb2.CreateAgentTokenRequest(name="x", expires_at=past), "INVALID_FIELD_VALUE"),
    ):
        assert await refusal(controller.fleet.CreateAgentToken(request)) == reason
    revoke = fleet_pb2.RevokeAgentTokenRequest(token_id="none")
    assert await refusal(controller.fleet.RevokeAgentToken(revoke)) == "AGENT_TOKEN_NOT_FOUND"


async def test_tokens_are_listed_page_by_page(start, make_token):
    controller = await start()
    made = [(await make_token(controller, f"token {number}")).details.token_id for number in range(5)]
    seen, cursor = [], ""
    while True:
        request = fleet_pb2.ListAgentTokensRequest(limit=2, cursor=cursor)
        page = await controller.fleet.ListAgentTokens(request)
        assert page.total == 5
        seen += [token.token_id for token in page.tokens]
        cursor = page.next_cursor
        if not cursor:
            break
    assert seen == made


async def test_of_two_agents_that_use_a_new_token_at_once_one_gets_in(start, make_token):
    controller = await start()
    made = await make_token(controller)
    results = await asyncio.gather(
        *(registering(controller, made.token, f"agent-{number}") for number in range(5)), return_exceptions=True
    )
    refused = [result for result in results if isinstance(result, grpc.aio.AioRpcError)]
    assert [from_rpc_error(error).reason for error in refused] == ["AGENT_TOKEN_BOUND"] * 4
