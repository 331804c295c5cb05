"""Whether a target would do, asked without a run: who looks, what is told, and what is refused."""

from __future__ import annotations

import asyncio

import grpc
import pytest
from structlog.testing import capture_logs

from controller.dispatch import target_checks
from loadcell.errors import LoadcellError
from loadcell.rpc_errors import from_rpc_error
from loadcell.v1 import agent_pb2, auth_pb2, auth_pb2_grpc, run_pb2
from tests.patience import PATIENCE_SECONDS

SECRET, HEADER = "sk-of-the-target", "header-of-the-target"


def checking(controller, **fields: object) -> grpc.aio.UnaryUnaryCall:
    return controller.runs.CheckTarget(
        run_pb2.CheckTargetRequest(**{"server_url": "http://127.0.0.1:9/", **fields}), timeout=PATIENCE_SECONDS
    )


async def refused(call) -> LoadcellError:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return from_rpc_error(caught.value)


async def let_in(controller) -> run_pb2.CheckTargetResponse:
    """Ask until there is room: the controller learns of calls that were given up when it can."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            try:
                return await checking(controller)
            except grpc.aio.AioRpcError as failure:
                if from_rpc_error(failure).reason != "TOO_MANY_REQUESTS":
                    raise
            await asyncio.sleep(0.02)


async def test_an_agent_is_told_of_the_target_and_tells_what_it_found(controller):
    found = agent_pb2.ProbeResult(model="m", pin_output=True, notes=["a note"])
    agent = await controller.agent(probe=found)
    with capture_logs() as logged:
        answer = await checking(
            controller, adapter="openai-completions", api_key=SECRET, headers={"x-team": HEADER}, stream=False
        )
    assert answer == run_pb2.CheckTargetResponse(
        ok=True,
        agent_id="agent-1",
        adapter="openai-completions",
        model="m",
        pin_output=True,
        notes=["a note"],
        timestamp_source="user",
    )
    (probe,) = agent.probes
    assert (probe.target.server_url, probe.target.adapter) == ("http://127.0.0.1:9", "openai-completions")
    assert (probe.target.api_key, dict(probe.target.headers)) == (SECRET, {"x-team": HEADER})
    assert (probe.target.stream, probe.target.tls_verify, probe.target.timeout_micros) == (False, True, 20_000_000)
    (line,) = [entry for entry in logged if entry["event"] == "target_checked"]
    assert (line["agent_id"], line["reason"]) == ("agent-1", None)
    assert not any(secret in str(logged) for secret in (SECRET, HEADER))
    assert not (await controller.runs.ListRuns(run_pb2.ListRunsRequest())).runs
    asked = auth_pb2.ListAuditLogRequest(method="CheckTarget")
    (entry,) = (await auth_pb2_grpc.AuthServiceStub(controller.channel).ListAuditLog(asked)).entries
    assert (entry.project_id, entry.resource_id, entry.outcome) == ("default", "agent-1", "OK")


async def test_a_target_that_would_not_do_is_an_answer(controller):
    said = "the server at 127.0.0.1:9 refused the test request: 401 Unauthorized"
    await controller.agent(probe=agent_pb2.ProbeResult(error=said, error_reason="TARGET_REFUSED"))
    answer = await checking(controller, model="m")
    assert (answer.ok, answer.error_reason, answer.error) == (False, "TARGET_REFUSED", said)
    assert "API key" in answer.advice
    assert [answer.HasField(name) for name in ("model", "pin_output")] == [False, False]


async def test_the_best_free_agent_with_the_labels_looks_and_stays_free(controller):
    strong = agent_pb2.Calibration(max_requests_per_sec=100, max_tokens_per_sec=1e9, measured_at_micros=1)
    await controller.agent("a", labels={"region": "us"}, calibration=strong)
    await controller.agent("b", labels={"region": "eu"})
    await controller.agent("c", labels={"region": "eu"}, calibration=strong)
    assert (await checking(controller, agent_labels={"region": "eu"})).agent_id == "c"
    run = await controller.ended(await controller.create(agent_count=3, concurrency=[3]))
    assert sorted(run.agent_ids) == ["a", "b", "c"]


async def test_without_an_agent_that_is_free_it_is_said_which_there_are(controller):
    error = await refused(checking(controller))
    assert (error.reason, error.message) == ("NO_AGENTS_READY", "no agent is free")
    agent = await controller.agent("a", labels={"region": "us"}, complete=False)
    error = await refused(checking(controller, agent_labels={"region": "eu"}))
    assert (error.reason, error.message) == (
        "NO_AGENTS_READY",
        "no agent with region=eu is free; connected: 1, region=us (1)",
    )
    run_id = await controller.create()
    await agent.until(lambda: agent.starts)
    error = await refused(checking(controller))
    assert (error.reason, error.message) == (
        "NO_AGENTS_READY",
        f"no agent is free; a busy with run {run_id}",
    )
    assert len(agent.probes) == 1  # that of the run


async def test_what_a_run_could_not_have_is_refused_as_for_a_run(controller):
    agent = await controller.agent()
    projects = auth_pb2_grpc.AuthServiceStub(controller.channel)
    await projects.SetProject(auth_pb2.SetProjectRequest(project_id="search", allowed_targets="10.0.0.0/8"))
    for fields, reason, field in (
        ({"server_url": ""}, "MISSING_REQUIRED_FIELD", "server_url"),
        ({"server_url": "http://me:pass@host"}, "INVALID_FIELD_VALUE", "server_url"),
        ({"adapter": "telnet"}, "INVALID_FIELD_VALUE", "adapter"),
        ({"api_key": "two\nlines"}, "INVALID_FIELD_VALUE", "api_key"),
        ({"agent_labels": {"count": "2"}}, "INVALID_FIELD_VALUE", "agent_labels"),
        ({"server_url": "http://169.254.169.254"}, "TARGET_DENIED", "server_url"),
        ({"project_id": "search"}, "TARGET_DENIED", "server_url"),
    ):
        error = await refused(checking(controller, **fields))
        assert (error.reason, error.field) == (reason, field), fields
    assert not agent.probes
    await checking(controller, server_url="http://10.0.0.7", project_id="search")
    assert [probe.target.allowed_targets for probe in agent.probes] == ["10.0.0.0/8"]


async def test_another_agent_looks_when_one_is_lost_meanwhile(controller):
    strong = agent_pb2.Calibration(max_requests_per_sec=100, max_tokens_per_sec=1e9, measured_at_micros=1)
    silent = await controller.agent("a", calibration=strong, answer_probe=False)
    await controller.agent("b")
    asked = asyncio.ensure_future(checking(controller))
    await silent.until(lambda: silent.probes)
    await silent.close()
    assert (await asked).agent_id == "b"


async def test_checks_are_bounded_in_time_and_number(controller, monkeypatch):
    agent = await controller.agent(answer_probe=False)
    waiting = [asyncio.ensure_future(checking(controller)) for _ in range(target_checks.AT_ONCE_EACH)]
    await agent.until(lambda: len(agent.probes) == len(waiting))
    error = await refused(checking(controller))
    assert (error.reason, "for this caller" in error.message) == ("TOO_MANY_REQUESTS", True)
    for one in waiting:
        one.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    monkeypatch.setattr(target_checks, "LIMIT_SECONDS", 0.3)
    answer = await let_in(controller)
    assert (answer.ok, answer.error_reason, answer.agent_id) == (False, "REQUEST_TIMEOUT", "agent-1")
    assert "did not finish its look at the target in" in answer.error
    assert "firewall" in answer.advice
