"""Tickets: used once, for reading only, and no longer than what they were made with."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager

import grpc
import pytest

from controller.store.place import parse_place
from loadcell.channel import dial
from loadcell.client import Client
from loadcell.errors import LoadcellError
from loadcell.rpc_errors import from_rpc_error
from loadcell.settings import Secret
from loadcell.v1 import auth_pb2, auth_pb2_grpc
from tests.patience import PATIENCE_SECONDS

BOSS, SIGNING = Secret("the key of the settings"), Secret("s" * 40)


@asynccontextmanager
async def auth_as(controller, credential: str | None):
    async with dial(controller.address, api_key=Secret(credential) if credential else None) as channel:
        yield auth_pb2_grpc.AuthServiceStub(channel)


async def ticket_of(controller, credential: str | None, **fields: int) -> str:
    async with auth_as(controller, credential) as auth:
        return (await auth.CreateTicket(auth_pb2.CreateTicketRequest(**fields))).ticket.ticket


async def used(controller, ticket: str) -> auth_pb2.UseTicketResponse:
    async with auth_as(controller, None) as auth:
        return await auth.UseTicket(auth_pb2.UseTicketRequest(ticket=ticket))


async def caller(controller, credential: str) -> auth_pb2.Caller:
    async with auth_as(controller, credential) as auth:
        return (await auth.GetCaller(auth_pb2.GetCallerRequest())).caller


async def reason(call) -> str:
    try:
        await call
    except grpc.aio.AioRpcError as error:
        return from_rpc_error(error).reason
    except LoadcellError as error:
        return error.reason
    return "OK"


async def until_refused(controller, credential: str) -> str:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while (found := await reason(caller(controller, credential))) == "OK":
            await asyncio.sleep(0.05)
    return found


async def test_a_ticket_is_good_once_and_for_reading_only(start):
    controller = await start(api_key=BOSS)
    ticket = await ticket_of(controller, BOSS.reveal())
    session = await used(controller, ticket)
    assert await reason(used(controller, ticket)) == "INVALID_TOKEN"
    who = await caller(controller, session.credential)
    assert (who.method, who.principal_id, who.all_projects) == ("ticket", "configured_key", True)
    assert {permission.partition(":")[2] for permission in who.permissions} == {"read"}
    async with Client(controller.address, api_key=session.credential) as client:
        assert [run async for run in client.list_runs()] == []
        assert await reason(client.create_api_key("more")) == "INSUFFICIENT_PERMISSIONS"
        assert await reason(client.issue_token()) == "TOKEN_FROM_TOKEN"
    assert await reason(ticket_of(controller, session.credential)) == "TOKEN_FROM_TOKEN"
    # Neither is a credential of the other's kind.
    assert await reason(caller(controller, await ticket_of(controller, BOSS.reveal()))) == "INVALID_API_KEY"
    assert await reason(used(controller, session.credential)) == "INVALID_TOKEN"


async def test_of_many_who_show_one_ticket_one_is_let_in(start):
    controller = await start(api_key=BOSS)
    ticket = await ticket_of(controller, BOSS.reveal())
    reasons = await asyncio.gather(*(reason(used(controller, ticket)) for _ in range(20)))
    assert sorted(reasons) == ["INVALID_TOKEN"] * 19 + ["OK"]


@pytest.mark.parametrize("seconds", [0, 61, -1])
async def test_nobody_gets_a_ticket_for_longer_than_a_minute(start, seconds):
    controller = await start()
    assert await reason(ticket_of(controller, None, lifetime_seconds=seconds)) == "INVALID_FIELD_VALUE"


async def test_a_ticket_expires(start):
    controller = await start(api_key=BOSS)
    ticket = await ticket_of(controller, BOSS.reveal(), lifetime_seconds=1)
    await asyncio.sleep(1.05)
    assert await reason(used(controller, ticket)) == "INVALID_TOKEN"


async def test_what_a_ticket_opened_ends_with_what_it_was_made_with(start):
    controller = await start(api_key=BOSS, jwt_secret=SIGNING)
    async with Client(controller.address, api_key=BOSS) as boss:
        key = await boss.create_api_key("gone", role="viewer", projects=["alpha"])
        tokens = await boss.issue_token()
        of_key = await used(controller, await ticket_of(controller, key.key))
        of_token = await used(controller, await ticket_of(controller, tokens.access_token))
        who = await caller(controller, of_key.credential)
        assert (who.principal_id, who.role, list(who.projects)) == (key.details.key_id, "viewer", ["alpha"])
        await boss.revoke_api_key(key.details.key_id)
        assert await until_refused(controller, of_key.credential) == "INVALID_TOKEN"
        assert await reason(caller(controller, of_token.credential)) == "OK"
        await boss.revoke_token(tokens.refresh_token)
        assert await until_refused(controller, of_token.credential) == "INVALID_TOKEN"


async def test_a_gateway_ends_early_what_a_ticket_opened(start):
    controller = await start(api_key=BOSS)
    session = await used(controller, await ticket_of(controller, BOSS.reveal()))
    other = await used(controller, await ticket_of(controller, BOSS.reveal()))
    assert session.group == other.group
    async with auth_as(controller, session.credential) as auth:
        await auth.RevokeToken(auth_pb2.RevokeTokenRequest(token=session.credential))
    assert await until_refused(controller, session.credential) == "INVALID_TOKEN"
    assert await reason(caller(controller, other.credential)) == "OK"


async def test_what_an_open_controller_gave_is_of_no_use_once_it_is_closed(start):
    controller = await start()
    session = await used(controller, await ticket_of(controller, None))
    async with Client(controller.address) as client:
        await client.create_api_key("first", role="admin")
    assert await until_refused(controller, session.credential) == "INVALID_TOKEN"


async def test_a_ticket_of_one_controller_is_good_at_another_of_the_database(start, request):
    place = parse_place(request.getfixturevalue("_postgresql").prepared_url())
    one, two = [await start(api_key=BOSS, database=place) for _ in range(2)]
    session = await used(two, await ticket_of(one, BOSS.reveal()))
    assert (await caller(one, session.credential)).method == "ticket"
    assert await reason(used(one, await ticket_of(two, BOSS.reveal()))) == "OK"
