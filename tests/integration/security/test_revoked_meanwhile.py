"""What was let in goes no further than what let it in."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager

import grpc
import pytest

from loadcell.channel import dial
from loadcell.client import Client
from loadcell.errors import LoadcellError
from loadcell.rpc_errors import from_rpc_error
from loadcell.settings import Secret
from loadcell.v1 import event_pb2, event_pb2_grpc, run_pb2, run_pb2_grpc
from tests.patience import PATIENCE_SECONDS

BOSS, SIGNING = Secret("the key of the settings"), Secret("s" * 40)
PATIENT = {"api_key": BOSS, "jwt_secret": SIGNING, "lease_seconds": 600.0}


@asynccontextmanager
async def boss_of(controller):
    async with Client(controller.address, api_key=BOSS) as boss:
        yield boss


@asynccontextmanager
async def subscribed(controller, credential: str):
    """Yield a stream of events that has begun."""
    async with dial(controller.address, api_key=Secret(credential) if credential else None) as channel:
        events = event_pb2_grpc.EventServiceStub(channel)
        stream = events.Subscribe(event_pb2.SubscribeRequest(events=["run_state"]))
        await controller.create()
        assert (await stream.read()) is not grpc.aio.EOF
        yield stream


async def why_ended(stream) -> str:
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while await stream.read() is not grpc.aio.EOF:
                pass
    except grpc.aio.AioRpcError as error:
        return from_rpc_error(error).reason
    return "OK"


async def test_a_stream_ends_with_the_key_of_its_caller_and_no_other_does(start):
    controller = await start(**PATIENT)
    async with boss_of(controller) as boss:
        gone, left = [await boss.create_api_key(name, role="admin") for name in ("gone", "left")]
        async with subscribed(controller, gone.key) as ending, subscribed(controller, left.key) as lasting:
            await boss.revoke_api_key(gone.details.key_id)
            assert await why_ended(ending) == "INVALID_API_KEY"
            await controller.create()
            assert await lasting.read() is not grpc.aio.EOF


async def test_a_stream_ends_with_what_its_token_was_issued_for(start):
    controller = await start(**PATIENT)
    async with boss_of(controller) as boss:
        made = await boss.create_api_key("ci", role="admin")
        async with Client(controller.address, api_key=made.key) as ci:
            tokens = await ci.issue_token()
        async with subscribed(controller, tokens.access_token) as stream:
            await boss.revoke_api_key(made.details.key_id)
            assert await why_ended(stream) == "INVALID_TOKEN"
        tokens = await boss.issue_token()
        async with subscribed(controller, tokens.access_token) as stream:
            await boss.revoke_token(tokens.refresh_token)
            assert await why_ended(stream) == "INVALID_TOKEN"


async def test_a_stream_ends_with_the_time_of_its_key(start):
    controller = await start(**PATIENT)
    async with boss_of(controller) as boss:
        made = await boss.create_api_key("brief", role="admin", expires_in_seconds=1.0)
    async with subscribed(controller, made.key) as stream:
        assert await why_ended(stream) == "INVALID_API_KEY"


async def test_the_first_key_ends_what_was_open_to_everybody(start):
    controller = await start()
    async with subscribed(controller, "") as stream, Client(controller.address) as anybody:
        await anybody.create_api_key("mine", role="admin")
        assert await why_ended(stream) == "MISSING_AUTHORIZATION"


async def test_another_controller_notices(start):
    one, other = await start(**PATIENT), await start(**PATIENT)
    async with boss_of(one) as boss:
        made = await boss.create_api_key("ci", role="admin")
        async with subscribed(other, made.key) as stream:
            await boss.revoke_api_key(made.details.key_id)
            assert await why_ended(stream) == "INVALID_API_KEY"


async def test_an_agent_learns_no_secret_once_its_key_is_revoked(start):
    controller = await start(**PATIENT)
    async with boss_of(controller) as boss:
        made = await boss.create_api_key("agent", role="admin", scopes=["write"])
        agent = await controller.agent("agent-1", api_key=Secret(made.key), heartbeat_seconds=600)
        await boss.revoke_api_key(made.details.key_id)
        await agent.until(lambda: agent.ended is not None)
        assert from_rpc_error(agent.ended).reason == "INVALID_API_KEY"
        await controller.create(api_key="secret-of-the-target")
        assert not agent.probes
        assert not agent.starts


async def test_who_revokes_their_own_key_hears_that_it_is_done(start):
    controller = await start(**PATIENT)
    async with boss_of(controller) as boss:
        made = await boss.create_api_key("me", role="admin")
    async with Client(controller.address, api_key=made.key) as me:
        assert (await me.revoke_api_key(made.details.key_id)).HasField("revoked_at")


async def test_an_upload_in_progress_ends_with_its_key(start):
    controller = await start(**PATIENT)
    async with boss_of(controller) as boss:
        made = await boss.create_api_key("me", role="admin")
        async with dial(controller.address, api_key=Secret(made.key)) as channel:
            sent = asyncio.Event()

            async def pieces():
                yield run_pb2.UploadAssetRequest(kind=run_pb2.ASSET_KIND_DATASET, filename="d.jsonl", data=b"{")
                sent.set()
                await asyncio.Event().wait()

            upload = run_pb2_grpc.RunServiceStub(channel).UploadAsset(pieces())
            await sent.wait()
            await boss.revoke_api_key(made.details.key_id)
            with pytest.raises(grpc.aio.AioRpcError) as ended:
                await asyncio.wait_for(upload, PATIENCE_SECONDS)
            assert from_rpc_error(ended.value).reason == "INVALID_API_KEY"


async def test_tokens_of_the_configured_key_end_when_it_is_another(start, tmp_path):
    here = {"database": tmp_path / "loadcell.db", "jwt_secret": SIGNING}
    before = await start(api_key=BOSS, **here)
    same = await start(api_key=BOSS, **here)
    after = await start(api_key=Secret("another key"), **here)
    async with boss_of(before) as boss:
        tokens = await boss.issue_token(subject="ci")
    for controller, known in ((same, "configured_key"), (after, None)):
        async with Client(controller.address, api_key=tokens.access_token) as ci:
            if known:
                assert ((await ci.caller()).principal_id, (await ci.caller()).name) == (known, "ci")
            else:
                for call in (ci.caller(), ci.refresh_token(tokens.refresh_token)):
                    with pytest.raises(LoadcellError, match="no longer set") as refused:
                        await call
                    assert refused.value.reason == "INVALID_TOKEN"
    async with Client(same.address) as anybody:
        assert (await anybody.refresh_token(tokens.refresh_token)).access_token
