"""No question about costs walks through all requests, nor through all rollups."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import event, text

from controller.query.costs.question import CostQuestion
from controller.query.metrics.parameters import Period
from controller.scope import Scope
from controller.store.cost_covers import cover_question
from controller.store.costs import newest_seconds, spent_by, spent_over_time
from controller.store.dearest import dearest_requests
from tests.integration.store.priced_requests import DAY, HOUR, some_contexts, store

NOW = 1_790_000_000_000_000
PERIODS = [(NOW - 3 * DAY - 5 * HOUR - 12_345_678, NOW - HOUR - 98_765_432), (NOW - 20_000_000, NOW - 10_000_000)]
QUESTIONS = [
    lambda c, q: spent_by(c, cover_question(c, q), ("model", "user_id")),
    lambda c, q: spent_over_time(c, cover_question(c, q, 3_600), 3_600),
    lambda c, q: spent_over_time(c, cover_question(c, q, 86_400), 86_400),
    lambda c, q: dearest_requests(c, cover_question(c, q), 10),
    lambda c, q: newest_seconds(c, q, 10_000),
]


@pytest.mark.parametrize("exact", [{}, {"model": "gpt-4o"}])
async def test_costs_are_read_from_ranges_of_their_indexes(open_one, place, exact):
    database, rng = await open_one(), np.random.default_rng(3)
    contexts = some_contexts(rng, 4)
    times = NOW - rng.integers(1, 30 * DAY, 1_000)
    await database.write(lambda c: store(c, contexts, times, 1))
    if not isinstance(place, Path):
        await database.write(lambda c: c.execute(text("ANALYZE")))
    for period in PERIODS:
        asked = CostQuestion(Scope.everything(), Period(*period, NOW), exact)
        for question in QUESTIONS:
            plans = await database.read(lambda c, q=question, a=asked: plans_of(c, lambda: q(c, a)))
            whole = ("SCAN traces", "SCAN rollups", "Seq Scan on traces_", "Seq Scan on rollups")
            assert plans
            assert not [line for line in plans if line.strip(" ->").startswith(whole)], plans
            # Rows of rollups are mostly sketches, which SQLite would read, too.
            assert not [line for line in plans if "rollups USING PRIMARY KEY" in line], plans


def plans_of(connection, ask) -> list[str]:
    """Ask a question and return the engine's plan of every statement it made."""
    statements: list[tuple[str, object]] = []

    def keep(_connection, _cursor, statement, parameters, _context, _many) -> None:
        if "FROM" in statement:
            statements.append((statement, parameters))

    event.listen(connection, "before_cursor_execute", keep)
    ask()
    event.remove(connection, "before_cursor_execute", keep)
    explain = "EXPLAIN QUERY PLAN " if connection.dialect.name == "sqlite" else "EXPLAIN "
    if connection.dialect.name == "postgresql":
        # Of few rows it would rather read all; here only what it can do otherwise is of interest.
        connection.execute(text("SET LOCAL enable_seqscan = off"))
    return [
        str(row[-1])
        for statement, parameters in statements
        for row in connection.exec_driver_sql(explain + statement, parameters)
    ]
