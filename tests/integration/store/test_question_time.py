"""No question takes longer than it may, whatever it is about and in however many statements."""

from __future__ import annotations

from functools import partial
from types import SimpleNamespace

import pytest
from prometheus_client import CollectorRegistry
from sqlalchemy import literal, select, text

from controller.cache.cache import Cache
from controller.cache.kinds import Kind, Seconds
from controller.cache.memory import Memory
from controller.query import listing
from controller.query.traces.search import ask_search
from controller.scope import Scope
from controller.services import asking
from controller.services.answers import Answers
from controller.store.migrate import open_database
from controller.store.place import parse_place
from controller.store.traces import limits
from controller.store.traces.limits import bounded
from controller.store.traces.listing import list_traces
from loadcell.errors import LoadcellError
from loadcell.v1 import model_pb2, run_pb2
from tests.integration.store import random_traces
from tests.integration.store.random_traces import NOW


async def test_time_of_a_question_is_that_of_all_its_statements(open_one, monkeypatch):
    database = await open_one()
    clock = 1_000.0
    monkeypatch.setattr(limits, "time", SimpleNamespace(monotonic=lambda: clock))
    longest = text(
        "SELECT current_setting('statement_timeout')"
        if database.tells
        else "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n LIMIT 100000) SELECT count(*) FROM n"
    )

    def question(connection) -> None:
        nonlocal clock
        with bounded(connection, 100.0) as until, bounded(connection, 3600.0) as within:
            assert within == until == 1_100.0  # a part has no time of its own
            for left in (95.0, 80.0, 79.0, 5.0):
                clock = 1_100.0 - left
                told.append(connection.execute(longest).scalar_one())
            clock = 1_100.5
            connection.execute(longest)

    told: list[object] = []
    with pytest.raises(LoadcellError) as refused:
        await database.read(question)
    assert refused.value.reason == "REQUEST_TIMEOUT"
    if database.tells:
        assert told == ["100s", "80s", "80s", "5s"]
    # Nothing of it is left to whoever has the connection next.
    assert await database.read(lambda c: c.execute(longest).scalar_one()) in ("0", 100_000)


async def test_postgresql_plans_a_question_for_its_own_values(postgresql_url):
    many = 12  # after 5 a plan for any values would be tried
    plans = text("SELECT sum(generic_plans), sum(custom_plans) FROM pg_prepared_statements")

    def question(connection):
        with bounded(connection):
            for number in range(many):
                connection.execute(select(literal(number)))
            return connection.execute(plans).one()

    database = await open_database(parse_place(postgresql_url))
    try:
        generic, custom = await database.read(question)
    finally:
        await database.close()
    assert generic == 0
    assert custom > 0


async def test_every_question_that_is_asked_is_bounded(open_one, monkeypatch):
    monkeypatch.setattr(asking, "bounded", partial(bounded, seconds=0.05))
    monkeypatch.setattr(asking, "scope_of", lambda _context: Scope.everything())
    database = await open_one()
    answers = Answers(Cache(Memory(10**6), Seconds(), CollectorRegistry()))
    endless = text(
        "SELECT pg_sleep(600)"
        if database.tells
        else "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n"
    )

    def answer(connection, *_asked: object) -> model_pb2.ListModelsResponse:
        connection.execute(endless)
        raise AssertionError

    with pytest.raises(LoadcellError) as refused:
        await asking.Asking(database, answers, Kind.MODELS).answer(model_pb2.ListModelsRequest(), None, answer)
    assert refused.value.reason == "REQUEST_TIMEOUT"


async def test_lists_of_runs_are_bounded_also_while_labels_are_looked_at(open_one, monkeypatch):
    database = await open_one()
    await database.write(random_traces.fill)
    request = run_pb2.ListRunsRequest(labels=["team"])
    ask = partial(listing.page_of_runs, request=request, scope=Scope.everything(), now=NOW)
    assert (await database.read(ask)).total > 2
    clock = iter(range(1_000_000))  # a second for each look
    monkeypatch.setattr(limits, "time", SimpleNamespace(monotonic=lambda: next(clock)))
    monkeypatch.setattr(listing, "bounded", partial(bounded, seconds=5))
    with pytest.raises(LoadcellError) as refused:
        await database.read(ask)
    assert refused.value.reason == "REQUEST_TIMEOUT"


async def test_conditions_on_attributes_are_bounded_also_while_runs_are_looked_at(open_one, monkeypatch):
    database = await open_one()
    await database.write(random_traces.fill)
    # Not to be decided by the bytes of a label, so every run is looked at.
    asked = ask_search({"filter": {"field": "attributes.framework", "operator": "eq", "value": "mine"}}, NOW)
    ask = partial(list_traces, question=asked, scope=Scope.everything())
    assert (await database.read(ask)).records
    clock = iter(range(1_000_000))  # a second for each look
    monkeypatch.setattr(limits, "time", SimpleNamespace(monotonic=lambda: next(clock)))
    monkeypatch.setattr("controller.store.traces.listing.bounded", partial(bounded, seconds=3))
    with pytest.raises(LoadcellError) as refused:
        await database.read(ask)
    assert refused.value.reason == "REQUEST_TIMEOUT"
