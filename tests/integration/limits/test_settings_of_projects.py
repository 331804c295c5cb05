"""What is set for a project: who may set it, and what its runs may then do, on both engines."""

from __future__ import annotations

import grpc
import pytest

from controller.limits.quotas import Taken
from controller.store.place import parse_place
from controller.store.project_usage import taken_of
from loadcell.client import Client
from loadcell.errors import LoadcellError
from loadcell.rpc_errors import from_rpc_error
from loadcell.settings import Secret
from loadcell.target_guard.rules import parse_rules
from loadcell.v1 import run_pb2

BOSS = Secret("the key of the settings")


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request, tmp_path):
    if request.param == "sqlite":
        return tmp_path / "loadcell.db"
    return parse_place(request.getfixturevalue("postgresql_url"))


@pytest.fixture
async def boss(controller):
    async with Client(controller.address) as client:
        yield client


async def refusal(call) -> LoadcellError:
    with pytest.raises((LoadcellError, grpc.aio.AioRpcError)) as caught:
        await call
    return caught.value if isinstance(caught.value, LoadcellError) else from_rpc_error(caught.value)


async def used(client: Client, project: str) -> dict[str, tuple[float, float]]:
    return {quota.name: (quota.taken, quota.limit) for quota in (await client.project(project)).quotas}


async def test_what_is_set_is_kept_and_what_is_not_given_is_taken_back(start, database):
    controller = await start(database=database, quota_agents=7)
    await controller.create(project_id="seen", rate=[5.0])
    async with Client(controller.address) as client:
        assert await used(client, "never heard of") == {
            "running_runs": (0, 0),
            "rate": (0, 0),
            "agents": (0, 7),
            "stored_traces": (0, 0),
        }
        await client.set_project("a", allowed_targets=" 10.0.0.0/8:8000 , *.example.com ", quota_rate=0.5)
        project = (await client.project("a")).project
        assert project.allowed_targets == "10.0.0.0/8:8000,*.example.com"
        assert project.quota_rate == 0.5
        assert project.updated_by
        assert not project.HasField("quota_agents")
        await client.set_project("a", quota_agents=0, quota_running_runs=3, quota_stored_traces=10**12)
        again = (await client.project("a")).project
        assert (again.allowed_targets, again.quota_stored_traces) == ("", 10**12)
        assert not again.HasField("quota_rate")
        assert again.updated_at.ToMicroseconds() >= project.updated_at.ToMicroseconds()
        assert await used(client, "a") == {
            "running_runs": (0, 3),
            "rate": (0, 0),
            "agents": (0, 0),
            "stored_traces": (0, 10**12),
        }
        assert await used(client, "seen") == {
            "running_runs": (1, 0),
            "rate": (5, 0),
            "agents": (1, 7),
            "stored_traces": (10, 0),
        }
        assert [one.project_id async for one in client.projects(page_size=1)] == ["a", "seen"]


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"project_id": ""}, "project_id"),
        ({"project_id": "a\nb"}, "project_id"),
        ({"project_id": "x" * 129}, "project_id"),
        ({"allowed_targets": "10.0.0.0/33"}, "allowed_targets"),
        ({"allowed_targets": "a.example," * 257}, "allowed_targets"),
        ({"allowed_targets": "a" * 16_385}, "allowed_targets"),
        ({"quota_rate": float("nan")}, "quota_rate"),
        ({"quota_rate": -1.0}, "quota_rate"),
        ({"quota_agents": -1}, "quota_agents"),
        ({"quota_running_runs": 1_000_001}, "quota_running_runs"),
        ({"quota_stored_traces": 10**15 + 1}, "quota_stored_traces"),
    ],
)
async def test_what_cannot_be_set_is_refused_with_its_field(boss, fields, field):
    error = await refusal(boss.set_project(**{"project_id": "a", **fields}))
    assert error.field == field
    assert error.reason in ("MISSING_REQUIRED_FIELD", "INVALID_FIELD_VALUE", "LIMIT_EXCEEDED")
    assert [one async for one in boss.projects()] == []


async def test_admins_set_projects_and_others_see_their_own(start):
    controller = await start(api_key=BOSS)
    async with Client(controller.address, api_key=BOSS) as boss:
        for name in ("alpha", "beta"):
            await boss.set_project(name, quota_agents=1)
        extra = await boss.create_api_key("x", role="viewer", projects=["alpha"], permissions=["projects:write"])
        for role in ("developer", "viewer"):
            made = await boss.create_api_key(role, role=role, projects=["alpha"])
            async with Client(controller.address, api_key=made.key) as client:
                assert [one.project_id async for one in client.projects()] == ["alpha"]
                assert (await client.project("alpha")).project.quota_agents == 1
                assert (await refusal(client.project("beta"))).reason == "PROJECT_ACCESS_DENIED"
                assert (await refusal(client.set_project("alpha"))).reason == "INSUFFICIENT_PERMISSIONS"
        nowhere = await boss.create_api_key("nowhere", role="developer")
        async with Client(controller.address, api_key=nowhere.key) as client:
            assert [one async for one in client.projects()] == []
            assert (await refusal(client.project("default"))).reason == "PROJECT_ACCESS_DENIED"
        async with Client(controller.address, api_key=extra.key) as client:
            await client.set_project("alpha", quota_agents=2)
            assert (await refusal(client.set_project("beta"))).reason == "PROJECT_ACCESS_DENIED"
        entries = [entry async for entry in boss.audit_log(method="AuthService/SetProject")]
        assert [(entry.project_id, entry.outcome) for entry in entries] == [
            ("beta", "PROJECT_ACCESS_DENIED"),
            ("alpha", "OK"),
            ("alpha", "INSUFFICIENT_PERMISSIONS"),
            ("alpha", "INSUFFICIENT_PERMISSIONS"),
            ("beta", "OK"),
            ("alpha", "OK"),
        ]


async def test_runs_of_a_project_have_its_targets_and_never_more(start):
    controller = await start(target_deny=parse_rules("10.1.0.0/16"))
    async with Client(controller.address) as boss:
        await boss.set_project("a", allowed_targets="10.0.0.0/8:8000,169.254.169.254,*.example.com")
        for url in ("http://10.2.0.1:8000", "http://llm.example.com:1"):
            await controller.create(project_id="a", server_url=url, validate_only=True)
        for url, why in (
            ("http://10.2.0.1:8001", "none of those that runs of its project may have"),
            ("http://127.0.0.1:8000", "none of those that runs of its project may have"),
            ("http://10.1.0.1:8000", "LOADCELL_TARGET_DENY"),
            ("http://169.254.169.254", "metadata service"),
        ):
            error = await refusal(controller.create(project_id="a", server_url=url, validate_only=True))
            assert (error.reason, error.field) == ("TARGET_DENIED", "server_url")
            assert why in error.message
        await controller.create(project_id="b", server_url="http://127.0.0.1:8000", validate_only=True)
        agent = await controller.agent()
        run_id = await controller.create(project_id="a", server_url="http://10.2.0.1:8000")
        await controller.ended(run_id)
        assert {grant.target.allowed_targets for grant in agent.grants.values()} == {
            "10.0.0.0/8:8000,169.254.169.254,*.example.com"
        }


async def test_a_quota_of_a_project_comes_before_that_of_the_settings(start):
    controller = await start(quota_running_runs=1)
    async with Client(controller.address) as boss:
        await boss.set_project("a", quota_running_runs=2)
        await boss.set_project("free", quota_running_runs=0)
        for project, most in (("a", 2), ("b", 1)):
            for _ in range(most):
                await controller.create(project_id=project)
            error = await refusal(controller.create(project_id=project))
            assert (error.reason, error.metadata["limit"]) == ("QUOTA_EXCEEDED", str(most))
        for _ in range(3):
            await controller.create(project_id="free")


async def test_stored_traces_count_with_those_to_come_until_they_are_deleted(start, database):
    controller = await start(database=database, quota_stored_traces=50)
    await controller.agent()
    first = await controller.create(project_id="a", num_prompts=30)
    error = await refusal(controller.create(project_id="a", num_prompts=21))
    assert error.reason == "QUOTA_EXCEEDED"
    assert "would have 51 stored traces, at most 50" in error.message
    await controller.ended(first)
    store = controller.dispatcher.database

    async def traces() -> int:
        return (await store.read(lambda c: taken_of(c, "a"))).traces

    assert await traces() == 30
    assert await store.read(lambda c: taken_of(c, "a", with_traces=False)) == Taken()
    assert (await refusal(controller.create(project_id="a", num_prompts=21))).metadata["asked"] == "51"
    await controller.create(project_id="b", num_prompts=21)
    sampled = await controller.create(project_id="a", num_prompts=100, trace_sample_rate=0.1)
    await controller.ended(sampled)
    kept = await traces() - 30
    assert 0 < kept < 50
    await controller.runs.DeleteRun(run_pb2.DeleteRunRequest(run_id=first))
    assert await traces() == kept
    await controller.create(project_id="a", num_prompts=50 - kept)
