"""Questions about metrics and models are answered through the keys of rollups and the indexes of requests."""

from __future__ import annotations

import re

import numpy as np
import pytest
from sqlalchemy import event

from controller.query.metrics.custom import query_metrics
from controller.query.metrics.performance import get_performance
from controller.query.metrics.quality import get_quality
from controller.query.metrics.question import Needs
from controller.query.metrics.rows import Contexts
from controller.query.metrics.series import get_metrics
from controller.query.metrics.spans import Span
from controller.query.metrics.summary import get_summary
from controller.query.models.compare import compare_models
from controller.query.models.listing import list_models
from controller.query.models.usage import get_usage
from controller.scope import Scope
from controller.store.rollup_reading import Extent, read_rollups
from loadcell.v1 import metrics_pb2, model_pb2
from tests.integration.store import random_requests as rr
from tests.integration.store.random_requests import BEGIN, DAY, HOUR, NOW, text

REQUESTS = rr.random_requests(200, seed=9)
TIMES = {"start_time": text(BEGIN + HOUR // 7), "end_time": text(BEGIN + 2 * DAY + HOUR // 3)}
SELECTED = [{"metric": "total_tokens"}]
ERRORS = [{"dimension": "status_code", "operator": "eq", "value": {"string_value": "ERROR"}}]
QUESTIONS = [
    (
        get_metrics,
        metrics_pb2.GetMetricsRequest(metrics=["duration"], aggregation="p99", group_by=["model"], **TIMES),
    ),
    (get_metrics, metrics_pb2.GetMetricsRequest(metrics=["duration"], model="model-1", **TIMES)),
    (get_metrics, metrics_pb2.GetMetricsRequest(metrics=["prompt_tokens"], aggregation="avg", **TIMES)),
    (query_metrics, metrics_pb2.QueryMetricsRequest(metrics=SELECTED, interval="1d", filters=ERRORS, **TIMES)),
    (get_summary, metrics_pb2.GetMetricsSummaryRequest(**TIMES)),
    (get_performance, metrics_pb2.GetPerformanceRequest(granularity="raw", user_id="ann", **TIMES)),
    (get_quality, metrics_pb2.GetQualityRequest(environment="staging", **TIMES)),
    (get_usage, model_pb2.GetModelUsageRequest(model_id="model-1", **TIMES)),
    (compare_models, model_pb2.CompareModelsRequest(models=["model-1", "model-2"], **TIMES)),
    (list_models, model_pb2.ListModelsRequest()),
]
READS_ALL = re.compile(r"SCAN (traces|rollups|trace_errors)\b|Seq Scan on (traces|rollups|trace_errors)")


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def database(request):
    with rr.stored(request, REQUESTS) as database:
        yield database


async def test_no_question_reads_everything(database):
    for function, request in QUESTIONS:
        plan = await plan_of(database, function, request)
        assert plan
        assert not [line for line in plan if READS_ALL.search(line)], (function.__name__, plan)


async def test_rollups_of_few_contexts_among_many_are_looked_up(database):
    of, span = (
        Contexts(np.array([2, 5]), {}, every=False),
        Span(HOUR // 1_000_000, BEGIN // HOUR, BEGIN // HOUR + 9),
    )

    def ask(connection, *_) -> None:
        list(read_rollups(connection, [span, span], of, Needs(), Extent({}, contexts=1_000)))

    plan = "\n".join(await plan_of(database, ask, None))
    found = ("(grain=? AND bucket=? AND context_key=?)", "rollups_pkey", "pk_rollups")
    assert any(part in plan for part in found), plan


async def plan_of(database, function, request) -> list[str]:
    """Return the engine's plan of every statement that a question makes."""

    def ask(connection) -> list[str]:
        statements = []

        def keep(_connection, _cursor, statement, parameters, _context, _many) -> None:
            if statement.startswith("SELECT"):
                statements.append((statement, parameters))

        event.listen(connection, "before_cursor_execute", keep)
        function(connection, request, Scope.everything(), NOW)
        event.remove(connection, "before_cursor_execute", keep)
        sqlite = connection.dialect.name == "sqlite"
        if not sqlite:
            # For a few rows reading all of them is cheaper; whether an index can do it is what is asked.
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        explain, column = ("EXPLAIN QUERY PLAN ", 3) if sqlite else ("EXPLAIN ", 0)
        return [
            row[column]
            for statement, parameters in statements
            for row in connection.exec_driver_sql(explain + statement, parameters)
        ]

    return await database.read(ask)
