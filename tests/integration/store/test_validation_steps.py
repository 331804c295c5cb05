"""The steps of the comparison with a server, and what it said: in their order, and gone with the run."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import text

from controller.report.facts import Told
from controller.store.deletion import begin_deletion, delete_some
from controller.store.validation import add_step, get_told, list_steps
from loadcell.v1 import agent_pb2, run_pb2
from tests.integration.store.stored_runs import store_runs


def step(name: str, second: int) -> run_pb2.ValidationLog:
    log = run_pb2.ValidationLog(step=name, status="completed", message=f"{name} \N{SNOWMAN}")
    log.timestamp.FromSeconds(second)
    return log


def page(requests: int) -> agent_pb2.ScrapeResult:
    series = agent_pb2.ServerSeries(name="vllm:request_success_total", labels={"model_name": "m"}, value=requests)
    return agent_pb2.ScrapeResult(series=[series])


@pytest.fixture
async def database(open_one):
    opened = await open_one()
    await opened.write(lambda c: store_runs(c, {1: [10], 2: [20]}))
    return opened


async def test_steps_of_each_run_in_their_order(database):
    for number, name in enumerate(("init", "before", "after")):
        await database.write(lambda c, number=number, name=name: add_step(c, 1, step(name, number)))
    await database.write(lambda c: add_step(c, 2, step("init", 9)))
    assert await database.read(lambda c: list_steps(c, 1)) == [
        step("init", 0),
        step("before", 1),
        step("after", 2),
    ]
    assert await database.read(lambda c: list_steps(c, 2)) == [step("init", 9)]


async def test_what_the_server_said_last(database):
    assert await database.read(lambda c: get_told(c, 1)) == Told(None, None, 0)
    for second, requests in ((1, 3), (2, 4)):
        await database.write(lambda c, s=second, n=requests: add_step(c, 1, step("before", s), page(n)))
    assert await database.read(lambda c: get_told(c, 1)) == Told(page(4), None, 0)
    await database.write(lambda c: add_step(c, 1, step("after", 3), page(9)))
    assert await database.read(lambda c: get_told(c, 1)) == Told(page(4), page(9), 3_000_000)


async def test_they_go_with_their_run(database):
    await database.write(lambda c: add_step(c, 1, step("before", 1), page(3)))
    await database.write(lambda c: begin_deletion(c, 1, "me", 60.0))
    while await database.write(lambda c: delete_some(c, 1, "me", 60.0)):
        await asyncio.sleep(0)
    count = text("SELECT count(*) FROM run_validation_steps")
    assert await database.read(lambda c: c.execute(count).scalar_one()) == 0
