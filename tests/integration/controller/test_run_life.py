"""The life of a run, from its creation to its end."""

from __future__ import annotations

import asyncio

import grpc
import pytest
from google.rpc import error_details_pb2, status_pb2
from scripted_agent import State, columns

from loadcell.rpc_errors import from_rpc_error
from loadcell.v1 import agent_pb2, run_pb2
from tests.patience import PATIENCE_SECONDS


def held(lease_id: str) -> agent_pb2.LeaseUpdate:
    return agent_pb2.LeaseUpdate(lease_id=lease_id, state=State.LEASE_STATE_RUNNING)


async def test_run_completes_and_its_result_counts_every_request(controller):
    agent = await controller.agent()
    run_id = await controller.create(concurrency=[1, 5], num_prompts=10, labels={"team": "a"})
    run = await controller.ended(run_id)
    assert (run.status, run.error, list(run.agent_ids)) == ("completed", "", ["agent-1"])
    assert run.created_at.ToMicroseconds() <= run.started_at.ToMicroseconds() <= run.completed_at.ToMicroseconds()
    result = await controller.result(run_id)
    assert result.run_id == run_id
    assert [(level.concurrency, level.successful_requests) for level in result.results] == [(1, 10), (5, 10)]
    assert result.results[0].ttft.p50 == pytest.approx(1.0)
    assert result.agents[0].hostname == "host-agent-1"
    assert result.agents[0].clock_offset_micros == 5.0
    assert dict(result.config.labels) == {"team": "a"}
    grant = agent.grants[f"{run_id}.1.0"]
    assert (grant.level.concurrency, grant.share_count, grant.workload.words_per_token) == (5, 1, 1.5)


async def test_levels_run_one_after_another(controller):
    agent = await controller.agent(complete=False)
    run_id = await controller.create(concurrency=[1, 2])
    first, second = f"{run_id}.0.0", f"{run_id}.1.0"
    await agent.until(lambda: first in agent.starts)
    last = await agent.deliver(first)
    await asyncio.sleep(0.3)
    assert second not in agent.grants
    await agent.finish(first, last)
    await agent.until(lambda: second in agent.starts)
    await agent.finish(second, await agent.deliver(second))
    assert (await controller.ended(run_id)).status == "completed"


async def test_level_ends_only_when_every_batch_is_committed(controller):
    agent = await controller.agent(complete=False)
    run_id = await controller.create()
    lease = f"{run_id}.0.0"
    await agent.until(lambda: lease in agent.starts)
    await agent.finish(lease, last=3)
    await asyncio.sleep(0.4)
    assert (await controller.run(run_id)).status == "running"
    await agent.deliver(lease)
    assert (await controller.ended(run_id)).status == "completed"
    assert (await controller.result(run_id)).results[0].total_requests == 10


async def test_two_agents_share_a_level_exactly_and_start_together(controller):
    agents = [await controller.agent(f"agent-{n}") for n in (1, 2)]
    run_id = await controller.create(concurrency=[4], num_prompts=11, agent_count=2)
    run = await controller.ended(run_id)
    assert sorted(run.agent_ids) == ["agent-1", "agent-2"]
    assert (await controller.result(run_id)).results[0].successful_requests == 11
    starts = [next(iter(agent.starts.values())) for agent in agents]
    assert starts[0] == starts[1]


async def test_no_more_shares_than_concurrency(controller):
    agents = [await controller.agent(f"agent-{n}") for n in (1, 2, 3)]
    run_id = await controller.create(concurrency=[2], agent_count=3)
    await controller.ended(run_id)
    assert sum(len(agent.grants) for agent in agents) == 2


async def test_run_waits_for_agents_and_says_so(controller):
    run_id = await controller.create()
    updates = controller.runs.WatchRun(run_pb2.WatchRunRequest(run_id=run_id))
    async for update in updates:
        if update.notes:
            assert list(update.notes) == ["waiting for 1 of 1 agents"]
            assert update.run.status == "pending"
            break
    updates.cancel()
    await controller.agent()
    assert (await controller.ended(run_id)).status == "completed"


async def test_run_fails_when_no_agent_comes(start):
    controller = await start(agent_wait_seconds=0.3)
    run = await controller.ended(await controller.create())
    assert (run.status, run.error) == ("failed", "0 of 1 agents were ready after 0.3 s")


async def test_unreachable_target_fails_before_any_load(controller):
    agent = await controller.agent()
    agent.probe.error = "cannot connect to 127.0.0.1:9: connection refused"
    run_id = await controller.create()
    run = await controller.ended(run_id)
    assert (run.status, run.error) == ("failed", "cannot connect to 127.0.0.1:9: connection refused")
    assert not agent.grants
    assert run.completed_at.seconds > 0  # F10: a failed run has an end and a reason


async def test_probe_names_the_only_model(controller):
    agent = await controller.agent()
    agent.probe.model = "the-only-one"
    agent.probe.pin_output = True
    agent.probe.notes.append("prompts are not calibrated")
    run_id = await controller.create(model="")
    assert (await controller.ended(run_id)).model == "the-only-one"
    grant = next(iter(agent.grants.values()))
    assert (grant.target.model, grant.target.pin_output) == ("the-only-one", True)
    assert "prompts are not calibrated" in list((await controller.result(run_id)).notes)


async def test_F5_failed_share_stops_the_other_agents(controller):
    good = await controller.agent("agent-1", complete=False)
    await controller.agent("agent-2", lease_error="no file descriptors left")
    run_id = await controller.create(concurrency=[2], agent_count=2)
    run = await controller.ended(run_id)
    assert (run.status, run.error) == ("failed", "agent agent-2: no file descriptors left")
    assert list(good.cancels) == [next(iter(good.grants))]


async def test_cancel_keeps_what_was_measured(controller):
    agent = await controller.agent(complete=False)
    run_id = await controller.create(num_prompts=100)
    lease = f"{run_id}.0.0"
    await agent.until(lambda: lease in agent.starts)
    await agent.deliver(lease, count=20)
    answer = await controller.runs.CancelRun(run_pb2.CancelRunRequest(run_id=run_id))
    assert answer.run.state in (run_pb2.RUN_STATE_CANCELLING, run_pb2.RUN_STATE_CANCELLED)
    run = await controller.ended(run_id)
    assert run.status == "cancelled"
    assert agent.cancels[lease]
    assert (await controller.result(run_id)).results[0].total_requests == 20
    again = await controller.runs.CancelRun(run_pb2.CancelRunRequest(run_id=run_id))
    assert again.run == run


@pytest.mark.parametrize("behaviour", [{"answer_probe": False}, {"become_ready": False}])
async def test_cancel_before_the_start(controller, behaviour):
    agent = await controller.agent(**behaviour)
    run_id = await controller.create()
    await agent.until(lambda: agent.probes if "answer_probe" in behaviour else agent.grants)
    await controller.runs.CancelRun(run_pb2.CancelRunRequest(run_id=run_id))
    assert (await controller.ended(run_id)).status == "cancelled"
    assert not (await controller.result(run_id)).results


async def test_cancel_of_a_run_without_agents(controller):
    run_id = await controller.create()
    await controller.runs.CancelRun(run_pb2.CancelRunRequest(run_id=run_id))
    assert (await controller.ended(run_id)).status == "cancelled"


async def test_delete_while_running_leaves_nothing(controller):
    agent = await controller.agent(complete=False)
    run_id = await controller.create(num_prompts=100)
    lease = f"{run_id}.0.0"
    await agent.until(lambda: lease in agent.starts)
    await agent.deliver(lease, count=20)
    watcher = controller.runs.WatchRun(run_pb2.WatchRunRequest(run_id=run_id))
    await watcher.read()
    answer = await controller.runs.DeleteRun(run_pb2.DeleteRunRequest(run_id=run_id))
    assert answer.deleted == run_id
    assert lease in agent.cancels
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await controller.run(run_id)
    assert from_rpc_error(refused.value).reason == "RUN_NOT_FOUND"
    await agent.send(lease, 6, columns([90]))
    await agent.until(lambda: agent.acks[-1].refused_reason == "RUN_DELETED")


async def test_lost_agent_ends_the_run_with_what_arrived(start):
    controller = await start(agent_wait_seconds=0.5)
    agent = await controller.agent(complete=False)
    run_id = await controller.create(num_prompts=100)
    lease = f"{run_id}.0.0"
    await agent.until(lambda: lease in agent.starts)
    await agent.deliver(lease, count=20)
    await agent.until(lambda: agent.acks and agent.acks[-1].committed_batch_number == 5)
    await agent.close()
    run = await controller.ended(run_id)
    assert run.status == "failed"
    assert "agent-1" in run.error
    assert "lost" in run.error
    result = await controller.result(run_id, partial=True)
    assert result.results[0].total_requests == 20


async def test_late_batches_of_a_lost_agent_are_kept_and_the_result_is_made_anew(start):
    controller = await start(agent_wait_seconds=0.5)
    agent = await controller.agent(complete=False)
    run_id = await controller.create(num_prompts=12)
    lease = f"{run_id}.0.0"
    await agent.until(lambda: lease in agent.starts)
    grants = agent.grants
    await agent.close()
    await controller.ended(run_id)
    again = await controller.agent(held=[held(lease)], complete=False)
    again.grants = grants
    await again.until(lambda: lease in again.cancels)  # it must not go on with a run that is over
    await again.deliver(lease)
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not (result := await controller.result(run_id, partial=True)).results[0].total_requests:
            await asyncio.sleep(0.05)
    assert result.results[0].total_requests == 12


async def test_agent_that_reconnects_goes_on(controller):
    agent = await controller.agent(complete=False)
    run_id = await controller.create(num_prompts=12)
    lease = f"{run_id}.0.0"
    await agent.until(lambda: lease in agent.starts)
    grants = agent.grants
    await agent.close()
    again = await controller.agent(held=[held(lease)], complete=False)
    again.grants = grants
    await again.finish(lease, await again.deliver(lease))
    assert (await controller.ended(run_id)).status == "completed"


async def test_only_agent_that_is_restarted_takes_its_share_up_again(controller):
    agent = await controller.agent(complete=False)
    run_id = await controller.create()
    lease = f"{run_id}.0.0"
    await agent.until(lambda: agent.starts)
    await agent.deliver(lease, count=4)
    await agent.until(lambda: agent.acks)
    await agent.close()
    again = await controller.agent()
    assert (await controller.ended(run_id)).status == "completed"
    assert [grant.first_ordinal for grant in again.grants.values()] == [4]
    result = await controller.result(run_id)
    assert result.results[0].successful_requests == 10
    assert "it was restarted and no longer holds its share" in "".join(result.notes)


async def test_idempotent_creation(controller):
    first = await controller.create(request_id="8d3b1c1e-2f0a-4f7e-9d25-6a1f7c1b2a3d")
    second = await controller.create(request_id="8d3b1c1e-2f0a-4f7e-9d25-6a1f7c1b2a3d")
    other = await controller.create(request_id="another")
    assert first == second != other
    listed = await controller.runs.ListRuns(run_pb2.ListRunsRequest())
    assert listed.total == 2


async def test_validate_only_creates_nothing(controller):
    answer = await controller.runs.CreateRun(
        run_pb2.CreateRunRequest(server_url="http://x", model="m", validate_only=True)
    )
    assert (answer.run_id, answer.status) == ("", "valid")
    assert (await controller.runs.ListRuns(run_pb2.ListRunsRequest())).total == 0


async def test_F2_concurrency_zero_names_the_field(controller):
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await controller.create(concurrency=[1, 0])
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    packed = dict(refused.value.trailing_metadata())["grpc-status-details-bin"]
    status = status_pb2.Status.FromString(packed)
    info, bad = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
    for detail in status.details:
        _ = detail.Unpack(info) or detail.Unpack(bad)
    assert (info.reason, info.domain) == ("INVALID_FIELD_VALUE", "loadcell")
    assert bad.field_violations[0].field == "concurrency"


async def test_secrets_reach_the_agent_and_nothing_else(controller):
    agent = await controller.agent()
    run_id = await controller.create(api_key="sk-very-secret", headers={"x-tenant": "tenant-secret"})
    await controller.ended(run_id)
    grant = next(iter(agent.grants.values()))
    assert (grant.target.api_key, dict(grant.target.headers)) == ("sk-very-secret", {"x-tenant": "tenant-secret"})
    result = await controller.result(run_id)
    assert list(result.config.header_names) == ["x-tenant"]
    shown = result.SerializeToString() + (await controller.run(run_id)).SerializeToString()
    stored = b"".join(path.read_bytes() for path in controller.database.parent.glob("loadcell.db*"))
    for secret in (b"sk-very-secret", b"tenant-secret"):
        assert secret not in shown
        assert secret not in stored


async def test_watch_ends_with_the_end_of_the_run_in_ascending_revisions(controller):
    agent = await controller.agent(complete=False)
    run_id = await controller.create()
    lease = f"{run_id}.0.0"
    updates = []
    async for update in controller.runs.WatchRun(run_pb2.WatchRunRequest(run_id=run_id)):
        updates.append(update)
        if lease in agent.starts and lease not in agent.delivered:
            await agent.finish(lease, await agent.deliver(lease))
    assert updates[-1].run.status == "completed"
    assert updates[-1].overall_percent == 100
    assert updates[-1].levels[0].completed == 10
    assert updates[-1].levels[0].ttft.p50 == pytest.approx(1.0, rel=0.01)
    revisions = [update.revision for update in updates]
    assert revisions == sorted(set(revisions))


async def test_result_before_the_end(controller):
    run_id = await controller.create()

    async def reason() -> str:
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await controller.result(run_id)
        return from_rpc_error(refused.value).reason

    assert await reason() == "RESULT_NOT_FOUND"
    agent = await controller.agent(complete=False)
    lease = f"{run_id}.0.0"
    await agent.until(lambda: lease in agent.starts)
    assert await reason() == "RUN_NOT_FINISHED"
    await agent.deliver(lease, count=4)
    await agent.until(lambda: agent.acks)
    assert (await controller.result(run_id, partial=True)).results[0].total_requests == 4
    await agent.report(lease, State.LEASE_STATE_FAILED, error="broken")
    await controller.ended(run_id)
    assert await reason() == "RUN_FAILED"


async def test_failed_requests_are_counted_with_their_message(controller):
    await controller.agent(fail_requests=3)
    run_id = await controller.create()
    await controller.ended(run_id)
    level = (await controller.result(run_id)).results[0]
    assert (level.successful_requests, level.failed_requests, dict(level.errors)) == (7, 3, {"http_5xx": 3})
    assert dict(level.error_messages) == {"http_5xx": "HTTP 503: overloaded"}
