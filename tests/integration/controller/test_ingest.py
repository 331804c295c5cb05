"""Batches on their way into the store: resent, out of order, corrupt, from strangers."""

from __future__ import annotations

import json
import sqlite3

import grpc
import pytest
from scripted_agent import batch, columns

from loadcell.rpc_errors import from_rpc_error
from loadcell.v1 import fleet_pb2, run_pb2, sample_pb2


@pytest.fixture
async def running(controller):
    """A controller, an agent that makes no samples of itself, and its running lease."""
    agent = await controller.agent(complete=False)
    run_id = await controller.create(num_prompts=100)
    lease = f"{run_id}.0.0"
    await agent.until(lambda: lease in agent.starts)
    return controller, agent, run_id, lease


async def test_duplicates_are_acknowledged_and_counted_once(running):
    controller, agent, run_id, lease = running
    for number in (1, 1, 2, 1, 2, 3):
        await agent.send(lease, number, columns(list(range(10 * number, 10 * number + 10))))
    await agent.until(lambda: len(agent.acks) == 6)
    assert not any(ack.refused_reason for ack in agent.acks)
    assert [ack.committed_batch_number for ack in agent.acks][-1] == 3
    await agent.finish(lease, last=3)
    await controller.ended(run_id)
    assert (await controller.result(run_id)).results[0].total_requests == 30
    metrics = await controller.fleet.GetLiveMetrics(fleet_pb2.GetLiveMetricsRequest())
    assert (metrics.batches_committed, metrics.batches_duplicate, metrics.samples_committed) == (3, 3, 30)


async def test_gap_is_refused_and_resending_closes_it(running):
    _, agent, _, lease = running
    for number in (1, 3, 2, 3):
        await agent.send(lease, number, columns([number]))
    await agent.until(lambda: len(agent.acks) == 4)
    told = [(a.committed_batch_number, a.refused_reason, a.refused_batch_number) for a in agent.acks]
    assert told[1][1:] == ("BATCH_GAP", 3)
    assert [told[0], told[2], told[3]] == [(1, "", 0), (2, "", 0), (3, "", 0)]


async def test_corrupt_batch_is_refused_and_the_right_bytes_are_taken(running):
    _, agent, _, lease = running
    good = batch("agent-1", lease, 1, columns([1, 2]))
    broken = batch("agent-1", lease, 1, columns([1, 2]))
    broken.crc32 ^= 1
    await agent.samples.write(broken)
    await agent.samples.write(good)
    await agent.until(lambda: len(agent.acks) == 2)
    assert [a.refused_reason for a in agent.acks] == ["CORRUPT_BATCH", ""]
    assert agent.acks[1].committed_batch_number == 1


async def test_strangers_are_refused(running):
    controller, agent, _, lease = running
    await agent.samples.write(batch("agent-1", "no-such-lease", 1, columns([1])))
    await agent.until(lambda: agent.acks)
    assert agent.acks[0].refused_reason == "UNKNOWN_LEASE"
    other = controller.agents.StreamSamples()
    await other.write(batch("somebody", lease, 1, columns([1])))
    assert (await other.read()).refused_reason == "WRONG_AGENT"
    await other.done_writing()


async def test_batch_of_a_newer_agent_is_taken_and_shown_as_unknown(running):
    controller, agent, run_id, lease = running
    sent = columns([0, 1, 2], fail=1)
    sent.error_class[0] = 77
    sent.status[1] = 99
    sent.sketches.append(sample_pb2.Sketch(metric="itl", accuracy=0.5))
    await agent.send(lease, 1, sent)
    await agent.until(lambda: agent.acks)
    assert not agent.acks[0].refused_reason
    await agent.finish(lease, last=1)
    await controller.ended(run_id)
    result = await controller.result(run_id)
    level = result.results[0]
    assert (level.total_requests, level.successful_requests, dict(level.errors)) == (3, 1, {"unknown": 1})
    assert any("'itl' has accuracy 0.5" in note for note in result.notes)
    export = controller.runs.ExportRunResult(run_pb2.ExportRunResultRequest(run_id=run_id, format="jsonl"))
    lines = b"".join([part.data async for part in export]).splitlines()
    assert [json.loads(line)["status"] for line in lines] == ["error", "unknown", "ok"]


async def test_stream_is_of_one_agent(running):
    controller, _, _, lease = running
    stream = controller.agents.StreamSamples()
    await stream.write(batch("agent-1", lease, 1, columns([1])))
    assert (await stream.read()).committed_batch_number == 1
    await stream.write(batch("somebody", lease, 2, columns([2])))
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await stream.read()
    assert from_rpc_error(refused.value).reason == "INVALID_REQUEST"


async def test_the_same_request_in_another_batch_is_refused_and_holds_up_nobody(controller):
    one = await controller.agent("agent-1", complete=False)
    two = await controller.agent("agent-2", complete=False)
    run_id = await controller.create(num_prompts=100, concurrency=[2], agent_count=2)
    for agent in (one, two):
        await agent.until(lambda agent=agent: agent.starts)
    (lease,), (other,) = one.starts, two.starts
    await one.send(lease, 1, columns([0, 2]))
    await one.send(lease, 2, columns([2, 4]))
    await one.send(lease, 3, columns([6]))
    await two.send(other, 1, columns([1, 3]))
    await one.until(lambda: len(one.acks) == 3)
    await two.until(lambda: two.acks)
    assert one.acks[1].refused_reason == "CORRUPT_BATCH"
    assert one.acks[2].refused_reason == "BATCH_GAP"
    assert one.acks[2].committed_batch_number == 1
    assert two.acks[0].committed_batch_number == 1
    partial = await controller.result(run_id, partial=True)
    assert partial.results[0].total_requests == 4


async def test_samples_reach_the_tables_as_they_were_sent(running):
    controller, agent, _, lease = running
    sent = columns([7, 8, 9], fail=1, timeline=True)
    sent.warmup.extend([0, 0, 1])
    await agent.send(lease, 1, sent)
    await agent.until(lambda: agent.acks)
    with sqlite3.connect(controller.database) as database:
        rows = database.execute(
            "SELECT ordinal, warmup, ttft_micros, tpot_micros, finish_reason, connect_micros FROM traces"
            " ORDER BY ordinal"
        ).fetchall()
        timelines = database.execute("SELECT ordinal, timeline FROM trace_timelines").fetchall()
        errors = database.execute("SELECT ordinal, message FROM trace_errors").fetchall()
    database.close()
    assert rows == [(7, 0, -1, -1.0, None, -1), (8, 0, 1000, 100.0, "stop", -1), (9, 1, 1000, 100.0, "stop", -1)]
    assert sorted(timelines) == [(7, b"\x01\x01"), (8, b"\x01\x01"), (9, b"\x01\x01")]
    assert errors == [(7, "HTTP 503: overloaded")]
