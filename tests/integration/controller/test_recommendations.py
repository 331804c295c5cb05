"""Recommendations through a controller and its database, with an agent whose samples are made up."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import asynccontextmanager

import pytest
import structlog
from scripted_agent import ScriptedAgent, State, columns, share

from loadcell.client import Client
from loadcell.errors import LoadcellError
from loadcell.v1 import capacity_pb2, recommend_pb2, result_pb2, run_pb2

QUICK = {
    "server_url": "http://127.0.0.1:9",
    "model": "m",
    "peak_concurrency": 30,
    "concurrency_steps": [2, 4],
    "num_requests_per_step": 20,
    "requests_per_slot": 1,
    "warmup": 0,
}
LIMITED, FINE = 0.99, 0.1  # CPU shares of the busiest worker


@asynccontextmanager
async def client_of(controller):
    async with Client(controller.address) as client:
        yield client


async def carried_out(
    agent: ScriptedAgent, run_id: str, ttft_ms: Sequence[float], cpu_share: float = FINE
) -> None:
    """Let an agent carry out the levels of a run, with a time to the first token for each."""
    for level, ttft in enumerate(ttft_ms):
        lease = f"{run_id}.{level}.0"
        await agent.until(lambda lease=lease: lease in agent.starts)
        ordinals = share(agent.grants[lease])
        await agent.send(lease, 1, columns(ordinals, ttft=1_000 * ttft))
        await agent.report(
            lease,
            State.LEASE_STATE_COMPLETED,
            last_batch_number=1,
            health=result_pb2.WorkerHealth(cpu_share=cpu_share, reads=100),
            timestamp_source="kernel",
            end_offset_micros=1_000_000,
            worker_count=2,
        )


async def refused(call) -> LoadcellError:
    with pytest.raises(LoadcellError) as caught:
        await call
    return caught.value


async def test_a_recommendation_is_a_run_that_is_answered_from_its_result(controller):
    agent = await controller.agent(complete=False)
    with structlog.testing.capture_logs() as lines:
        async with client_of(controller) as client:
            infra = capacity_pb2.KnownInfra(gpu_model="H100", gpu_count=2)
            created = await client.recommend(**QUICK, current_infra=infra, labels={"a": "b"})
            assert (await client.recommendation(created)).status in ("pending", "running")
            assert (await refused(client.recommendation_result(created))).reason == "RUN_NOT_FINISHED"
            await carried_out(agent, created.run_id, [100, 900])
            run = await controller.ended(created.run_id)
            state = await client.recommendation(created)
            found = await client.recommendation_result(created)
            result = await client.result(created)
            assert await client.recommendation_result(found) == found
            listed = [one async for one in client.list_runs()]
    assert (state.run_id, state.status, state.model) == (run.run_id, "completed", "m")
    assert (state.created_at, state.started_at, state.completed_at) == (
        run.created_at, run.started_at, run.completed_at,
    )  # fmt: skip
    assert [(one.run_id, one.recommendation, one.labels) for one in listed] == [(run.run_id, True, {"a": "b"})]
    advice = found.recommendation
    assert (advice.outcome, advice.model_name, found.run_id) == ("recommended", "m", run.run_id)
    # All good at 2 in flight, none at 4: 95 % are still good at 2. 30 with 20 % are 36.
    assert (found.current_infra.max_concurrency_at_slo, found.current_infra.missed_concurrency) == (2, 4)
    assert (advice.recommended_server_count, advice.recommended_count, advice.recommended_gpu) == (18, 36, "H100")
    assert found.workload == run.config.recommendation.workload
    assert list(found.test_results) == list(result.results)
    assert [one.total_requests for one in found.test_results] == [20, 20]
    logged = {line["event"]: line for line in lines if line["event"].startswith("recommendation_")}
    assert list(logged) == [
        "recommendation_request_received",
        "recommendation_started",
        "recommendation_completed",
    ]
    assert {line["run_id"] for line in logged.values()} == {run.run_id}
    for event in ("recommendation_request_received", "recommendation_started"):
        assert (logged[event]["server_url"], logged[event]["model"]) == ("http://127.0.0.1:9", "m")
    assert logged["recommendation_request_received"]["peak_concurrency"] == 30
    completed = logged["recommendation_completed"]
    assert (completed["recommended_gpu"], completed["recommended_count"]) == ("H100", 36)


async def test_a_recommendation_outlives_the_process_that_was_asked_for_it(start):
    """The first load tester kept them in the memory of one process."""
    first = await start()
    agent = await first.agent(complete=False)
    async with client_of(first) as client:
        created = await client.recommend(**QUICK)
        await carried_out(agent, created.run_id, [100, 900])
        await first.ended(created.run_id)
        told = await client.recommendation_result(created)
    second = await start(database=first.database)
    async with client_of(second) as client:
        assert (await client.recommendation(created)).status == "completed"
        assert await client.recommendation_result(created) == told


async def test_a_client_that_was_too_slow_gets_no_recommendation_and_is_told_why(controller):
    agent = await controller.agent(complete=False)
    async with client_of(controller) as client:
        created = await client.recommend(**QUICK)
        await carried_out(agent, created.run_id, [100, 900], cpu_share=LIMITED)
        await controller.ended(created.run_id)
        found = await client.recommendation_result(created)
    assert (found.recommendation.outcome, found.verdict.status) == ("client_limited", "client_limited")
    assert "too slow at 2, 4 in flight" in found.recommendation.reasoning
    assert not found.recommendation.HasField("recommended_server_count")
    assert len(found.test_results) == 2


async def test_a_failed_one_says_why_and_one_that_was_cancelled_that_it_was(controller):
    agent = await controller.agent(lease_error="no file descriptors left")
    with structlog.testing.capture_logs() as lines:
        async with client_of(controller) as client:
            failed = await client.recommend(**QUICK)
            await controller.ended(failed.run_id)
            error = await refused(client.recommendation_result(failed))
            told = (await client.recommendation(failed)).error
            agent.lease_error, agent.complete = "", False
            cancelled = await client.recommend(**QUICK)
            await controller.until(cancelled.run_id, run_pb2.RUN_STATE_RUNNING)
            await client.cancel_run(cancelled)
            await controller.ended(cancelled.run_id)
            found = await client.recommendation_result(cancelled)
    assert error.reason == "RECOMMENDATION_FAILED"
    assert error.message == f"Recommendation failed: {told}"
    assert "no file descriptors left" in told
    assert found.recommendation.outcome == "not_measured"
    assert "cancelled" in found.recommendation.reasoning
    (line,) = [line for line in lines if line["event"] == "recommendation_failed"]
    assert (line["run_id"], line["error"]) == (failed.run_id, told)
    assert "recommendation_cancelled" in {line["event"] for line in lines}


async def test_only_recommendations_are_found_and_deleted_by_their_calls(controller):
    run_id = await controller.create()
    with structlog.testing.capture_logs() as lines:
        async with client_of(controller) as client:
            created = await client.recommend(**QUICK)
            for other in (run_id, "unknown"):
                calls = (client.recommendation, client.recommendation_result, client.delete_recommendation)
                for call in calls:
                    assert (await refused(call(other))).reason == "RECOMMENDATION_NOT_FOUND"
            assert (await refused(client.recommendation(""))).field == "run_id"
            await client.delete_recommendation(created)
            assert (await refused(client.recommendation(created))).reason == "RECOMMENDATION_NOT_FOUND"
            assert (await refused(client.get_run(created))).reason == "RUN_NOT_FOUND"
    assert [line["run_id"] for line in lines if line["event"] == "recommendation_deleted"] == [created.run_id]
    assert (await controller.run(run_id)).run_id == run_id


async def test_a_repeat_returns_the_first_one_and_never_a_run_of_another_kind(controller):
    async with client_of(controller) as client:
        first = await client.recommend(**QUICK, request_id="once")
        assert (await client.recommend(**QUICK, request_id="once")).run_id == first.run_id
        of_a_run = await controller.create(request_id="run")
        assert (await refused(client.recommend(**QUICK, request_id="run"))).field == "request_id"
        same = {"server_url": QUICK["server_url"], "model": "m", "num_prompts": 10}
        assert (await refused(client.create_run(**same, request_id="once"))).field == "request_id"
        assert (await client.create_run(**same, request_id="run")).run_id == of_a_run


async def test_what_is_checked_of_a_run_is_checked_of_a_recommendation(start):
    controller = await start(quota_running_runs=1, acknowledge_concurrency=100)
    async with client_of(controller) as client:
        for fields, reason, field in (
            ({"server_url": "http://169.254.169.254"}, "TARGET_DENIED", "server_url"),
            ({"concurrency_steps": [101]}, "LOAD_NOT_ACKNOWLEDGED", "acknowledge_load"),
            ({"tokenizer_asset": "a" * 64}, "ASSET_NOT_FOUND", "tokenizer_asset"),
            ({"peak_concurrency": 0}, "MISSING_REQUIRED_FIELD", "workload.peak_concurrency"),
            ({"headers": {"host": "x"}}, "INVALID_FIELD_VALUE", "headers"),
        ):
            error = await refused(client.recommend(**{**QUICK, **fields}))
            assert (error.reason, error.field) == (reason, field)
        checked = await client.recommend(**QUICK, validate_only=True)
        assert (checked.run_id, checked.status) == ("", "valid")
        meant = await client.recommend(**{**QUICK, "concurrency_steps": [101], "acknowledge_load": True})
        assert (meant.status, isinstance(meant, recommend_pb2.CreateRecommendationResponse)) == ("started", True)
        assert (await refused(client.recommend(**QUICK))).reason == "QUOTA_EXCEEDED"


async def test_the_traces_of_every_step_count_for_the_quota(start):
    """A step plans more requests than the least that was asked for: 4 times 50 in flight are 200."""
    controller = await start(quota_stored_traces=249)
    async with client_of(controller) as client:
        steps = {**QUICK, "concurrency_steps": [1, 50], "num_requests_per_step": 50, "requests_per_slot": 4}
        assert (await refused(client.recommend(**steps))).reason == "QUOTA_EXCEEDED"
        assert (await client.recommend(**{**steps, "num_requests_per_step": 49})).status == "started"


async def test_secrets_of_the_server_reach_its_agents_and_nobody_else(controller):
    agent = await controller.agent(complete=False)
    async with client_of(controller) as client:
        created = await client.recommend(**QUICK, api_key="key-of-the-server", headers={"x-team": "value-of-it"})
        await carried_out(agent, created.run_id, [100, 900])
        await controller.ended(created.run_id)
        told = [
            await client.recommendation(created),
            await client.recommendation_result(created),
            await client.get_run(created),
        ]
    grant = agent.grants[f"{created.run_id}.0.0"]
    assert (grant.target.api_key, dict(grant.target.headers)) == ("key-of-the-server", {"x-team": "value-of-it"})
    stored = [file.read_bytes() for file in controller.database.parent.glob("loadcell.db*")]
    for secret in (b"key-of-the-server", b"value-of-it"):
        assert secret not in b"".join(message.SerializeToString() for message in told)
        assert secret not in b"".join(stored)
