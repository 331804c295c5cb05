"""Calls above the rate are refused, over gRPC and HTTP, and every answer says how the caller stands."""

from __future__ import annotations

import asyncio
import time
from contextlib import AsyncExitStack, asynccontextmanager

import grpc
import httpx
import pytest
from prometheus_client import CollectorRegistry

from controller.limits.rates import parse_rates
from gateway.app import make_app
from gateway.bindings import read_bindings
from gateway.contract import SERVICES
from gateway.metrics.http import HttpMetrics
from gateway.upstream import Upstream
from loadcell.channel import dial
from loadcell.client import Client
from loadcell.rpc_errors import from_rpc_error
from loadcell.settings import Secret
from loadcell.v1 import run_pb2, run_pb2_grpc, trace_pb2, trace_pb2_grpc
from tests.patience import PATIENCE_SECONDS

BOSS = Secret("the key of the settings")
FEW = parse_rates("viewer=60/4,search=60/2,admin=60000")
SECONDS = 60.0  # in which a bucket of these is full again, and more


@asynccontextmanager
async def gateway(address: str, client: str = "192.0.2.1"):
    """The gateway's application before a controller, called without a socket."""
    async with AsyncExitStack() as stack:
        channel = await stack.enter_async_context(dial(address))
        metrics = HttpMetrics(CollectorRegistry())
        app = make_app(read_bindings(SERVICES), Upstream(channel), metrics, before_others=None)
        transport = httpx.ASGITransport(app, client=(client, 5_123))
        yield await stack.enter_async_context(httpx.AsyncClient(transport=transport, base_url="http://gateway"))


async def a_viewer(controller) -> str:
    async with Client(controller.address, api_key=BOSS.reveal()) as boss:
        return (await boss.create_api_key("v", role="viewer", projects=["a"])).key


async def trailers(call) -> tuple[str, dict]:
    """The reason a call was refused for, or OK, and what came at its end."""
    try:
        await call
    except grpc.aio.AioRpcError as error:
        return from_rpc_error(error).reason, dict(error.trailing_metadata())
    return "OK", dict(await call.trailing_metadata())


async def test_who_calls_too_often_is_told_so_over_grpc(start):
    controller = await start(api_key=BOSS, rate_limits=FEW)
    viewer = await a_viewer(controller)
    async with dial(controller.address, api_key=Secret(viewer)) as channel:
        runs = run_pb2_grpc.RunServiceStub(channel)
        began = time.time()
        reason, first = await trailers(runs.ListRuns(run_pb2.ListRunsRequest()))
        assert reason == "OK"
        assert (first["x-ratelimit-limit"], first["x-ratelimit-remaining"]) == ("60", "3")
        assert began <= int(first["x-ratelimit-reset"]) <= time.time() + SECONDS
        assert "retry-after" not in first
        # What is not found counts, too, whatever its name; and it says how the caller stands.
        reason, second = await trailers(runs.GetRun(run_pb2.GetRunRequest(run_id="x")))
        assert (reason, second["x-ratelimit-limit"]) == ("RUN_NOT_FOUND", "60")
        assert "grpc-status-details-bin" in second
        found = [await trailers(runs.GetRun(run_pb2.GetRunRequest(run_id=f"x{n}"))) for n in range(60)]
        refused = [told for reason, told in found if reason == "RATE_LIMIT_EXCEEDED"]
        assert refused
        assert all(told["x-ratelimit-remaining"] == "0" and told["retry-after"] == "1" for told in refused)
    assert (await trailers(controller.runs.ListRuns(run_pb2.ListRunsRequest())))[0] == "OK"


async def test_searches_have_a_rate_of_their_own_and_use_up_the_other(start):
    controller = await start(api_key=BOSS, rate_limits=parse_rates("viewer=1/3,search=1/2,admin=60000"))
    viewer = await a_viewer(controller)
    async with dial(controller.address, api_key=Secret(viewer)) as channel:
        traces, runs = trace_pb2_grpc.TraceServiceStub(channel), run_pb2_grpc.RunServiceStub(channel)
        search = [await trailers(traces.SearchTraces(trace_pb2.SearchTracesRequest())) for _ in range(3)]
        assert [told["x-ratelimit-remaining"] for _, told in search] == ["1", "0", "0"]
        assert [reason == "RATE_LIMIT_EXCEEDED" for reason, _ in search] == [False, False, True]
        assert int(search[2][1]["retry-after"]) > 30
        rest = [(await trailers(runs.ListRuns(run_pb2.ListRunsRequest())))[0] for _ in range(2)]
        assert rest == ["OK", "RATE_LIMIT_EXCEEDED"]


async def test_http_has_the_headers_and_the_status(start):
    controller = await start(api_key=BOSS, rate_limits=parse_rates("viewer=1/2"))
    viewer = await a_viewer(controller)
    async with gateway(controller.address) as http:
        answers = [
            await http.get(f"/api/v1/benchmark/{path}", headers={"X-API-Key": viewer})
            for path in ("history", "run/nothing", "run/something")
        ]
        assert [answer.status_code for answer in answers] == [200, 404, 429]
        assert [answer.headers["X-RateLimit-Limit"] for answer in answers] == ["1", "1", "1"]
        assert [answer.headers["X-RateLimit-Remaining"] for answer in answers] == ["1", "0", "0"]
        assert 0 < int(answers[2].headers["X-RateLimit-Reset"]) - time.time() <= 121
        assert 30 < int(answers[2].headers["Retry-After"]) <= 60
        assert "Retry-After" not in answers[0].headers
        assert answers[2].json()["error"]["error_code"] == "RATE_LIMIT_EXCEEDED"
        assert answers[2].json()["error"]["code"] == 1500
        # Nothing of one answer is in another.
        assert "X-RateLimit-Limit" not in (await http.get("/health")).headers


async def test_a_stream_says_at_its_beginning_how_its_caller_stands(start):
    controller = await start(api_key=BOSS, rate_limits=FEW)
    run_id = await controller.create()
    async with dial(controller.address, api_key=BOSS) as channel:
        watching = run_pb2_grpc.RunServiceStub(channel).WatchRun(run_pb2.WatchRunRequest(run_id=run_id))
        told = dict(await watching.initial_metadata())
        watching.cancel()
    assert told["x-ratelimit-limit"] == "60000"
    assert {"x-request-id", "x-ratelimit-remaining", "x-ratelimit-reset"} <= told.keys()


async def test_a_download_has_the_headers_too(start, tmp_path):
    controller = await start(api_key=BOSS, rate_limits=parse_rates("developer=1/1000"), data_dir=tmp_path)
    async with Client(controller.address, api_key=BOSS.reveal()) as boss:
        key = (await boss.create_api_key("d", role="developer", projects=["a"])).key
    async with gateway(controller.address) as http, asyncio.timeout(PATIENCE_SECONDS):
        http.headers["X-API-Key"] = key
        job = (await http.post("/api/v1/export/traces", json={"format": "csv"})).json()["data"]
        while (asked := await http.get(job["status_url"])).json()["data"]["status"] != "completed":
            await asyncio.sleep(0.02)
        file = await http.get(f"{job['status_url']}/download")
    assert file.status_code == 200
    # A download asks for the job and then for the file.
    standing = [int(answer.headers["X-RateLimit-Remaining"]) for answer in (asked, file)]
    assert standing[0] - standing[1] == 2


async def test_a_gateway_says_whose_wrong_credentials_it_has_brought(start):
    controller = await start(api_key=BOSS, auth_failures=1)
    async with gateway(controller.address) as one, gateway(controller.address, "192.0.2.2") as other:

        async def ask(http: httpx.AsyncClient, key: str) -> httpx.Response:
            forged = {"X-API-Key": key, "X-Client-Address": "192.0.2.9"}
            return await http.get("/api/v1/benchmark/history", headers=forged)

        assert [(await ask(one, guess)).status_code for guess in ("a", "b")] == [401, 429]
        assert (await ask(other, BOSS.reveal())).status_code == 200
        refused = await ask(one, "c")
        assert (refused.status_code, refused.json()["error"]["error_code"]) == (429, "TOO_MANY_REQUESTS")
        assert 1 <= int(refused.headers["Retry-After"]) <= 60
        assert (await ask(one, BOSS.reveal())).status_code == 200  # it was right before


async def test_tokens_count_with_the_key_they_were_issued_for(start):
    controller = await start(api_key=BOSS, jwt_secret=Secret("s" * 40), rate_limits=parse_rates("viewer=1/3"))
    viewer = await a_viewer(controller)
    async with Client(controller.address, api_key=viewer) as client:
        tokens = [(await client.issue_token(subject=f"bot {number}")).access_token for number in range(2)]
    found = []
    for token in tokens:
        async with dial(controller.address, api_key=Secret(token)) as channel:
            runs = run_pb2_grpc.RunServiceStub(channel)
            found.append((await trailers(runs.ListRuns(run_pb2.ListRunsRequest())))[0])
    assert found == ["OK", "RATE_LIMIT_EXCEEDED"]


async def test_who_has_tokens_of_other_roles_has_no_more_calls(start):
    controller = await start(
        api_key=BOSS, jwt_secret=Secret("s" * 40), rate_limits=parse_rates("developer=1/4,viewer=1/3")
    )
    async with Client(controller.address, api_key=BOSS.reveal()) as boss:
        key = (await boss.create_api_key("d", role="developer", projects=["a"])).key
    async with Client(controller.address, api_key=key) as client:
        token = (await client.issue_token(role="viewer")).access_token  # the first call
    found = []
    for credential in (token, key) * 4:
        async with dial(controller.address, api_key=Secret(credential)) as channel:
            runs = run_pb2_grpc.RunServiceStub(channel)
            found.append((await trailers(runs.ListRuns(run_pb2.ListRunsRequest())))[0])
    assert found.count("OK") < 4


async def test_the_public_is_limited_by_address(start):
    controller = await start(api_key=BOSS, public_reads=True, rate_limits=parse_rates("viewer=1/1"))
    async with dial(controller.address) as channel:
        runs = run_pb2_grpc.RunServiceStub(channel)

        async def asks(address: str) -> str:
            metadata = (("x-client-address", address),)
            return (await trailers(runs.ListRuns(run_pb2.ListRunsRequest(), metadata=metadata)))[0]

        addresses = ("192.0.2.1", "192.0.2.2", "192.0.2.1")
        assert [await asks(address) for address in addresses] == ["OK", "OK", "RATE_LIMIT_EXCEEDED"]


@pytest.mark.parametrize("how", [{}, {"api_key": BOSS, "rate_limit_enabled": False}])
async def test_one_user_of_a_machine_is_not_limited_and_nobody_when_it_is_off(start, how):
    controller = await start(**how, rate_limits=parse_rates("admin=1/1"))
    found = [await trailers(controller.runs.ListRuns(run_pb2.ListRunsRequest())) for _ in range(3)]
    assert [reason for reason, _ in found] == ["OK"] * 3
    assert not any("x-ratelimit-limit" in told for _, told in found)


async def test_two_controllers_count_in_one_redis_and_go_on_without(start, redis_server):
    how = {"api_key": BOSS, "rate_limits": parse_rates("viewer=1/2"), "redis_url": redis_server.url}
    one, other = await start(**how), await start(**how)
    viewer = Secret(await a_viewer(one))
    async with dial(one.address, api_key=viewer) as here, dial(other.address, api_key=viewer) as there:
        stubs = [run_pb2_grpc.RunServiceStub(channel) for channel in (here, there)]

        async def ask(stub) -> str:
            return (await trailers(stub.ListRuns(run_pb2.ListRunsRequest())))[0]

        assert [await ask(stub) for stub in (*stubs, *stubs)] == ["OK"] * 2 + ["RATE_LIMIT_EXCEEDED"] * 2
        redis_server.stop()
        found = [await ask(stub) for stub in stubs * 3]
        assert found == ["OK"] * 4 + ["RATE_LIMIT_EXCEEDED"] * 2


async def test_of_many_calls_at_once_to_two_controllers_no_more_are_let_in_than_of_one(start, redis_server):
    how = {"api_key": BOSS, "rate_limits": parse_rates("viewer=1/20"), "redis_url": redis_server.url}
    one, other = await start(**how), await start(**how)
    viewer = Secret(await a_viewer(one))
    async with dial(one.address, api_key=viewer) as here, dial(other.address, api_key=viewer) as there:
        stubs = [run_pb2_grpc.RunServiceStub(channel) for channel in (here, there)]
        began = time.monotonic()
        found = await asyncio.gather(*(trailers(stub.ListRuns(run_pb2.ListRunsRequest())) for stub in stubs * 40))
        minutes = (time.monotonic() - began) / 60
    let_in = [told for reason, told in found if reason == "OK"]
    assert {reason for reason, _ in found} == {"OK", "RATE_LIMIT_EXCEEDED"}
    assert 20 <= len(let_in) <= 20 + minutes
    assert len({told["x-ratelimit-remaining"] for told in let_in}) >= 20


async def test_queries_of_graphql_documents_have_a_bucket_beside_that_of_their_method(start):
    controller = await start(api_key=BOSS, rate_limits=parse_rates("viewer=6000,graphql=60/4"))
    headers = {"x-api-key": await a_viewer(controller)}
    async with gateway(controller.address) as http:
        # The first of the documents is not known, so that it takes one more.
        two = {"query": "{ a: models(limit: 1) { model } b: models(limit: 1) { model } }"}
        answers = [(await http.post("/graphql", json=two, headers=headers)).json() for _ in range(2)]
        refused = [error["extensions"]["error_code"] for answer in answers for error in answer.get("errors", ())]
        assert refused == ["RATE_LIMIT_EXCEEDED"]
        assert (await http.get("/api/v1/models", headers=headers)).status_code == 200
