"""Questions about traces are answered through an index: none reads all requests to find a few."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import event, text

from controller.query.traces.parameters import ask, read_parameters
from controller.query.traces.search import ask_search
from controller.scope import Scope
from controller.store.traces.listing import list_traces
from controller.store.traces.several import get_traces
from controller.store.traces.single import get_trace
from controller.trace_ids import request_key
from tests.integration.store import random_traces
from tests.integration.store.random_traces import NOW, shown

TRACE = "0000000000000000000000000000002a"
TIME, CONTEXT, KEY = "idx_traces_ts", "idx_traces_context", "traces_pkey"
ERRORS, UNSET = "idx_traces_errors", "idx_traces_unset"
FAILED_CONTEXT = "idx_traces_context_errors"
# What is asked, and the index that leads to the requests.
LISTS: list[tuple[dict[str, object], str]] = [
    ({}, TIME),
    ({"from": "now-1h"}, TIME),
    ({"from": "now-2h", "to": "now-1h", "sort_order": "asc"}, TIME),
    ({"min_duration": 1, "max_cost": 1, "min_tokens": 1}, TIME),
    ({"status": "ok"}, TIME),
    ({"project_id": "p1"}, CONTEXT),
    ({"session_id": "s"}, CONTEXT),
    ({"user_id": "u1", "to": "now"}, CONTEXT),
    ({"provider": "openai", "model": "gpt-4o"}, CONTEXT),
    ({"environment": "production", "sort_order": "asc"}, CONTEXT),
    ({"operation_type": "completion"}, CONTEXT),
    ({"tags": "a", "tags_all": "b"}, CONTEXT),
    ({"run_id": "run-1"}, CONTEXT),
    ({"project_id": "p1", "sort_by": "model"}, CONTEXT),
    ({"sort_by": "environment"}, CONTEXT),
    ({"status": "error"}, ERRORS),
    ({"status": "pending", "user_id": "u1"}, UNSET),
    ({"sort_by": "status_code"}, UNSET),
    ({"status": "error", "project_id": "p1"}, FAILED_CONTEXT),
    ({"sort_by": "status_code", "sort_order": "asc"}, ERRORS),
    ({"trace_id": TRACE}, KEY),
    ({"trace_id": TRACE, "model": "gpt-4o", "sort_by": "duration_ms"}, KEY),
]
SEARCHES: list[tuple[dict[str, object], str]] = [
    (
        {
            "operator": "and",
            "filters": [
                {"field": "model", "operator": "startsWith", "value": "gpt"},
                {
                    "operator": "or",
                    "filters": [
                        {"field": "status_code", "operator": "eq", "value": "ERROR"},
                        {"field": "duration_ms", "operator": "gt", "value": 1},
                    ],
                },
                {"operator": "not", "filters": [{"field": "user_id", "operator": "eq", "value": "u1"}]},
            ],
        },
        CONTEXT,
    ),
    ({"field": "attributes.team", "operator": "eq", "value": "x"}, CONTEXT),
    ({"field": "trace_id", "operator": "in", "value": [TRACE, "1" * 32]}, KEY),
    ({"field": "ts", "operator": "between", "value": ["now-1h", "now"]}, TIME),
]
# Tables with a row for each request, or for many.
WHOLE = re.compile(r"(SCAN|Seq Scan on) (traces|trace_\w+|feedback)(_\w+)?\b(?! USING)")
QUESTIONS = [
    *(
        (
            ask(read_parameters({"include": "evaluations,feedback", **values, "limit": 3}), NOW),
            index,
            shown(values),
        )
        for values, index in LISTS
    ),
    *((ask_search({"filter": node, "limit": 3}, NOW), index, shown(node)) for node, index in SEARCHES),
]


@pytest.fixture
async def database(open_one):
    database = await open_one()
    await database.write(lambda c: random_traces.fill(c, rows=12))
    if database.tells:  # SQLite decides without counting
        await database.write(lambda c: c.execute(text("ANALYZE")))
    return database


async def test_no_question_reads_all_requests_to_find_a_few(database):
    stored = await database.read(lambda c: list_traces(c, QUESTIONS[0][0], Scope.everything()))
    span = {"field": "span_id", "operator": "eq", "value": stored.records[0].values["span_id"]}
    for question, index, name in [*QUESTIONS, (ask_search({"filter": span}, NOW), KEY, "span_id")]:
        plans = await database.read(
            lambda c, q=question: plans_of(c, lambda: list_traces(c, q, Scope.everything()))
        )
        through = [line for line in plans if re.search(r"\btraces(_\w+)?\b", line)]
        assert through, name
        assert not any(WHOLE.search(line) for line in plans), (name, plans)
        assert any(through_index(line, index) for line in through), (name, index, through)


async def test_one_trace_is_one_look_up(database):
    plans = await database.read(lambda c: plans_of(c, lambda: get_trace(c, request_key(TRACE), Scope.of(["p1"]))))
    through = [line for line in plans if re.search(r"\btraces(_\w+)?\b", line)]
    assert all(through_index(line, KEY) for line in through if "Scan" in line or "SEARCH" in line), through
    assert not any(WHOLE.search(line) for line in plans), plans


@pytest.mark.parametrize("scope", [Scope.everything(), Scope.of(["p1"])])
async def test_several_traces_are_looked_up_by_one_statement(database, scope):
    keys = [request_key(TRACE), request_key("1" * 32), request_key("2" * 32)]
    plans = await database.read(lambda c: plans_of(c, lambda: get_traces(c, keys, scope)))
    through = [line for line in plans if re.search(r"\btraces(_\w+)?\b", line)]
    assert all(through_index(line, KEY) for line in through if "Scan" in line or "SEARCH" in line), through
    assert not any(WHOLE.search(line) for line in plans), plans


async def test_a_page_by_time_is_not_sorted(database):
    """But for what began in the same microsecond."""
    for values in ({}, {"sort_order": "asc"}, {"status": "error"}):
        question = ask(read_parameters({**values, "limit": 3, "fields": "ts"}), NOW)
        plans = await database.read(
            lambda c, q=question: plans_of(c, lambda: list_traces(c, q, Scope.everything()))
        )
        # What is around the page puts no more than its rows in order.
        plans = plans[: plans.index("SCAN page")] if "SCAN page" in plans else plans
        sorts = [line for line in plans if "TEMP B-TREE" in line or re.search(r"\bSort  \(", line)]
        assert all("PART OF ORDER BY" in line or "Incremental Sort" in line for line in sorts), (values, plans)


def through_index(line: str, index: str) -> bool:
    """Whether a line of a plan is the use of an index of traces, or of one partition's."""
    if index == KEY:
        return "SEARCH traces USING PRIMARY KEY" in line or bool(re.search(r"traces(_\w+)?_pkey", line))
    # PostgreSQL names the indexes of partitions by their columns.
    walked = "ts_context_key_status"
    by_context = "context_key_ts"
    columns = {TIME: "ts", ERRORS: walked, UNSET: walked, CONTEXT: by_context, FAILED_CONTEXT: by_context}[index]
    return index in line or bool(re.search(rf"(using|on) traces_\w*?{columns}_idx\d*", line))


def plans_of(connection, question) -> list[str]:
    """Run a question and return the engine's plan of every statement it made."""
    statements: list[tuple[str, object]] = []
    server = connection.dialect.name == "postgresql"

    def keep(_connection, _cursor, statement, parameters, _context, _many) -> None:
        if statement.startswith(("SELECT", "WITH")):
            statements.append((statement, parameters))

    if server:
        # For a few rows reading all of them is cheaper; whether the index can do it is what is asked.
        connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
    event.listen(connection, "before_cursor_execute", keep)
    question()
    event.remove(connection, "before_cursor_execute", keep)
    explain, column = ("EXPLAIN ", 0) if server else ("EXPLAIN QUERY PLAN ", 3)
    return [
        row[column]
        for statement, parameters in statements
        for row in connection.exec_driver_sql(explain + statement, parameters)
    ]
