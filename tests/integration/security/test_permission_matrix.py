"""Every method with every role, with the project, another one or none: who may call it, and who sees what."""

from __future__ import annotations

from collections.abc import AsyncIterator

import grpc
import pytest
import pytest_asyncio
from google.protobuf.message_factory import GetMessageClass

from controller.access.methods import ANYBODY, OPEN, PERMISSIONS
from controller.access.permissions import permitted
from controller.store.place import parse_place
from loadcell.channel import dial
from loadcell.rpc_errors import from_rpc_error
from loadcell.v1 import run_pb2
from tests.integration.security.project_requests import ASKED, COUNTED, NAMED, OF_NO_PROJECT
from tests.integration.security.project_world import (
    CALLERS,
    EVERY,
    METHODS,
    NONE,
    OTHER,
    OWN,
    World,
    call,
    open_world,
    outcome,
)
from tests.patience import PATIENCE_SECONDS

pytestmark = pytest.mark.asyncio(loop_scope="module")

NOT_FOUND = {"RUN_NOT_FOUND", "RECOMMENDATION_NOT_FOUND", "TRACE_NOT_FOUND", "JOB_NOT_FOUND", "RESOURCE_NOT_FOUND"}
# What is let in is refused later: the job of the world has been completed, and its agent is gone.
LATER = {"ExportService/CancelExportJob": "EXPORT_NOT_READY", "RunService/CheckTarget": "NO_AGENTS_READY"}


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=["sqlite", "postgresql"])
async def world(request, tmp_path_factory) -> AsyncIterator[World]:
    """One controller on each engine for all tests here."""
    place = tmp_path_factory.mktemp("matrix") / "loadcell.db"
    if request.param == "postgresql":
        place = parse_place(request.getfixturevalue("_postgresql").prepared_url())
    async with open_world(place) as made:
        yield made


def may_call(role: str, name: str) -> bool:
    return name in OPEN | ANYBODY or PERMISSIONS[name] in permitted(role, [], [])


async def test_every_method_has_its_row():
    assert {*NAMED, *ASKED, *OF_NO_PROJECT, *COUNTED} == set(METHODS)
    assert len({*NAMED, *ASKED, *OF_NO_PROJECT}) == len(NAMED) + len(ASKED) + len(OF_NO_PROJECT)


async def test_what_a_role_may_not_call_is_refused_and_the_rest_is_not(world):
    wrong = {}
    for role, whose in CALLERS:
        for name in sorted(METHODS):
            reason = await outcome(world.channels[role, whose], name)
            if (reason == "INSUFFICIENT_PERMISSIONS") == may_call(role, name) or reason == "MISSING_AUTHORIZATION":
                wrong[role, whose, name] = reason
    assert not wrong


async def test_what_belongs_to_a_project_is_for_its_callers(world):
    wrong = {}
    for role, whose in CALLERS:
        for name, make in {**NAMED, **ASKED}.items():
            reason = await outcome(world.channels[role, whose], name, await make(world))
            if reason not in expected(role, whose, name):
                wrong[role, whose, name] = reason
    assert not wrong


def expected(role: str, whose: str, name: str) -> set[str]:
    """The reasons that a call about the project alpha may be refused for."""
    if not may_call(role, name):
        return {"INSUFFICIENT_PERMISSIONS"}
    if whose in (OWN, EVERY):
        return {LATER.get(name, "OK")}
    return NOT_FOUND if name in NAMED else {"PROJECT_ACCESS_DENIED"}


@pytest.mark.parametrize("role", ["developer", "viewer", "billing"])
async def test_an_answer_is_about_the_projects_of_who_asks(world, role):
    """What those see who have one project each is together what an admin sees, and who has none sees nothing."""
    for name, (fields, count) in COUNTED.items():
        if not may_call(role, name):
            continue
        given = fields(world) if callable(fields) else fields
        request, seen = GetMessageClass(METHODS[name].input_type)(**given), {}
        for whose in (OWN, OTHER, NONE):
            try:
                seen[whose] = count((await call(world.channels[role, whose], name, request))[0])
            except grpc.aio.AioRpcError as error:
                if from_rpc_error(error).reason not in NOT_FOUND:
                    raise
                seen[whose] = 0
        everything = count((await call(world.channels["admin", EVERY], name, request))[0])
        assert seen[NONE] == 0, name
        assert min(seen[OWN], seen[OTHER]) > 0, name
        assert seen[OWN] + seen[OTHER] == everything, name


async def test_things_of_others_are_named_as_those_that_are_not_there(world):
    nowhere = {"RunService/BatchGetRuns": "nothing", "TraceService/BatchGetTraces": "0" * 32}
    for name, missing in nowhere.items():
        ((field, (mine, others)),) = COUNTED[name][0](world).items()
        request = GetMessageClass(METHODS[name].input_type)(**{field: [others, missing, mine, mine]})
        for whose, wanted in ((OWN, [others, missing]), (NONE, [others, missing, mine])):
            (answer,) = await call(world.channels["developer", whose], name, request)
            assert list(answer.not_found) == wanted, (name, whose)


async def test_nobody_without_a_credential_is_let_in(world):
    async with dial(world.address) as channel:
        reasons = {name: await outcome(channel, name) for name in sorted(METHODS)}
    assert {name for name, reason in reasons.items() if reason != "MISSING_AUTHORIZATION"} == OPEN
    assert {reasons[name] for name in OPEN} == {"INVALID_TOKEN"}


@pytest.mark.parametrize("name", ["AgentService/Session", "AgentService/StreamSamples"])
async def test_streams_that_say_nothing_are_guarded_too(world, name):
    method = METHODS[name]
    calling = world.channels["billing", NONE].stream_stream(
        f"/{method.containing_service.full_name}/{method.name}",
        request_serializer=lambda message: message.SerializeToString(),
        response_deserializer=GetMessageClass(method.output_type).FromString,
    )

    async def nothing():
        return
        yield

    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await calling(nothing(), timeout=PATIENCE_SECONDS).read()
    assert from_rpc_error(refused.value).reason == "INSUFFICIENT_PERMISSIONS"


async def test_S18_the_repeat_of_a_call_of_others_does_not_lead_to_their_run(world):
    spec = run_pb2.CreateRunRequest(server_url="http://127.0.0.1:9", model="m", num_prompts=5, request_id="once")
    mine, other = world.channels["developer", OWN], world.channels["developer", OTHER]
    first = (await call(mine, "RunService/CreateRun", spec))[0].run_id
    assert (await call(mine, "RunService/CreateRun", spec))[0].run_id == first
    assert await outcome(other, "RunService/CreateRun", spec) == "INVALID_FIELD_VALUE"
    assert (
        await outcome(world.channels["developer", NONE], "RunService/CreateRun", spec) == "PROJECT_ACCESS_DENIED"
    )
    assert (await world.ask("RunService/GetRun", run_id=first)).run.project_id == "alpha"
