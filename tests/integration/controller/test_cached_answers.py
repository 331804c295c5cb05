"""Answers that are kept, as callers see them."""

from __future__ import annotations

import asyncio
from pathlib import Path

import grpc
import pytest
from sqlalchemy import update

from controller.cache.kinds import Seconds
from controller.store.migrate import open_database
from controller.store.schema import benchmark_runs
from loadcell.v1 import cost_pb2, cost_pb2_grpc, model_pb2, model_pb2_grpc, run_pb2, trace_pb2, trace_pb2_grpc
from tests.integration.store import random_traces


async def fill(controller) -> random_traces.Stored:
    database = await open_database(controller.database)
    ended = update(benchmark_runs).values(state=run_pb2.RUN_STATE_COMPLETED, status="completed")
    try:
        return await database.write(lambda c: (random_traces.fill(c), c.execute(ended))[0])
    finally:
        await database.close()


def ask(controller, **parameters: object):
    return trace_pb2_grpc.TraceServiceStub(controller.channel).ListTraces(
        trace_pb2.ListTracesRequest(**parameters)
    )


async def test_W29_a_kept_answer_says_so_and_is_of_its_own_call(controller):
    await fill(controller)
    first, second = await ask(controller, limit=10), await ask(controller, limit=10)
    assert (first.meta.cached, second.meta.cached) == (False, True)
    assert list(first.data) == list(second.data)
    assert first.pagination == second.pagination
    assert first.meta.request_id != second.meta.request_id
    assert first.meta.timestamp.ToMicroseconds() < second.meta.timestamp.ToMicroseconds()


async def test_a_kept_answer_says_when_it_was_computed_and_for_how_long_it_is_kept(controller):
    await fill(controller)
    new, kept = (await ask(controller, limit=10)).meta, (await ask(controller, limit=10)).meta
    assert (new.computed_at, new.max_age_seconds) == (kept.computed_at, kept.max_age_seconds)
    assert kept.computed_at.ToMicroseconds() <= new.timestamp.ToMicroseconds() < kept.timestamp.ToMicroseconds()
    assert kept.max_age_seconds == Seconds().traces
    assert (await ask(controller, limit=10, to="now-2h")).meta.max_age_seconds == Seconds().old_traces


async def test_an_answer_that_is_not_kept_says_neither(start):
    controller = await start(cache_seconds=Seconds(*[0.0] * len(Seconds._fields)))
    meta = (await ask(controller, limit=10)).meta
    assert not meta.HasField("computed_at")
    assert not meta.HasField("max_age_seconds")


async def test_W26_different_questions_never_share_an_answer(controller):
    await fill(controller)
    for parameters in ({}, {"sort_by": "total_cost_usd"}, {"search": "x"}, {"min_cost": 0.1}, {"fields": ["ts"]}):
        assert not (await ask(controller, **parameters)).meta.cached


async def test_W28_a_moment_relative_to_now_is_the_same_question_later(controller):
    await fill(controller)
    assert [(await ask(controller, to="now-1h")).meta.cached for _ in range(2)] == [False, True]


async def test_a_failure_is_not_kept(controller):
    for _ in range(2):
        with pytest.raises(grpc.aio.AioRpcError, match="colour"):
            await ask(controller, sort_by="colour")


async def test_labels_and_prices_that_are_set_are_in_the_next_answer(start, place):
    controller = await start(database=place)
    found = (await fill(controller)).traces
    trace_id, run_id = next((key, trace["run_id"]) for key, trace in found.items())
    traces = trace_pb2_grpc.TraceServiceStub(controller.channel)
    asked = trace_pb2.GetTraceRequest(trace_id=trace_id, fields=["attributes"])
    await kept(lambda: traces.GetTrace(asked))
    await controller.runs.UpdateRun(run_pb2.UpdateRunRequest(run_id=run_id, labels={"team": "new"}))
    assert (await traces.GetTrace(asked)).data.attributes["team"] == "new"
    models = model_pb2_grpc.ModelServiceStub(controller.channel)
    model = model_pb2.GetModelRequest(model_id="gpt-4o")
    await kept(lambda: models.GetModel(model))
    price = cost_pb2.SetPricingRequest(
        provider="openai", model="gpt-4o", prompt_cost_per_1k=7, completion_cost_per_1k=7
    )
    await cost_pb2_grpc.CostServiceStub(controller.channel).SetPricing(price)
    assert (await models.GetModel(model)).data.prompt_cost_per_1k == 7


async def kept(call) -> None:
    """Ask until the answer is a kept one: the start of a controller counts as a change."""
    async with asyncio.timeout(60):
        while not (await call()).meta.cached:
            pass


async def test_what_is_deleted_is_in_no_kept_answer(start, place):
    one, other = [await start(database=place) for _ in range(2)]
    await fill(one)
    before = await ask(one, limit=1_000, fields=["run_id"])
    run_id = before.data[0].run_id
    for controller in (one, other):
        while not (await ask(controller, run_id=run_id)).meta.cached:
            pass  # the start of a controller counts as a change
    await one.runs.DeleteRun(run_pb2.DeleteRunRequest(run_id=run_id))
    assert not (await ask(one, run_id=run_id)).data
    if isinstance(place, Path):
        return  # controllers of an SQLite file do not hear of one another
    async with asyncio.timeout(60):
        while (await ask(other, run_id=run_id)).data:
            await asyncio.sleep(0.05)
