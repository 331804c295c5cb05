"""Who shows wrong credentials again and again is refused unheard, and nobody else is."""

from __future__ import annotations

import asyncio
import secrets
from contextlib import asynccontextmanager

import grpc
import httpx

from benchmarks.nullserver import free_port
from controller.access.keys import new_key
from controller.interceptors.looking import AT_ONCE
from loadcell.channel import dial
from loadcell.client import Client
from loadcell.rpc_errors import from_rpc_error
from loadcell.settings import Address, Secret
from loadcell.v1 import agent_pb2, agent_pb2_grpc, auth_pb2, auth_pb2_grpc, run_pb2, run_pb2_grpc

BOSS = Secret("the key of the settings")
HERE, ELSEWHERE = "192.0.2.1", "192.0.2.2"


@asynccontextmanager
async def caller(controller):
    """Ask as who shows a credential at an address behind a gateway: the reason, or OK, and the trailers."""
    async with dial(controller.address) as channel:
        runs = run_pb2_grpc.RunServiceStub(channel)

        async def ask(credential: str | None, address: str = HERE) -> tuple[str, dict]:
            metadata = [("x-client-address", address)] + ([("x-api-key", credential)] if credential else [])
            try:
                await runs.ListRuns(run_pb2.ListRunsRequest(), metadata=metadata)
            except grpc.aio.AioRpcError as error:
                return from_rpc_error(error).reason, dict(error.trailing_metadata())
            return "OK", {}

        yield ask


async def key(controller, name: str) -> str:
    async with Client(controller.address, api_key=BOSS.reveal()) as boss:
        return (await boss.create_api_key(name, role="developer", projects=["a"])).key


async def test_guesses_are_refused_unheard_and_callers_who_were_right_are_not(start):
    port = free_port()
    controller = await start(api_key=BOSS, auth_failures=3, metrics=Address("127.0.0.1", port))
    used, unused = await key(controller, "used"), await key(controller, "unused")
    async with caller(controller) as ask:
        assert (await ask(used))[0] == "OK"
        found = [await ask(new_key()) for _ in range(6)]
        reasons = [reason for reason, _ in found]
        assert reasons[:3] == ["INVALID_API_KEY"] * 3
        assert reasons[5] == "TOO_MANY_REQUESTS"
        assert 1 <= int(found[5][1]["retry-after"]) <= 20
        assert (await ask(used))[0] == "OK"
        assert (await ask(BOSS.reveal(), ELSEWHERE))[0] == "OK"
        assert (await ask(unused, ELSEWHERE))[0] == "OK"
        assert (await ask(None))[0] == "MISSING_AUTHORIZATION"
        assert (await ask("a guess", ELSEWHERE))[0] == "INVALID_API_KEY"
    async with httpx.AsyncClient(trust_env=False) as web:
        text = (await web.get(f"http://127.0.0.1:{port}/metrics")).text
    assert 'auth_failures_total{outcome="unheard"}' in text


async def test_a_key_that_ends_is_no_longer_one_that_was_right(start):
    controller = await start(api_key=BOSS, auth_failures=1)
    async with Client(controller.address, api_key=BOSS.reveal()) as boss, caller(controller) as ask:
        made = await boss.create_api_key("brief", role="developer", projects=["a"])
        assert (await ask(made.key))[0] == "OK"
        await boss.revoke_api_key(made.details.key_id)
        assert (await ask(made.key))[0] == "INVALID_API_KEY"
        assert (await ask(made.key))[0] == "TOO_MANY_REQUESTS"


async def test_refresh_tokens_cannot_be_guessed_quickly_either(start):
    controller = await start(api_key=BOSS, jwt_secret=Secret("s" * 40), auth_failures=2)
    async with dial(controller.address) as channel:
        auth = auth_pb2_grpc.AuthServiceStub(channel)
        found = []
        for _ in range(4):
            guess = auth_pb2.RefreshTokenRequest(refresh_token=f"lc_refresh_{secrets.token_urlsafe(32)}")
            try:
                await auth.RefreshToken(guess)
            except grpc.aio.AioRpcError as error:
                found.append(from_rpc_error(error).reason)
    assert found == ["INVALID_TOKEN"] * 2 + ["TOO_MANY_REQUESTS"] * 2


async def test_tokens_of_agents_cannot_be_guessed_quickly_either(start):
    controller = await start(api_key=BOSS, auth_failures=2)
    async with Client(controller.address, api_key=BOSS.reveal()) as boss:
        token = (await boss.create_agent_token("one")).token
    async with dial(controller.address) as channel:
        agents = agent_pb2_grpc.AgentServiceStub(channel)

        async def ask(token: str) -> str:
            try:
                await agents.GetAsset(agent_pb2.GetAssetRequest(), metadata=(("x-agent-token", token),)).read()
            except grpc.aio.AioRpcError as error:
                return from_rpc_error(error).reason
            return "OK"

        guesses = [f"lc_agent_{secrets.token_urlsafe(32)}" for _ in range(4)]
        assert await ask(token) == "ASSET_NOT_FOUND"
        found = [await ask(guess) for guess in guesses]
        assert found == ["INVALID_AGENT_TOKEN"] * 2 + ["TOO_MANY_REQUESTS"] * 2
        assert await ask(token) == "ASSET_NOT_FOUND"


async def test_guesses_that_come_together_are_not_looked_at_all_the_same(start):
    controller = await start(api_key=BOSS, auth_failures=3)
    async with caller(controller) as ask:
        found = [reason for reason, _ in await asyncio.gather(*(ask(new_key()) for _ in range(90)))]
    looked_at = found.count("INVALID_API_KEY")
    assert 3 <= looked_at <= 3 + AT_ONCE
    assert found.count("TOO_MANY_REQUESTS") == len(found) - looked_at


async def test_calls_without_a_credential_are_no_guesses(start):
    controller = await start(api_key=BOSS, auth_failures=1)
    async with caller(controller) as ask:
        assert [(await ask(None))[0] for _ in range(3)] == ["MISSING_AUTHORIZATION"] * 3
        assert (await ask("a guess"))[0] == "INVALID_API_KEY"
