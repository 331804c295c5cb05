"""The questions that are asked often are answered from an index."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import event, text

from controller.events.kinds import TRACE_CREATED
from controller.scope import Scope
from controller.store import run_history, runs
from controller.store.events import trace_events
from controller.store.migrate import open_database
from controller.store.place import Place
from controller.store.rollups import add_rollups
from controller.store.rollups_subtraction import subtract_rollups
from controller.store.run_history import RunFilter
from controller.store.run_order import RunOrder
from controller.store.samples import read_page, read_samples
from controller.trace_ids import RequestKey
from loadcell.stats.columns import OK, SampleArrays
from loadcell.stats.rollup import roll_up

RUNS = (
    "INSERT INTO benchmark_runs (run_id, log_request_id, status, state, server_url, model, adapter, config,"
    " needs_secrets, probed, pin_output, words_per_token, created_at, notes)"
    " SELECT 'run' || n, '', CASE n % 50 WHEN 0 THEN 'failed' WHEN 1 THEN 'running' ELSE 'completed' END, 3, '',"
    " 'm' || n % 50, '', '', false, false, false, 1.0, n, '[]' FROM generate_series(1, 2000) AS n"
    " ON CONFLICT DO NOTHING"
)
TRACES = (
    f"INSERT INTO traces SELECT 1 + n / 5000, n / 1000 % 5, 0, n, 1{', 0' * 26}, 'stop', n, 0, 0, 0"
    " FROM generate_series(0, 19999) AS n ON CONFLICT DO NOTHING"
)
ALL = Scope.everything()


@pytest.mark.parametrize(
    ("filters", "after", "index"),
    [
        (RunFilter(ALL), None, "idx_benchmark_runs_created_at"),
        (RunFilter(ALL), (5, 5), "idx_benchmark_runs_created_at"),
        (RunFilter(ALL, status="failed"), None, "idx_benchmark_runs_status_created"),
        (RunFilter(ALL, status="failed"), (5, 5), "idx_benchmark_runs_status_created"),
        (RunFilter(ALL, model="m"), None, "idx_benchmark_runs_model"),
        (RunFilter(ALL, created_from=5, created_to=9), None, "idx_benchmark_runs_created_at"),
    ],
)
async def test_lists_use_their_documented_index(place, filters, after, index):
    plans = await plans_of(place, lambda c: run_history.list_runs(c, filters, limit=10, after=after))
    assert any(index in line for line in plans), plans


async def test_sorted_lists_walk_an_index(place):
    def ask(connection) -> None:
        for sort in ("started_at", "completed_at", "model", "server_url", "status"):
            order = RunOrder(sort, descending=False)
            run_history.list_runs(connection, RunFilter(ALL), limit=10, order=order)

    plans = await plans_of(place, ask)
    for name in ("started_at", "completed_at", "model", "server_url", "status"):
        assert any(f"idx_benchmark_runs_{name}" in line for line in plans), (name, plans)


async def test_several_runs_are_looked_up_by_one_statement(place):
    run_ids = [f"run{n}" for n in range(1, 5)]
    plans = await plans_of(place, lambda c: runs.get_runs(c, run_ids, ALL))
    used = ("uq_benchmark_runs_run_id", "USING INDEX sqlite_autoindex_benchmark_runs")
    assert any(index in line for line in plans for index in used), plans
    assert not any("SCAN benchmark_runs" in line or "Seq Scan" in line for line in plans), plans


async def test_counts_and_upkeep_use_an_index(place):
    for question in (
        lambda c: run_history.count_by_status(c, ALL),
        runs.list_active,
        lambda c: run_history.count_runs(c, RunFilter(ALL, status="x")),
    ):
        plans = await plans_of(place, question)
        assert any("idx_benchmark_runs_status" in line for line in plans), plans


async def test_rows_of_a_level_are_one_range(place):
    for question in (
        lambda c: read_samples(c, 1, 0, {1: 0}),
        lambda c: read_page(c, 1, 0, {1: 0}, after=(0, 5, 1), limit=10),
    ):
        plans = await plans_of(place, question)
        ranges = ("SEARCH traces USING PRIMARY KEY (run_key=? AND level=?", "Index Scan using traces_default_pkey")
        assert any(part in line for line in plans for part in ranges), plans
        assert not any("TEMP B-TREE" in line or "Sort" in line for line in plans), plans


async def test_what_is_stored_already_is_looked_up_by_its_keys(place):
    keys = [RequestKey(1, 0, 0, ordinal, 1) for ordinal in range(5)]
    columns = dict.fromkeys(SampleArrays.__dataclass_fields__, np.zeros(2, np.int64))
    requests = SampleArrays(**columns | {"status": np.full(2, OK), "tpot_micros": np.zeros(2)})
    unknown = np.full(2, -1)
    minutes = roll_up(requests, np.array([0, 3_600_000_000]), 1, unknown, unknown)

    def store_again(connection) -> None:
        trace_events(connection, TRACE_CREATED, keys, 0)
        for _ in range(2):
            add_rollups(connection, minutes)
        subtract_rollups(connection, minutes)

    plans = await plans_of(place, store_again, writing=True)
    assert any("traces" in line for line in plans), plans
    assert any("rollups" in line for line in plans), plans
    assert not any(line.startswith(("SCAN traces", "SCAN rollups")) or "Seq Scan" in line for line in plans), plans


async def plans_of(place: Place, question, *, writing: bool = False) -> list[str]:
    """Run a question and return the engine's plan of every statement it made that reads."""
    database = await open_database(place)
    server = not isinstance(place, Path)

    def ask(connection) -> list[str]:
        statements: list[tuple[str, object]] = []

        def keep(_connection, _cursor, statement, parameters, _context, _many) -> None:
            if statement.startswith("SELECT"):
                statements.append((statement, parameters))

        event.listen(connection, "before_cursor_execute", keep)
        question(connection)
        event.remove(connection, "before_cursor_execute", keep)
        if server:
            # For a few rows reading all of them is cheaper; whether the index can do it is what is asked.
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
            connection.exec_driver_sql("SET LOCAL enable_bitmapscan = off")
        explain, column = ("EXPLAIN ", 0) if server else ("EXPLAIN QUERY PLAN ", 3)
        return [
            row[column]
            for statement, parameters in statements
            for row in connection.exec_driver_sql(explain + statement, parameters)
        ]

    try:
        if server:  # SQLite decides without counting
            for statement in (RUNS, TRACES, "ANALYZE"):
                await database.write(lambda c, statement=statement: c.execute(text(statement)))
        return await (database.write if writing else database.read)(ask)
    finally:
        await database.close()
