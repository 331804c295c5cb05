"""The log of who changed what, and of who was refused."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import grpc
import pytest

from controller.access.audit import FAILURES_A_MINUTE
from controller.retention import Ages, retain_once
from controller.store import audit_log
from controller.store.audit_log import AuditEntry, append_entry
from controller.store.migrate import open_database
from loadcell.channel import API_KEY_METADATA, CLIENT_ADDRESS_METADATA, REQUEST_ID_METADATA, dial
from loadcell.client import Client
from loadcell.clock import wall_micros
from loadcell.errors import LoadcellError
from loadcell.settings import Secret
from loadcell.v1 import auth_pb2, auth_pb2_grpc, cost_pb2, cost_pb2_grpc, run_pb2, run_pb2_grpc
from tests.patience import PATIENCE_SECONDS

BOSS = Secret("the key of the settings")
DAY_MICROS = 86_400_000_000


async def entries(boss: Client, **asked: object) -> list[tuple[str, str, str, str]]:
    """Return method, caller, resource and outcome of what is kept, oldest first."""
    found = [entry async for entry in boss.audit_log(**asked)]
    assert [entry.entry_number for entry in found] == sorted((e.entry_number for e in found), reverse=True)
    return [(e.method, e.principal_name, e.resource_id, e.outcome) for e in reversed(found)]


async def test_who_changed_what_and_who_was_refused(start):
    controller = await start(api_key=BOSS)
    async with Client(controller.address, api_key=BOSS) as boss:
        made = await boss.create_api_key("dev", role="developer", projects=["p"])
        async with Client(controller.address, api_key=made.key) as dev:
            run_id = (await dev.create_run(server_url="http://127.0.0.1:9", model="m", num_prompts=1)).run_id
            await dev.get_run(run_id)
            await dev.update_run(run_id, notes="mine")
            for call in (dev.create_api_key("x"), dev.update_run("nothing", notes="x")):
                with pytest.raises(LoadcellError):
                    await call
        async with Client(controller.address, api_key="wrong") as stranger:
            with pytest.raises(LoadcellError):
                await stranger.get_run(run_id)
        request = run_pb2.CancelRunRequest(run_id=run_id)
        brought = ((REQUEST_ID_METADATA, "one-of-mine"), (CLIENT_ADDRESS_METADATA, "2001:db8::7"))
        await controller.runs.CancelRun(request, metadata=brought)
        assert await entries(boss) == [
            ("AuthService/CreateApiKey", "configured_key", made.details.key_id, "OK"),
            ("RunService/CreateRun", "dev", run_id, "OK"),
            ("RunService/UpdateRun", "dev", run_id, "OK"),
            ("AuthService/CreateApiKey", "dev", "", "INSUFFICIENT_PERMISSIONS"),
            ("RunService/UpdateRun", "dev", "nothing", "RUN_NOT_FOUND"),
            ("RunService/GetRun", "", run_id, "INVALID_API_KEY"),
            ("RunService/CancelRun", "configured_key", run_id, "OK"),
        ]
        (cancelled,) = [entry async for entry in boss.audit_log(method="RunService/CancelRun")]
        assert cancelled.request_id == "one-of-mine"
        assert cancelled.client_address == "2001:db8::7"  # of the caller of the gateway
        (created,) = [entry async for entry in boss.audit_log(method="RunService/CreateRun")]
        assert created.client_address == "127.0.0.1"
        assert (cancelled.principal_method, cancelled.role) == ("configured_key", "admin")
        assert len(await entries(boss, outcome="OK")) == 4
        assert len(await entries(boss, method="UpdateRun")) == 2
        assert len(await entries(boss, principal_id=made.details.key_id)) == 4
        assert len(await entries(boss, resource_id=run_id, page_size=1)) == 4
        assert await entries(boss, until="now-1h") == []
        assert len(await entries(boss, since="now-1h")) == 7


async def test_nobody_unknown_fills_the_log_or_takes_the_room_of_others(start):
    """Many calls that say nothing of their maker are counted, but only some are kept, of each caller as many."""
    controller = await start(api_key=BOSS, jwt_secret=Secret("s" * 40), auth_failures=0)
    async with Client(controller.address, api_key=BOSS) as boss, dial(controller.address) as channel:
        made = await boss.create_api_key("dev", role="developer", projects=["p"])
        runs, auth = run_pb2_grpc.RunServiceStub(channel), auth_pb2_grpc.AuthServiceStub(channel)
        two = ((API_KEY_METADATA, "a"), ("authorization", "Bearer b"))
        for _ in range(FAILURES_A_MINUTE):
            for call in (
                runs.CancelRun(run_pb2.CancelRunRequest(run_id="x"), metadata=two),
                auth.RefreshToken(auth_pb2.RefreshTokenRequest(refresh_token="garbage")),
            ):
                with pytest.raises(grpc.aio.AioRpcError):
                    await call
        async with Client(controller.address, api_key=made.key) as dev:
            with pytest.raises(LoadcellError):
                await dev.create_api_key("x")
        kept = await entries(boss)
        # A minute may have begun meanwhile.
        assert FAILURES_A_MINUTE <= len([who for _, who, *_ in kept if who == ""]) < 2 * FAILURES_A_MINUTE
        assert ("AuthService/CreateApiKey", "dev", "", "INSUFFICIENT_PERMISSIONS") in kept


async def test_who_acts_under_another_name_is_still_seen(start):
    controller = await start(api_key=BOSS, jwt_secret=Secret("s" * 40))
    async with Client(controller.address, api_key=BOSS) as boss:
        admin = await boss.create_api_key("the admin", role="admin")
        forger = await boss.create_api_key("forger", permissions=["keys:write"], projects=["p"])
        async with Client(controller.address, api_key=forger.key) as client:
            tokens = await client.issue_token(subject=admin.details.key_id)
        async with Client(controller.address) as anybody:
            token = (await anybody.refresh_token(tokens.refresh_token)).access_token
        (kept,) = [entry async for entry in boss.audit_log(method="AuthService/RefreshToken")]
        assert kept.principal_id == forger.details.key_id
        async with Client(controller.address, api_key=token) as client:
            made = await client.create_api_key("x", projects=["p"])
        (kept,) = [entry async for entry in boss.audit_log(resource_id=made.details.key_id)]
        assert (kept.principal_id, kept.principal_method) == (forger.details.key_id, "token")
        assert kept.principal_name == admin.details.key_id  # as they call themselves
        assert made.details.created_by == forger.details.key_id


async def test_who_has_some_projects_reads_of_these_only(start):
    controller = await start(api_key=BOSS)
    async with Client(controller.address, api_key=BOSS) as boss:
        reader = await boss.create_api_key("reader", permissions=["audit:read"], projects=["a"])
        for project in ("a", "b"):
            await boss.create_run(server_url="http://127.0.0.1:9", model="m", num_prompts=1, project_id=project)
        async with Client(controller.address, api_key=reader.key) as client:
            assert [entry.project_id async for entry in client.audit_log()] == ["a"]
            assert len(await entries(client, outcome="OK")) == 1
        assert len(await entries(boss)) == 3


async def test_what_is_done_with_a_run_is_kept_with_the_project_it_has(start):
    controller = await start(api_key=BOSS)
    async with Client(controller.address, api_key=BOSS) as boss:
        made = await boss.create_api_key("dev", role="developer", projects=["q", "p"])
        for key, project in ((made.key, "p"), (BOSS, "default")):
            async with Client(controller.address, api_key=key) as client:
                run_id = (
                    await client.create_run(server_url="http://127.0.0.1:9", model="m", num_prompts=1)
                ).run_id
                await client.update_run(run_id, notes="mine")
                await client.cancel_run(run_id)
                await client.delete_run(run_id)
            kept = [entry async for entry in boss.audit_log(resource_id=run_id)]
            assert [entry.project_id for entry in kept] == [project] * 4


async def test_what_is_done_with_a_budget_is_kept_with_the_project_it_has(start):
    controller = await start(api_key=BOSS)
    async with (
        Client(controller.address, api_key=BOSS) as boss,
        dial(controller.address, api_key=BOSS) as channel,
    ):
        costs = cost_pb2_grpc.CostServiceStub(channel)
        new = cost_pb2.CreateBudgetRequest(name="b", amount=1, period="monthly", project_id="p")
        budget_id = (await costs.CreateBudget(new)).data.id
        await costs.UpdateBudget(cost_pb2.UpdateBudgetRequest(budget_id=budget_id, name="c"))
        await costs.DeleteBudget(cost_pb2.DeleteBudgetRequest(budget_id=budget_id))
        kept = [entry async for entry in boss.audit_log(resource_id=budget_id)]
        assert [entry.project_id for entry in kept] == ["p"] * 3


async def test_a_credential_in_the_place_of_its_identifier_is_kept_nowhere(start):
    controller = await start(api_key=BOSS)
    async with Client(controller.address, api_key=BOSS) as boss:
        key = (await boss.create_api_key("mine", role="admin")).key
        token = (await boss.create_agent_token("rack 7")).token
        for call, pasted in (
            (boss.revoke_api_key, key),
            (boss.rotate_api_key, key),
            (boss.revoke_agent_token, token),
            (boss.revoke_api_key, BOSS.reveal()),
        ):
            with pytest.raises(LoadcellError, match="there is no") as refused:
                await call(pasted)
            assert pasted not in f"{refused.value} {refused.value.metadata}"
        kept = [entry async for entry in boss.audit_log()]
        assert {entry.resource_id for entry in kept} > {key[:16] + "...", token[:17] + "...", "(no identifier)"}
        assert not any(pasted in str(entry) for entry in kept for pasted in (key, token, BOSS.reveal()))


async def test_bad_questions_name_their_field(start):
    controller = await start(api_key=BOSS)
    async with Client(controller.address, api_key=BOSS) as boss:
        for field, asked in (
            ("from", {"since": "yesterday"}),
            ("to", {"since": "now", "until": "now-1h"}),
            ("limit", {"page_size": 1001}),
            ("method", {"method": "RevokeKey"}),
            ("outcome", {"outcome": "bogus"}),
        ):
            with pytest.raises(LoadcellError) as refused:
                await entries(boss, **asked)
            assert refused.value.field == field


async def test_entries_go_when_they_are_old_enough(place):
    database = await open_database(place)
    now = 1_000 * DAY_MICROS

    def entry(days_ago: int) -> AuditEntry:
        return AuditEntry(now - days_ago * DAY_MICROS, *(["x"] * 10))

    for days in (0, 10, 11, 400):
        await database.write(lambda c, days=days: append_entry(c, entry(days)))
    for kept_days, left in ((0, 4), (10, 2)):
        await retain_once(database, Ages(0, 0, 0, 0, kept_days), now)
        found = await database.read(lambda c: c.exec_driver_sql("SELECT count(*) FROM audit_log").scalar_one())
        assert found == left
    await database.close()


async def test_the_setting_says_how_long_entries_are_kept(start, tmp_path):
    database = await open_database(tmp_path / "loadcell.db")
    now = wall_micros()
    for days in (30, 32):
        old = AuditEntry(now - days * DAY_MICROS, *([f"{days} days"] * 10))
        await database.write(lambda c, entry=old: append_entry(c, entry))
    await database.close()
    controller = await start(api_key=BOSS, audit_retention_days=31)
    async with Client(controller.address, api_key=BOSS) as boss, asyncio.timeout(PATIENCE_SECONDS):
        while len(await entries(boss)) > 1:
            await asyncio.sleep(0.02)
        assert [method for method, *_ in await entries(boss)] == ["30 days"]


def test_nothing_changes_an_entry():
    """The log is spoken of where it is defined, added to, asked and shortened by age, and nowhere else."""
    store = Path(audit_log.__file__).parent
    speaking = {
        str(file.relative_to(store))
        for file in store.rglob("*.py")
        if re.search(r"\baudit_log\b", file.read_text(encoding="utf-8"))
    }
    assert {name for name in speaking if not name.startswith("migrations/")} == {
        "audit_log.py",
        "schema_access.py",
    }
    said = re.findall(
        r"\b(insert|update|delete|select)\((.+)", Path(audit_log.__file__).read_text(encoding="utf-8")
    )
    assert "update" not in {verb for verb, _ in said}
    assert [verb for verb, rest in said if rest.startswith("audit_log)")] == ["insert", "delete"]
