"""What a subscriber of a controller hears while runs go on."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import grpc
import pytest

from controller.events.kinds import KINDS
from loadcell.rpc_errors import from_rpc_error
from loadcell.v1 import (
    agent_pb2,
    cost_pb2,
    cost_pb2_grpc,
    event_pb2,
    event_pb2_grpc,
    export_pb2,
    export_pb2_grpc,
    run_pb2,
    target_pb2,
    trace_pb2,
    trace_pb2_grpc,
)


class Stream:
    """An open subscription and what came through it."""

    def __init__(self, call) -> None:
        self._call = call
        self.events: list[event_pb2.SubscribeResponse] = []

    async def until(self, reached) -> None:
        async with asyncio.timeout(60):
            while not reached():
                self.events.append(await self._call.read())

    def of(self, kind: str) -> list:
        return [getattr(event, event.WhichOneof("data")) for event in self.events if event.event_type == kind]


def ended(stream: Stream) -> bool:
    """Whether the run that was told of last has ended."""
    return bool(stream.of("run_state")) and stream.of("run_state")[-1].status in {"completed", "failed"}


@asynccontextmanager
async def subscribed(controller, *kinds: str, **request) -> AsyncIterator[Stream]:
    stub = event_pb2_grpc.EventServiceStub(controller.channel)
    call = stub.Subscribe(event_pb2.SubscribeRequest(events=kinds, **request))
    stream = Stream(call)
    try:
        await stream.until(lambda: stream.events)
        assert stream.events.pop().event_type == "subscribed"
        yield stream
    finally:
        call.cancel()


async def test_states_of_a_run_and_its_requests_are_told(controller):
    await controller.agent(fail_requests=1)
    async with subscribed(controller, "run_state", "trace_created") as stream:
        run_id = await controller.create(
            project_id="p", provider="openai", environment="staging", user_id="u", num_prompts=8
        )
        await stream.until(
            lambda: len(stream.of("trace_created")) == 8 and stream.of("run_state")[-1].status == "completed"
        )
    states = stream.of("run_state")
    assert [run_pb2.RunState.Name(state.state).removeprefix("RUN_STATE_") for state in states] == [
        "PENDING",
        "SCHEDULED",
        "RUNNING",
        "COMPLETED",
    ]
    assert {(s.run_id, s.project_id, s.org_id, s.provider, s.environment, s.user_id) for s in states} == {
        (run_id, "p", "p", "openai", "staging", "u")
    }
    traces = stream.of("trace_created")
    assert {(t.run_id, t.project_id, t.provider, t.model, t.environment, t.user_id) for t in traces} == {
        (run_id, "p", "openai", "m", "staging", "u")
    }
    assert sorted((t.status_code, t.duration_ms) for t in traces) == [("ERROR", 0.5)] + [("OK", 2.0)] * 7
    assert len({t.trace_id for t in traces}) == 8
    assert all(len(t.trace_id) == 32 for t in traces)


async def test_cost_of_a_request_is_told_where_its_price_is_known(controller):
    await controller.agent(probe=agent_pb2.ProbeResult(model="gpt-4", words_per_token=1.5))
    async with subscribed(
        controller, "trace_created", filters=event_pb2.EventFilter(min_cost=0.0000001, model="gpt-4")
    ) as stream:
        await controller.create(provider="openai", model="gpt-4", num_prompts=4)
        await stream.until(lambda: len(stream.of("trace_created")) == 4)
    # 5 tokens of the prompt and 11 generated, at 0.03 and 0.06 USD for 1,000.
    assert [trace.cost_usd for trace in stream.of("trace_created")] == [pytest.approx(0.00081)] * 4


async def test_an_objective_that_is_missed_is_told_once_for_each_level(controller):
    await controller.agent()
    # What is told is not in the order of what is stored, so a second run shows that no more is to come.
    async with subscribed(controller, "metric_threshold", "run_state") as stream:
        run_id = await controller.create(
            num_prompts=40,
            concurrency=[1, 2],
            goodput_thresholds=target_pb2.GoodputThresholds(ttft_ms=0.5, tpot_ms=0.05, e2e_ms=100),
        )
        await stream.until(lambda: len(stream.of("metric_threshold")) == 4 and ended(stream))
        await controller.create(num_prompts=4)
        await stream.until(lambda: len({state.run_id for state in stream.of("run_state")}) == 2 and ended(stream))
    found = stream.of("metric_threshold")
    assert sorted((f.level, f.metric_name, f.threshold_value, f.run_id) for f in found) == [
        (level, name, limit, run_id) for level in (0, 1) for name, limit in (("tpot_ms", 0.05), ("ttft_ms", 0.5))
    ]
    assert {f.metric_name: f.current_value for f in found} == {
        "ttft_ms": pytest.approx(1.0, rel=0.02),
        "tpot_ms": pytest.approx(0.1, rel=0.02),
    }


async def test_feedback_is_told_once_and_with_its_request(start, place):
    controller = await start(database=place)
    await controller.agent()
    traces = trace_pb2_grpc.TraceServiceStub(controller.channel)
    async with subscribed(controller, "trace_created", "trace_updated") as stream:
        await controller.create(project_id="shop", provider="openai", user_id="u", num_prompts=2)
        await stream.until(lambda: len(stream.of("trace_created")) == 2)
        first, second = stream.of("trace_created")
        said = trace_pb2.WriteFeedbackRequest(trace_id=first.trace_id, score=0.5, request_id=str(uuid.uuid4()))
        for request in (said, said, trace_pb2.WriteFeedbackRequest(trace_id=second.trace_id, comment="well")):
            await traces.WriteFeedback(request)
        nowhere = trace_pb2.WriteFeedbackRequest(trace_id="0" * 32, score=1)
        with pytest.raises(grpc.aio.AioRpcError):
            await traces.WriteFeedback(nowhere)
        await traces.WriteFeedback(trace_pb2.WriteFeedbackRequest(trace_id=first.trace_id, label="resolved"))
        await stream.until(lambda: len(stream.of("trace_updated")) == 3)
    # What was written twice with one identifier is told once, what was refused is not.
    assert stream.of("trace_updated") == [first, second, first]


async def test_every_kind_of_event_is_told(controller):
    healthy = await controller.agent(probe=agent_pb2.ProbeResult(model="gpt-4", words_per_token=1.5))
    budget = cost_pb2.CreateBudgetRequest(name="tiny", amount=0.000001)
    await cost_pb2_grpc.CostServiceStub(controller.channel).CreateBudget(budget)
    async with subscribed(controller, *KINDS) as stream:
        await controller.create(
            model="gpt-4",
            provider="openai",
            num_prompts=40,
            goodput_thresholds=target_pb2.GoodputThresholds(ttft_ms=0.5),
        )
        await stream.until(lambda: stream.of("trace_created") and ended(stream))
        trace_id = stream.of("trace_created")[0].trace_id
        said = trace_pb2.WriteFeedbackRequest(trace_id=trace_id, score=1)
        await trace_pb2_grpc.TraceServiceStub(controller.channel).WriteFeedback(said)
        export = export_pb2.CreateExportRequest(format="jsonl")
        await export_pb2_grpc.ExportServiceStub(controller.channel).CreateExport(export)
        await healthy.close()
        await controller.agent("agent-2", lease_error="no memory")
        await controller.create(num_prompts=8)
        await stream.until(lambda: {event.event_type for event in stream.events} >= set(KINDS))


async def test_a_run_that_fails_and_an_agent_that_is_lost_are_alerts(start):
    controller = await start(agent_wait_seconds=0.5)
    agent = await controller.agent(complete=False)
    async with subscribed(controller, "system_alert") as stream:
        run_id = await controller.create(num_prompts=8)
        await agent.until(lambda: agent.starts)
        await agent.close()
        await stream.until(lambda: any(a.alert_type == "agent_lost" for a in stream.of("system_alert")))
        lost = stream.of("system_alert")[-1]
        assert (lost.alert_type, lost.severity, lost.run_id) == ("agent_lost", "warning", run_id)
        assert lost.agent_id == "agent-1"
        failing = await controller.agent("agent-2", lease_error="no memory")
        second = await controller.create(num_prompts=8)
        await failing.until(lambda: any(lease.startswith(second) for lease in failing.grants))
        await stream.until(lambda: any(a.run_id == second for a in stream.of("system_alert")))
    failed = next(a for a in stream.of("system_alert") if a.run_id == second)
    assert (failed.alert_type, failed.severity) == ("run_failed", "critical")
    assert "no memory" in failed.message


async def test_a_reader_goes_on_after_a_restart_of_the_controller(start):
    first = await start()
    await first.agent()
    async with subscribed(first, "run_state") as stream:
        run_id = await first.create()
        await stream.until(lambda: stream.of("run_state") and stream.of("run_state")[-1].status == "completed")
        seen = stream.events[0].sequence
    await first.stack.aclose()
    again = await start()
    async with subscribed(again, "run_state", after_sequence=seen) as stream:
        await stream.until(lambda: len(stream.of("run_state")) == 3)
    assert [(state.run_id, state.status) for state in stream.of("run_state")] == [
        (run_id, "running"),
        (run_id, "running"),
        (run_id, "completed"),
    ]


async def test_what_cannot_be_subscribed_is_refused(controller):
    stub = event_pb2_grpc.EventServiceStub(controller.channel)
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        async for _ in stub.Subscribe(event_pb2.SubscribeRequest(events=["everything"])):
            pass
    error = from_rpc_error(refused.value)
    assert (error.reason, error.field) == ("INVALID_FIELD_VALUE", "events")
