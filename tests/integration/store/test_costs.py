"""What is said about costs is what adding up every single request gives."""

from __future__ import annotations

import json
from collections import defaultdict

import numpy as np
import pytest
from sqlalchemy import update

from controller.query.costs.question import CostQuestion, Spent
from controller.query.metrics.parameters import Period
from controller.scope import Scope
from controller.store.cost_covers import cover_question
from controller.store.costs import spent_by, spent_over_time
from controller.store.dearest import dearest_requests
from controller.store.schema_queries import rollups
from controller.trace_ids import trace_id
from tests.integration.store.priced_requests import DAY, HOUR, some_contexts, store

NOW = 1_790_000_000_000_000


@pytest.fixture
async def world(open_one):
    database, rng = await open_one(), np.random.default_rng(5)
    contexts = some_contexts(rng, 12)
    # Some of the time much happens within a minute, as in a load test.
    burst = NOW - 9 * DAY + rng.integers(0, 90_000_000, 800)
    times = np.concatenate([NOW - rng.integers(1, 40 * DAY, 600), burst])
    return database, await database.write(lambda c: store(c, contexts, times, 6))


def periods():
    rng = np.random.default_rng(3)
    edges = [(NOW - 30 * DAY, NOW), (NOW - 50 * DAY, NOW + DAY), (NOW - 9 * DAY, NOW - 9 * DAY + 60_000_000)]
    edges += [(NOW - 9 * DAY + 1, NOW - 9 * DAY + 2 * HOUR), (NOW - 70 * DAY, NOW - 60 * DAY)]
    for length in (40 * DAY,):
        start = NOW - int(rng.integers(length, 41 * DAY))
        edges.append((start, start + int(rng.integers(1, length))))
    return [Period(start, end, NOW) for start, end in edges]


QUESTIONS = [
    (Scope.everything(), {}),
    (Scope.everything(), {"model": "gpt-4o", "environment": "production"}),
    (Scope.of(["shop", "search"]), {"user_id": "ann"}),
    (Scope.of(["shop"]), {"project_id": "default"}),
    (Scope.of([]), {}),
]


def wanted(requests, question):
    return [
        request
        for request in requests
        if request.counted
        and question.period.start <= request.ts < question.period.end
        and question.scope.holds(request.context.project_id)
        and all(getattr(request.context, name) == value for name, value in question.exact.items())
    ]


def value_of(request, name):
    value = getattr(request.context, name)
    return json.dumps(value) if name == "tags" else value


def over_time(connection, question, width):
    return spent_over_time(connection, cover_question(connection, question, width), width)


def dearest(connection, question, limit):
    return dearest_requests(connection, cover_question(connection, question), limit)


def add_up(requests, key):
    sums = defaultdict(Spent)
    for request in requests:
        sums[key(request)] += Spent(request.prompt, request.completion, 1, request.tokens)
    return dict(sums)


async def test_costs_by_dimension_and_over_time_are_those_of_every_request(world):
    database, requests = world
    for scope, exact in QUESTIONS:
        for period in periods():
            question = CostQuestion(scope, period, exact)
            mine = wanted(requests, question)
            for names in (("provider", "model"), ("user_id", "project_id", "tags")):
                found = await database.read(lambda c, q=question, n=names: spent_by(c, cover_question(c, q), n))
                assert found == add_up(mine, lambda r, n=names: tuple(value_of(r, name) for name in n))
            for width in (300, 86_400):
                found = await database.read(
                    lambda c, q=question, w=width: spent_over_time(c, cover_question(c, q, w), w)
                )
                assert found == add_up(mine, lambda r, w=width: r.ts // (w * 1_000_000))


@pytest.mark.parametrize("known", ["exactly", "as a bound"])
async def test_W37_the_dearest_requests_are_the_dearest_whatever_is_asked_for(world, known):
    database, requests = world
    if known == "as a bound":  # as migrations leave it
        bound = rollups.c.prompt_cost + rollups.c.completion_cost
        await database.write(lambda c: c.execute(update(rollups).values(cost_max=bound)))
    for scope, exact in QUESTIONS:
        for limit, period in zip((1, 10, 100) * 3, periods(), strict=False):
            question = CostQuestion(scope, period, exact)
            found = await database.read(
                lambda c, q=question, n=limit: dearest_requests(c, cover_question(c, q), n)
            )
            by_id = {request.trace_id: request for request in wanted(requests, question)}
            costs = sorted((request.cost for request in by_id.values() if request.cost), reverse=True)
            assert [one.cost for one in found] == costs[:limit]
            for one in found:
                request = by_id.pop(trace_id(one.key))
                said = (one.ts, one.cost, one.tokens, one.duration_micros, one.provider, one.model, one.user_id)
                context = request.context
                assert said == (
                    request.ts,
                    request.cost,
                    request.tokens,
                    request.duration_micros,
                    context.provider,
                    context.model,
                    context.user_id,
                )
