"""Every method with every role: who may call it; and of what belongs to a project, who sees it."""

from __future__ import annotations

import grpc
import pytest
from google.protobuf.message_factory import GetMessageClass

from controller.access.methods import ANYBODY, OPEN, PERMISSIONS
from controller.access.permissions import ROLES, permitted
from gateway.contract import SERVICES as OVER_HTTP
from loadcell.channel import dial
from loadcell.client import Client
from loadcell.rpc_errors import from_rpc_error
from loadcell.settings import Secret
from loadcell.v1 import agent_pb2, export_pb2, export_pb2_grpc, run_pb2, trace_pb2
from tests.patience import PATIENCE_SECONDS

BOSS = Secret("the key of the settings")
METHODS = {
    f"{service.name}/{method.name}": method
    for service in (*OVER_HTTP, agent_pb2.DESCRIPTOR.services_by_name["AgentService"])
    for method in service.methods
}
NOT_LET_IN = {"MISSING_AUTHORIZATION", "INVALID_API_KEY", "INSUFFICIENT_PERMISSIONS"}


@pytest.fixture
async def system(start):
    """A controller with a key of every role for the projects alpha and beta, and for none."""
    controller = await start(api_key=BOSS)
    async with Client(controller.address, api_key=BOSS) as boss:
        keys = {
            (role, project): (await boss.create_api_key(f"{role} {project}", role=role, projects=[project])).key
            for role in ROLES
            for project in ("alpha", "beta")
            if role != "admin"
        }
        keys |= {(role, None): (await boss.create_api_key(role, role=role)).key for role in ROLES}
    controller.keys = keys
    return controller


async def outcome(channel: grpc.aio.Channel, name: str, request=None) -> str:
    """Call a method once, whatever its kind, with one message, and return the reason of its refusal, or OK."""
    method = METHODS[name]
    answer = GetMessageClass(method.output_type)
    path = f"/{method.containing_service.full_name}/{method.name}"
    kind = ("stream" if method.client_streaming else "unary") + (
        "_stream" if method.server_streaming else "_unary"
    )
    call = getattr(channel, kind)(
        path, request_serializer=lambda m: m.SerializeToString(), response_deserializer=answer.FromString
    )
    message = GetMessageClass(method.input_type)() if request is None else request

    async def messages():
        yield message

    going = call(messages() if method.client_streaming else message, timeout=PATIENCE_SECONDS)
    try:
        if not method.server_streaming:
            await going
        elif name not in ("EventService/Subscribe", "AgentService/StreamSamples"):
            await going.read()
        else:
            await going.initial_metadata()
            # Of these, one that is let in may have nothing to say.
            going.cancel()
    except grpc.aio.AioRpcError as error:
        return from_rpc_error(error).reason
    return "OK"


@pytest.mark.parametrize("role", ROLES)
async def test_every_method_is_for_whom_the_table_says(system, role):
    may = permitted(role, [], [])
    wrong = {}
    async with dial(system.address, api_key=Secret(system.keys[role, None])) as channel:
        for name in sorted(set(METHODS) - {"EventService/Subscribe", "AgentService/StreamSamples"}):
            let_in = name in OPEN | ANYBODY or PERMISSIONS[name] in may
            reason = await outcome(channel, name)
            if (reason not in NOT_LET_IN) != let_in:
                wrong[name] = reason
    assert not wrong


async def test_nobody_without_a_credential_is_let_in(system):
    async with dial(system.address) as channel:
        reasons = {name: await outcome(channel, name) for name in sorted(METHODS)}
    let_in = {name for name, reason in reasons.items() if reason != "MISSING_AUTHORIZATION"}
    assert let_in <= OPEN | {"EventService/Subscribe", "AgentService/StreamSamples"}
    assert reasons["AuthService/RefreshToken"] == "INVALID_TOKEN"


@pytest.mark.parametrize("name", ["EventService/Subscribe", "AgentService/StreamSamples"])
async def test_streams_that_say_nothing_are_guarded_too(system, name):
    async with dial(system.address, api_key=Secret(system.keys["billing", None])) as channel:
        method = METHODS[name]
        kind = channel.stream_stream if method.client_streaming else channel.unary_stream
        call = kind(
            f"/{method.containing_service.full_name}/{method.name}",
            request_serializer=lambda m: m.SerializeToString(),
            response_deserializer=GetMessageClass(method.output_type).FromString,
        )
        message = GetMessageClass(method.input_type)()

        async def nothing():
            return
            yield

        going = call(nothing() if method.client_streaming else message, timeout=PATIENCE_SECONDS)
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await going.read()
        assert from_rpc_error(refused.value).reason == "INSUFFICIENT_PERMISSIONS"


async def test_S18_what_belongs_to_a_project_is_there_for_nobody_else(system):
    async with dial(system.address, api_key=Secret(system.keys["developer", "alpha"])) as mine:
        create = mine.unary_unary(
            "/loadcell.v1.RunService/CreateRun",
            request_serializer=run_pb2.CreateRunRequest.SerializeToString,
            response_deserializer=run_pb2.CreateRunResponse.FromString,
        )
        spec = run_pb2.CreateRunRequest(
            server_url="http://127.0.0.1:9", model="m", num_prompts=5, warmup=0, concurrency=[1], request_id="once"
        )
        run_id = (await create(spec)).run_id
        assert (await create(spec)).run_id == run_id
        spec.request_id = "twice"
        second = (await create(spec)).run_id
        await system.agent(api_key=BOSS)
        await system.ended(run_id)
        await system.ended(second)
        run = await system.run(run_id)
        assert run.project_id == "alpha"
        job = await export_pb2_grpc.ExportServiceStub(mine).CreateExport(
            export_pb2.CreateExportRequest(format="jsonl")
        )
        requests = await requests_about(mine, [run_id, second], job.data.job_id)
        for name, request in requests.items():
            assert await outcome(mine, name, request) not in {*NOT_FOUND, *NOT_LET_IN}, name
        assert await outcome(mine, "RunService/CreateRun", in_project(spec, "beta")) == "PROJECT_ACCESS_DENIED"
    for who in (("developer", "beta"), ("developer", None)):
        async with dial(system.address, api_key=Secret(system.keys[who])) as other:
            for name, request in requests.items():
                assert await outcome(other, name, request) in NOT_FOUND, (who, name)
            again = in_project(spec, "beta" if who[1] else "")
            assert await outcome(other, "RunService/CreateRun", again) == (
                "INVALID_FIELD_VALUE" if who[1] else "PROJECT_ACCESS_DENIED"
            )
            assert await seen(other) == (0, 0)
    assert (await system.run(run_id)).project_id == "alpha"
    async with dial(system.address, api_key=Secret(system.keys["viewer", "alpha"])) as viewer:
        assert await seen(viewer) == (2, 10)
    async with dial(system.address, api_key=Secret(system.keys["admin", None])) as admin:
        assert await seen(admin) == (2, 10)


NOT_FOUND = {"RUN_NOT_FOUND", "TRACE_NOT_FOUND", "JOB_NOT_FOUND", "RESOURCE_NOT_FOUND"}


def in_project(spec: run_pb2.CreateRunRequest, project: str) -> run_pb2.CreateRunRequest:
    changed = run_pb2.CreateRunRequest()
    changed.CopyFrom(spec)
    changed.project_id = project
    return changed


async def requests_about(mine: grpc.aio.Channel, run_ids: list[str], job_id: str) -> dict:
    """Return a request for everything that can be named, which does no harm; what ends it comes last."""
    traces = await mine.unary_unary(
        "/loadcell.v1.TraceService/ListTraces",
        request_serializer=trace_pb2.ListTracesRequest.SerializeToString,
        response_deserializer=trace_pb2.ListTracesResponse.FromString,
    )(trace_pb2.ListTracesRequest())
    trace_id, run_id = traces.data[0].trace_id, run_ids[0]
    return {
        "RunService/GetRun": run_pb2.GetRunRequest(run_id=run_id),
        "RunService/UpdateRun": run_pb2.UpdateRunRequest(run_id=run_id, notes="mine"),
        "RunService/GetRunResult": run_pb2.GetRunResultRequest(run_id=run_id, partial=True),
        "RunService/GetRunTimeline": run_pb2.GetRunTimelineRequest(run_id=run_id),
        "RunService/CompareRuns": run_pb2.CompareRunsRequest(run_ids=run_ids),
        "RunService/ExportRunResult": run_pb2.ExportRunResultRequest(run_id=run_id, format="json"),
        "RunService/DownloadRunResult": run_pb2.DownloadRunResultRequest(run_id=run_id, format="json"),
        "RunService/WatchRun": run_pb2.WatchRunRequest(run_id=run_id),
        "RunService/CancelRun": run_pb2.CancelRunRequest(run_id=run_id),
        "TraceService/GetTrace": trace_pb2.GetTraceRequest(trace_id=trace_id),
        "ExportService/GetExportJob": export_pb2.GetExportJobRequest(job_id=job_id),
        "ExportService/CancelExportJob": export_pb2.CancelExportJobRequest(job_id=job_id),
        "ExportService/DownloadExport": export_pb2.DownloadExportRequest(job_id=job_id),
    }


async def seen(channel: grpc.aio.Channel) -> tuple[int, int]:
    """Return how many runs and traces are listed."""

    async def ask(path: str, request, answer):
        call = channel.unary_unary(
            path, request_serializer=lambda m: m.SerializeToString(), response_deserializer=answer.FromString
        )
        return await call(request)

    runs = await ask("/loadcell.v1.RunService/ListRuns", run_pb2.ListRunsRequest(), run_pb2.ListRunsResponse)
    traces = await ask(
        "/loadcell.v1.TraceService/ListTraces", trace_pb2.ListTracesRequest(), trace_pb2.ListTracesResponse
    )
    return runs.total, len(traces.data)
