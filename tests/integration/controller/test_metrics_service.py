"""Metrics over gRPC: the envelope, the choice of fields, and what is refused."""

from __future__ import annotations

import math

import grpc
import pytest
from google.protobuf.struct_pb2 import ListValue, Value

from loadcell.rpc_errors import from_rpc_error
from loadcell.v1 import metrics_pb2, metrics_pb2_grpc

GET, SUMMARY, QUERY = (
    metrics_pb2.GetMetricsRequest,
    metrics_pb2.GetMetricsSummaryRequest,
    metrics_pb2.QueryMetricsRequest,
)
PERFORMANCE, QUALITY, OPTIMIZATION = (
    metrics_pb2.GetPerformanceRequest,
    metrics_pb2.GetQualityRequest,
    metrics_pb2.GetOptimizationRequest,
)
METHODS = {
    GET: "GetMetrics",
    SUMMARY: "GetMetricsSummary",
    QUERY: "QueryMetrics",
    PERFORMANCE: "GetPerformance",
    QUALITY: "GetQuality",
    OPTIMIZATION: "GetOptimization",
    metrics_pb2.GetMetricRequest: "GetMetric",
}


# Requests of an agent that follows a script may begin a little later than they end.
AROUND_NOW = {"start_time": "now-1d", "end_time": "now+1d"}


async def ask(controller, request):
    stub = metrics_pb2_grpc.MetricsServiceStub(controller.channel)
    return await getattr(stub, METHODS[type(request)])(request)


async def refusal(controller, request) -> tuple[str, str | None]:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await ask(controller, request)
    error = from_rpc_error(refused.value)
    return error.reason, error.field


async def test_every_method_answers_about_a_run(controller):
    await controller.agent(fail_requests=1)
    run_id = await controller.create(model="m", project_id="p")
    await controller.ended(run_id)
    asked = {"metrics": ["request_count,error_count", "duration"], "group_by": ["model"]}
    answer = await ask(controller, GET(**asked, **AROUND_NOW))
    assert (answer.status, answer.meta.version, answer.data.metadata.data_source) == (
        "success",
        "1.0",
        "aggregate",
    )
    rows = answer.data.data
    assert {row["model"] for row in rows} == {"m"}
    assert (sum(row["request_count"] for row in rows), sum(row["error_count"] for row in rows)) == (10, 1)
    described = await ask(controller, metrics_pb2.GetMetricRequest(metric_id="duration"))
    assert (described.data.unit, described.data.default_aggregation) == ("milliseconds", "avg")
    summary = (await ask(controller, SUMMARY(**AROUND_NOW))).data
    assert (summary.current_period.total_requests, summary.previous_period.total_requests) == (10, 0)
    assert summary.changes.requests_change_pct == 100
    assert [item.model for item in summary.top_items.by_requests] == ["m"]
    query = QUERY(metrics=[{"metric": "request_count"}], interval="1day", **AROUND_NOW)
    assert sum(row["request_count_sum"] for row in (await ask(controller, query)).data.data) == 10
    assert (await ask(controller, PERFORMANCE(project_id="p", **AROUND_NOW))).data.request_count == 10
    assert (await ask(controller, PERFORMANCE(project_id="q", **AROUND_NOW))).data.request_count == 0
    quality = (await ask(controller, QUALITY(granularity="raw", **AROUND_NOW))).data
    assert (quality.failed_requests, quality.error_rate) == (1, pytest.approx(0.1))
    assert sum(point.request_count for point in quality.time_series) == 10
    advice = (await ask(controller, OPTIMIZATION(**AROUND_NOW))).data
    assert [one.title for one in advice.quality_optimizations] == ["Find out why requests fail"]


async def test_W46_only_the_chosen_fields_are_set(controller):
    answer = await ask(controller, PERFORMANCE(fields=["request_count,time_series.timestamp"]))
    assert {field.name for field, _ in answer.data.ListFields()} <= {"request_count", "time_series"}
    answer = await ask(controller, GET(metrics=["duration"], fields=["metadata.interval"]))
    assert [field.name for field, _ in answer.data.ListFields()] == ["metadata"]
    assert [field.name for field, _ in answer.data.metadata.ListFields()] == ["interval"]
    answer = await ask(controller, GET(metrics=["duration", "total_cost"], fields=["data.total_cost"]))
    assert {key for point in answer.data.data for key in point} <= {"total_cost"}


def select(**fields) -> QUERY:
    required = {
        "interval": "1hour",
        "start_time": "now-1h",
        "end_time": "now",
        "metrics": [{"metric": "duration"}],
    }
    return QUERY(**(required | fields))


def filtered(dimension, operator, value) -> QUERY:
    return select(filters=[{"dimension": dimension, "operator": operator, "value": value}])


WORD, LIST = Value(string_value="x"), Value(list_value=ListValue(values=[Value(string_value="x")]))
INVALID, FORMAT, MISSING, LIMIT, RANGE, UNKNOWN = (
    "INVALID_FIELD_VALUE",
    "INVALID_FIELD_FORMAT",
    "MISSING_REQUIRED_FIELD",
    "LIMIT_EXCEEDED",
    "INVALID_DATE_RANGE",
    "UNKNOWN_FIELD",
)
REFUSED = [
    (GET(), MISSING, "metrics"),
    (GET(metrics=["nothing"]), INVALID, "metrics"),
    (GET(metrics=["a\0b"]), INVALID, "metrics"),
    (GET(metrics=[",".join(f"m{n}" for n in range(21))]), LIMIT, "metrics"),
    (GET(metrics=["duration"], interval="2hours"), INVALID, "interval"),
    (GET(metrics=["duration"], aggregation="p98"), INVALID, "aggregation"),
    (GET(metrics=["duration"], group_by=["project_id"]), INVALID, "group_by"),
    (GET(metrics=["duration"], group_by=[f"d{n}" for n in range(6)]), LIMIT, "group_by"),
    (GET(metrics=["duration"], fill_value="0"), INVALID, "fill_value"),
    (GET(metrics=["duration"], fill_value="next", fill_gaps=True), INVALID, "fill_value"),
    (GET(metrics=["duration"], model="m\0"), INVALID, "model"),
    (GET(metrics=["duration"], user_id="u" * 1_025), INVALID, "user_id"),
    (GET(metrics=["duration"], start_time="yesterday"), FORMAT, "start_time"),
    (GET(metrics=["duration"], end_time="2026-02-30T00:00:00Z"), INVALID, "end_time"),
    (GET(metrics=["duration"], end_time="0001-01-01T00:00:00Z"), INVALID, "end_time"),
    (GET(metrics=["duration"], start_time="now", end_time="now-1s"), RANGE, "end_time"),
    (GET(metrics=["duration"], start_time="now-91d"), RANGE, "start_time"),
    (GET(metrics=["duration"], start_time="now-80d", interval="1min", fill_gaps=True), LIMIT, "interval"),
    (GET(metrics=["duration"], fields=["metadata.nothing"]), UNKNOWN, "fields"),
    (SUMMARY(start_time="now-91d"), RANGE, "start_time"),
    (SUMMARY(provider="\0"), INVALID, "provider"),
    (PERFORMANCE(granularity="hourly"), INVALID, "granularity"),
    (QUALITY(granularity="1week"), INVALID, "granularity"),
    (OPTIMIZATION(granularity="1week"), INVALID, "granularity"),
    (OPTIMIZATION(fields=["x"]), UNKNOWN, "fields"),
    (QUERY(), MISSING, "interval"),
    (select(end_time=""), MISSING, "end_time"),
    (select(metrics=[]), MISSING, "metrics"),
    (select(metrics=[{"metric": "duration", "alias": f"a{n}"} for n in range(21)]), LIMIT, "metrics"),
    (select(metrics=[{}]), MISSING, "metrics[0].metric"),
    (select(metrics=[{"metric": "error_rate", "aggregation": "p95"}]), INVALID, "metrics[0].aggregation"),
    (select(metrics=[{"metric": "duration", "alias": "a-b"}]), INVALID, "metrics[0].alias"),
    (select(metrics=[{"metric": "duration", "alias": "timestamp"}]), INVALID, "metrics[0].alias"),
    (select(metrics=[{"metric": "duration"}, {"metric": "duration"}]), INVALID, "metrics[1].alias"),
    (select(limit=0), LIMIT, "limit"),
    (select(limit=10_001), LIMIT, "limit"),
    (select(sort_by={"descending": True}), MISSING, "sort_by.field"),
    (select(sort_by={"field": "cost"}), INVALID, "sort_by.field"),
    (select(having=[{"metric": "duration", "operator": "gt"}]), MISSING, "having[0].value"),
    (select(having=[{"metric": "duration", "operator": "gt", "value": math.nan}]), INVALID, "having[0].value"),
    (select(having=[{"metric": "duration", "operator": ">", "value": 1}]), INVALID, "having[0].operator"),
    (select(having=[{"metric": "duration", "operator": "gt", "value": 1}] * 11), LIMIT, "having"),
    (filtered("colour", "eq", WORD), INVALID, "filters[0].dimension"),
    (filtered("model", "like", WORD), INVALID, "filters[0].operator"),
    (filtered("model", "in", WORD), FORMAT, "filters[0].value"),
    (filtered("model", "eq", LIST), FORMAT, "filters[0].value"),
    (filtered("model", "eq", Value(number_value=math.nan)), FORMAT, "filters[0].value"),
    (filtered("model", "eq", Value(string_value="a\0b")), INVALID, "filters[0].value"),
    (filtered("model", "in", Value(list_value=ListValue(values=[WORD] * 101))), LIMIT, "filters[0].value"),
    (filtered("status_code", "eq", Value(number_value=math.nan)), INVALID, "filters[0].value"),
    (filtered("status_code", "eq", Value(string_value="done")), INVALID, "filters[0].value"),
    (select(filters=[{"dimension": "model", "operator": "eq", "value": WORD}] * 21), LIMIT, "filters"),
    (metrics_pb2.GetMetricRequest(metric_id="x"), "RESOURCE_NOT_FOUND", "metric_id"),
]


async def test_W45_what_is_wrong_is_refused_and_named(controller):
    for request, reason, field in REFUSED:
        assert await refusal(controller, request) == (reason, field), request
