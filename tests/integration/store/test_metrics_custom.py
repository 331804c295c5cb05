"""Custom queries are what the requests say, one by one."""

from __future__ import annotations

import math
import operator

import pytest
from google.protobuf.struct_pb2 import ListValue, Value

from controller.query.metrics.custom import query_metrics
from controller.scope import Scope
from loadcell.documents import render
from loadcell.stats.columns import ERROR
from loadcell.v1 import metrics_pb2
from tests.integration.store import random_requests as rr
from tests.integration.store.random_requests import BEGIN, DAY, HOUR, NOW, text

REQUESTS = rr.random_requests(400, seed=6)
START, END = BEGIN + HOUR // 7, BEGIN + 3 * DAY - HOUR // 3
TIMES = {"interval": "one_day", "start_time": text(START), "end_time": text(END)}
COMPARISONS = {"gt": operator.gt, "gte": operator.ge, "lt": operator.lt, "lte": operator.le, "eq": operator.eq}


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def database(request):
    with rr.stored(request, REQUESTS) as database:
        yield database


async def ask(database, scope=Scope.everything(), **fields) -> dict:  # noqa: B008 - never changed
    request = metrics_pb2.QueryMetricsRequest(**TIMES, **fields)
    return render((await database.read(lambda c: query_metrics(c, request, scope, NOW))).data)


def one_of(values) -> Value:
    return Value(list_value=ListValue(values=[Value(string_value=value) for value in values]))


def selected(*pairs) -> list[metrics_pb2.MetricSelection]:
    return [metrics_pb2.MetricSelection(metric=name, aggregation=aggregation) for name, aggregation in pairs]


FILTERS = [
    ("provider", "eq", "openai", lambda r: r.context.provider == "openai"),
    ("model", "ne", "model-1", lambda r: r.context.model != "model-1"),
    ("user_id", "ne", "ann", lambda r: r.context.user_id != "ann"),
    ("session_id", "in", ["s1", "s2"], lambda r: r.context.session_id in {"s1", "s2"}),
    ("user_id", "not_in", ["ann", "bob"], lambda r: r.context.user_id not in {"ann", "bob"}),
    ("service_name", "eq", "service", lambda r: r.context.service_name == "service"),
    ("operation_type", "eq", "chat", lambda r: True),
    ("status_code", "eq", "error", lambda r: r.status == ERROR),
    ("status_code", "ne", "ERROR", lambda r: r.status != ERROR),
    ("status_code", "in", ["success", "429"], lambda r: r.status != ERROR or r.http_status == 429),
    ("status_code", "not_in", ["429", "500"], lambda r: r.http_status not in {429, 500}),
    ("status_code", "eq", "pending", lambda r: False),
]


async def test_W35_a_query_with_filters_and_conditions_on_rows_is_what_the_requests_say(database):
    latencies = [("request_count", ""), ("duration", "p90"), ("duration", "max"), ("error_rate", "")]
    for dimension, name, value, holds in FILTERS:
        asked = Value(string_value=value) if isinstance(value, str) else one_of(value)
        fields = {"filters": [{"dimension": dimension, "operator": name, "value": asked}], "group_by": ["model"]}
        expected = list(rr.points(filter(holds, REQUESTS), START, END, 86_400, ["model"]))
        for pairs in (latencies, [*latencies, ("total_tokens", "sum"), ("prompt_cost", "avg")]):
            found = await ask(database, metrics=selected(*pairs), **fields)
            assert found["metadata"]["total_rows"] == len(expected), (dimension, name)
            for row, (key, requests, seconds) in zip(found["data"], expected, strict=True):
                assert (row["timestamp"], row["model"]) == key
                for metric, aggregation in pairs:
                    own = {"request_count": "sum", "error_rate": "avg"}.get(metric, aggregation)
                    right = rr.metric(requests, metric, aggregation or None, seconds)
                    answer = row[f"{metric}_{own}"]
                    assert answer is right or math.isclose(answer, right, rel_tol=0.005_001, abs_tol=1e-12)


async def test_rows_meet_conditions_and_come_in_order(database):
    for name in COMPARISONS:
        await check_conditions(database, name)


async def check_conditions(database, name: str) -> None:
    points = list(rr.points(REQUESTS, START, END, 86_400, ["model", "user_id"]))
    counts = [len(requests) for _, requests, _ in points]
    middle = sorted(counts)[len(counts) // 2]
    right = sorted((c for c in counts if COMPARISONS[name](c, middle)), reverse=True)
    fields = {
        "metrics": [{"metric": "request_count", "alias": "n"}, {"metric": "prompt_tokens", "aggregation": "min"}],
        "group_by": ["model", "user_id"],
        "having": [{"metric": "request_count", "operator": name, "value": middle}],
    }
    found = await ask(database, **fields, sort_by={"field": "n", "descending": True}, limit=5)
    assert [row["n"] for row in found["data"]] == right[:5]
    assert (found["metadata"]["total_rows"], found["metadata"]["having_conditions"]) == (len(right), 1)
    by_user = await ask(database, **fields, sort_by={"field": "user_id"})
    users = [row["user_id"] for row in by_user["data"]]
    assert users == sorted(users, key=lambda user: (user is not None, user or ""))
    by_least = await ask(database, **fields, sort_by={"field": "prompt_tokens_min", "descending": True})
    least = [row["prompt_tokens_min"] for row in by_least["data"]]
    known = [value for value in least if value is not None]
    assert least == sorted(known, reverse=True) + [None] * (len(least) - len(known))


async def test_W10_a_query_holds_the_projects_of_the_caller_only(database):
    mine = Scope.of(["project-1"])
    for more in ([], [("prompt_tokens", "max")]):  # from rollups, and from single requests
        for project, expected in ((None, "project-1"), ("project-1", "project-1"), ("project-2", None)):
            found = await ask(
                database, mine, metrics=selected(("request_count", ""), *more), project_id=project or ""
            )
            right = [r for r in REQUESTS if r.context.project_id == expected]
            counts = [len(requests) for _, requests, _ in rr.points(right, START, END, 86_400)]
            assert [row["request_count_sum"] for row in found["data"]] == counts
    assert (await ask(database, Scope.of([]), metrics=selected(("request_count", ""))))["data"] == []
