"""API keys and access tokens of a controller, from the first key to the last token."""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import grpc
import pytest

from controller.access.authenticator import REMEMBERED_SECONDS
from controller.server import serve
from controller.settings import ControllerSettings
from controller.store.place import parse_place
from loadcell.channel import API_KEY_METADATA, CLIENT_ADDRESS_METADATA, dial
from loadcell.client import Client
from loadcell.errors import LoadcellError
from loadcell.rpc_errors import from_rpc_error
from loadcell.settings import Address, Secret, SettingsError
from loadcell.v1 import run_pb2, run_pb2_grpc
from tests.patience import PATIENCE_SECONDS

BOSS, SIGNING = Secret("the key of the settings"), Secret("s" * 40)


@asynccontextmanager
async def as_who(controller, credential: str):
    async with Client(controller.address, api_key=credential) as client:
        yield client


async def reason(call) -> str:
    try:
        await call
    except LoadcellError as error:
        return error.reason
    return "OK"


async def listed(client: Client) -> list:
    return [run async for run in client.list_runs()]


async def refused_as(controller, credential: str) -> str:
    async with as_who(controller, credential) as client:
        return await reason(listed(client))


async def until_refused(controller, credential: str) -> str:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while (found := await refused_as(controller, credential)) == "OK":
            await asyncio.sleep(0.05)
    return found


async def test_the_first_key_closes_an_open_controller(start):
    controller = await start()
    async with as_who(controller, "") as anybody:
        who = await anybody.caller()
        assert (who.method, who.role, who.all_projects) == ("open", "admin", True)
        with pytest.raises(LoadcellError, match="must be an admin's"):
            await anybody.create_api_key("mine", role="developer", projects=["a"])
        first = await anybody.create_api_key("mine", role="admin")
        assert await reason(listed(anybody)) == "MISSING_AUTHORIZATION"
    async with as_who(controller, first.key) as admin:
        who = await admin.caller()
        assert (who.method, who.principal_id, who.name) == ("api_key", first.details.key_id, "mine")
        (known,) = [key async for key in admin.api_keys()]
        assert known.HasField("last_used_at")
        known.ClearField("last_used_at")
        assert known == first.details
    assert first.key.startswith(f"lc_live_{first.details.prefix}")
    for file in Path(controller.database).parent.glob("loadcell.db*"):
        assert first.key.encode() not in file.read_bytes()


async def test_a_socket_of_one_user_asks_for_no_key_that_was_made(start, tmp_path):
    controller = await start()
    async with as_who(controller, "") as anybody:
        await anybody.create_api_key("mine", role="admin")
    private = ControllerSettings(grpc=Address("", 0, str(tmp_path / "grpc")), database=controller.database)
    async with serve(private) as serving, Client(str(serving.address)) as here:
        assert (await here.caller()).method == "open"
        # Behind a gateway anybody may be.
        async with dial(str(serving.address)) as channel:
            runs = run_pb2_grpc.RunServiceStub(channel)
            with pytest.raises(grpc.aio.AioRpcError) as refused:
                await runs.ListRuns(run_pb2.ListRunsRequest(), metadata=((CLIENT_ADDRESS_METADATA, "10.0.0.7"),))
            assert from_rpc_error(refused.value).reason == "MISSING_AUTHORIZATION"
            await runs.ListRuns(run_pb2.ListRunsRequest())


async def test_an_address_for_others_needs_a_credential_of_any_kind(start, tmp_path):
    everywhere = ControllerSettings(grpc=Address("0.0.0.0", 0), database=tmp_path / "loadcell.db")
    with pytest.raises(SettingsError, match="keys create"):
        async with serve(everywhere):
            pass
    controller = await start(database=tmp_path / "loadcell.db")
    async with as_who(controller, "") as anybody:
        await anybody.create_api_key("mine", role="admin")
    async with serve(everywhere):
        pass
    async with serve(replace(everywhere, database=tmp_path / "other.db", jwt_secret=SIGNING)):
        pass


async def test_keys_are_rotated_revoked_and_expire(start):
    controller = await start(api_key=BOSS)
    async with as_who(controller, BOSS.reveal()) as boss:
        old = await boss.create_api_key("ci", role="developer", projects=["a"])
        new = await boss.rotate_api_key(old.details.key_id)
        assert (new.details.rotated_from, new.details.projects, new.details.role) == (
            old.details.key_id,
            ["a"],
            "developer",
        )
        assert [await refused_as(controller, key) for key in (old.key, new.key)] == ["OK", "OK"]
        newest = await boss.rotate_api_key(new.details.key_id, overlap_seconds=0)
        assert [await refused_as(controller, key) for key in (old.key, new.key)] == ["OK", "INVALID_API_KEY"]
        assert await reason(boss.rotate_api_key(new.details.key_id)) == "API_KEY_ENDED"
        revoked = await boss.revoke_api_key(newest.details.key_id)
        assert await boss.revoke_api_key(newest.details.key_id) == revoked
        assert await refused_as(controller, newest.key) == "INVALID_API_KEY"
        brief = await boss.create_api_key("brief", expires_in_seconds=REMEMBERED_SECONDS)
        assert await until_refused(controller, brief.key) == "INVALID_API_KEY"
        assert await reason(boss.revoke_api_key("nothing")) == "API_KEY_NOT_FOUND"


async def test_what_is_revoked_at_one_controller_is_refused_by_all(start, postgresql_url):
    place = parse_place(postgresql_url)
    one, other = [await start(database=place, api_key=BOSS, jwt_secret=SIGNING) for _ in range(2)]
    async with as_who(one, BOSS.reveal()) as boss:
        made = await boss.create_api_key("ci", role="developer")
        async with as_who(other, made.key) as ci:
            tokens = await ci.issue_token()
        assert await refused_as(other, tokens.access_token) == "OK"
        await boss.revoke_api_key(made.details.key_id)
        assert await until_refused(other, made.key) == "INVALID_API_KEY"
        assert await until_refused(other, tokens.access_token) == "INVALID_TOKEN"
        assert await reason(boss.refresh_token(tokens.refresh_token)) == "INVALID_TOKEN"


async def test_nobody_gives_more_than_they_have(start):
    controller = await start(api_key=BOSS, jwt_secret=SIGNING)
    async with as_who(controller, BOSS.reveal()) as boss:
        made = await boss.create_api_key("team", role="developer", permissions=["keys:write"], projects=["a", "b"])
    async with as_who(controller, made.key) as team:
        assert await reason(team.create_api_key("x", role="viewer", projects=["a"])) == "OK"
        assert await reason(team.create_api_key("x", role="admin")) == "INSUFFICIENT_PERMISSIONS"
        assert await reason(team.create_api_key("x", permissions=["*"])) == "INSUFFICIENT_PERMISSIONS"
        assert await reason(team.create_api_key("x", projects=["c"])) == "PROJECT_ACCESS_DENIED"
        assert await reason(team.issue_token(role="admin")) == "INSUFFICIENT_PERMISSIONS"
        assert await reason(team.issue_token(projects=["a", "c"])) == "PROJECT_ACCESS_DENIED"
        less = await team.issue_token(role="viewer", projects=["b"], subject="bot", lifetime_seconds=60)
    async with as_who(controller, less.access_token) as bot:
        who = await bot.caller()
        assert (who.method, who.name, who.role, who.projects) == ("token", "bot", "viewer", ["b"])
        assert who.principal_id == made.details.key_id  # nobody acts as somebody else
        assert await reason(bot.issue_token()) == "TOKEN_FROM_TOKEN"


async def test_nobody_touches_or_sees_keys_that_permit_more_than_theirs(start):
    controller = await start(api_key=BOSS)
    async with as_who(controller, BOSS.reveal()) as boss:
        admin = await boss.create_api_key("admin", role="admin")
        other = await boss.create_api_key("other", role="viewer", projects=["b"])
        below = await boss.create_api_key("below", role="viewer", projects=["a"])
        may = {"permissions": ["keys:write", "keys:read"], "projects": ["a"]}
        mine = await boss.create_api_key("mine", role="developer", **may)
        assert len([key async for key in boss.api_keys()]) == 4
    async with as_who(controller, mine.key) as team:
        assert [key.name async for key in team.api_keys(page_size=1)] == ["below", "mine"]
        for call in (team.revoke_api_key, team.rotate_api_key):
            assert await reason(call(admin.details.key_id)) == "INSUFFICIENT_PERMISSIONS"
            assert await reason(call(other.details.key_id)) == "PROJECT_ACCESS_DENIED"
        assert await refused_as(controller, admin.key) == "OK"
        assert (await team.revoke_api_key(below.details.key_id)).HasField("revoked_at")


async def test_nothing_that_is_given_lasts_longer_than_its_giver(start):
    controller = await start(api_key=BOSS)
    async with as_who(controller, BOSS.reveal()) as boss:
        brief = await boss.create_api_key("brief", role="admin", expires_in_seconds=3_600)
        lasting = await boss.create_api_key("lasting", role="admin")
    ends = brief.details.expires_at
    async with as_who(controller, brief.key) as who:
        assert (await who.create_api_key("endless")).details.expires_at == ends
        for make in (who.create_api_key, who.create_agent_token):
            with pytest.raises(LoadcellError, match=ends.ToJsonString()) as refused:
                await make("longer", expires_in_seconds=7_200)
            assert (refused.value.reason, refused.value.field) == ("INVALID_FIELD_VALUE", "expires_at")
        shorter = (await who.create_api_key("shorter", expires_in_seconds=1_800)).details.expires_at
        assert shorter.ToMicroseconds() < ends.ToMicroseconds()
        assert (await who.rotate_api_key(lasting.details.key_id)).details.expires_at == ends
        assert (await who.create_agent_token("rack 7")).details.expires_at == ends


async def test_a_key_within_scopes_gives_tokens_within_them(start):
    controller = await start(api_key=BOSS, jwt_secret=SIGNING)
    async with as_who(controller, BOSS.reveal()) as boss:
        made = await boss.create_api_key("r", role="developer", permissions=["audit:read"], scopes=["read"])
    async with as_who(controller, made.key) as reader:
        mine = set((await reader.caller()).permissions)
        token = (await reader.issue_token()).access_token
    assert "audit:read" in mine
    assert "runs:create" not in mine
    async with as_who(controller, token) as client:
        assert set((await client.caller()).permissions) == mine


async def test_a_refresh_token_is_good_once(start):
    controller = await start(api_key=BOSS, jwt_secret=SIGNING)
    async with as_who(controller, BOSS.reveal()) as boss, as_who(controller, "") as nobody:
        first = await boss.issue_token(subject="ci")
        second = await nobody.refresh_token(first.refresh_token)
        async with as_who(controller, second.access_token) as ci:
            assert (await ci.caller()).name == "ci"
        assert await reason(nobody.refresh_token(first.refresh_token)) == "INVALID_TOKEN"
        for credential in (first.access_token, second.access_token):
            assert await until_refused(controller, credential) == "INVALID_TOKEN"
        assert await reason(nobody.refresh_token(second.refresh_token)) == "INVALID_TOKEN"
        other = await boss.issue_token()
        assert await refused_as(controller, other.access_token) == "OK"
        await boss.revoke_token(other.refresh_token)
        assert await refused_as(controller, other.access_token) == "INVALID_TOKEN"
        assert await reason(boss.revoke_token("nonsense")) == "INVALID_TOKEN"
        assert await reason(nobody.refresh_token("lc_refresh_" + "x" * 43)) == "INVALID_TOKEN"


async def test_of_two_who_refresh_at_once_one_gets_tokens(start):
    controller = await start(api_key=BOSS, jwt_secret=SIGNING)
    async with as_who(controller, BOSS.reveal()) as boss:
        first = await boss.issue_token()
        found = await asyncio.gather(*(reason(boss.refresh_token(first.refresh_token)) for _ in range(5)))
    assert sorted(found) == ["INVALID_TOKEN"] * 4 + ["OK"]


async def test_without_a_signing_key_there_are_no_tokens(start):
    controller = await start(api_key=BOSS)
    async with as_who(controller, BOSS.reveal()) as boss:
        assert await reason(boss.issue_token()) == "TOKENS_OFF"
    assert await refused_as(controller, "a.b.c") == "INVALID_API_KEY"


async def test_two_credentials_or_one_twice_are_refused(start):
    controller = await start(api_key=BOSS)
    right = BOSS.reveal()
    async with dial(controller.address) as channel:
        runs = run_pb2_grpc.RunServiceStub(channel)

        async def answer(*metadata: tuple[str, str]) -> str:
            try:
                await runs.ListRuns(run_pb2.ListRunsRequest(), metadata=metadata)
            except grpc.aio.AioRpcError as error:
                return from_rpc_error(error).reason
            return "OK"

        assert await answer((API_KEY_METADATA, right)) == "OK"
        assert await answer(("authorization", f"bearer  {right}")) == "OK"
        assert await answer((API_KEY_METADATA, right), ("authorization", f"Bearer {right}")) == "OK"
        assert await answer((API_KEY_METADATA, right), ("authorization", "Bearer other")) == "INVALID_REQUEST"
        assert await answer((API_KEY_METADATA, right), (API_KEY_METADATA, "other")) == "INVALID_REQUEST"
        assert await answer(("authorization", "Basic eDp5")) == "MISSING_AUTHORIZATION"
        assert await answer((API_KEY_METADATA, "")) == "INVALID_API_KEY"


async def test_runs_may_be_public_by_setting(start):
    controller = await start(api_key=BOSS, public_reads=True)
    async with as_who(controller, "") as public:
        assert await listed(public) == []
        assert await reason(public.create_run(server_url="http://127.0.0.1:9")) == "MISSING_AUTHORIZATION"
        assert await reason(public.caller()) == "MISSING_AUTHORIZATION"


async def test_bad_requests_name_their_field(start):
    controller = await start(api_key=BOSS, jwt_secret=SIGNING)
    async with as_who(controller, BOSS.reveal()) as boss:

        async def wrong(call) -> tuple[str, str | None]:
            with pytest.raises(LoadcellError) as refused:
                await call
            return refused.value.reason, refused.value.field

        assert await wrong(boss.create_api_key(" ")) == ("MISSING_REQUIRED_FIELD", "name")
        assert await wrong(boss.create_api_key("x" * 129)) == ("INVALID_FIELD_VALUE", "name")
        assert await wrong(boss.create_api_key("x", role="root")) == ("INVALID_FIELD_VALUE", "role")
        assert await wrong(boss.create_api_key("x", permissions=["a"])) == ("INVALID_FIELD_VALUE", "permissions")
        assert await wrong(boss.create_api_key("x", permissions=["a"] * 65)) == ("LIMIT_EXCEEDED", "permissions")
        assert await wrong(boss.create_api_key("x", scopes=["all"])) == ("INVALID_FIELD_VALUE", "scopes")
        assert await wrong(boss.create_api_key("x", projects=["*"])) == ("INVALID_FIELD_VALUE", "projects")
        assert await wrong(boss.create_api_key("x", role="admin", projects=["a"])) == (
            "INVALID_FIELD_VALUE",
            "projects",
        )
        assert await wrong(boss.create_api_key("x", expires_in_seconds=-time.time() / 2)) == (
            "INVALID_FIELD_VALUE",
            "expires_at",
        )
        assert await wrong(boss.revoke_token("garbage")) == ("INVALID_TOKEN", "token")
        assert await wrong(boss.issue_token(lifetime_seconds=0)) == ("INVALID_FIELD_VALUE", "lifetime_seconds")
        assert await wrong(boss.issue_token(lifetime_seconds=9_999)) == ("INVALID_FIELD_VALUE", "lifetime_seconds")
        assert await wrong(boss.rotate_api_key("x", overlap_seconds=-1)) == (
            "INVALID_FIELD_VALUE",
            "overlap_seconds",
        )
