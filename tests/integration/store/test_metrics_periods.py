"""Summary, performance, quality and optimization are what the requests say, one by one."""

from __future__ import annotations

import math
from collections import Counter
from itertools import pairwise

import pytest
from sqlalchemy import insert

from controller.query.metrics.optimization import get_optimization
from controller.query.metrics.performance import get_performance
from controller.query.metrics.quality import get_quality
from controller.query.metrics.summary import get_summary
from controller.scope import Scope
from controller.store.schema_queries import feedback
from loadcell.documents import render
from loadcell.stats.advice import Thresholds
from loadcell.stats.columns import ERROR, OK
from loadcell.v1 import metrics_pb2
from tests.integration.store import random_requests as rr
from tests.integration.store.random_requests import BEGIN, DAY, HOUR, NOW, SECOND, text

REQUESTS = rr.random_requests(400, seed=7)
START, END = BEGIN + DAY + 3 * HOUR // 2 + 17, BEGIN + 2 * DAY + 5 * HOUR + 12_345_678
TIMES = {"start_time": text(START), "end_time": text(END)}
EVERYTHING = Scope.everything()
WORDS = {1: "connect", 2: "dns", 3: "tls", 4: "timeout"}


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def database(request):
    with rr.stored(request, REQUESTS) as database:
        yield database


async def ask(database, function, request, scope=EVERYTHING, now=NOW) -> dict:
    return render((await database.read(lambda c: function(c, request, scope, now))).data)


def counted(start=START, end=END, **context) -> list[rr.Request]:
    return [
        request
        for request in REQUESTS
        if start <= request.ts < end
        and request.status in {OK, ERROR}
        and all(getattr(request.context, name) == value for name, value in context.items())
    ]


def near(answer, right, off=1e-9) -> bool:
    if answer is None or right is None:
        return answer is right
    return math.isclose(answer, right, rel_tol=off, abs_tol=1e-12)


def check_period(found: dict, requests: list[rr.Request], seconds: float) -> None:
    def metric(name, aggregation=None):
        return rr.metric(requests, name, aggregation, seconds)

    assert found["total_requests"] == len(requests)
    assert found["total_tokens"] == metric("total_tokens")
    assert near(found["total_cost_usd"], metric("total_cost"))
    assert near(found["avg_duration_ms"], metric("duration"))
    assert near(found["p95_duration_ms"], metric("duration", "p95"), 0.005_001)
    assert near(found["error_rate"], metric("error_rate"))
    assert near(found["success_rate"], metric("success_rate"))
    assert (found["unique_users"], found["unique_sessions"]) == (metric("unique_users"), metric("unique_sessions"))


async def test_W35_a_summary_has_its_top_items_and_the_period_before(database):
    found = await ask(database, get_summary, metrics_pb2.GetMetricsSummaryRequest(**TIMES))
    requests, earlier = counted(), counted(2 * START - END, START)
    assert requests
    assert earlier
    seconds = (END - START) / SECOND
    check_period(found["current_period"], requests, seconds)
    check_period(found["previous_period"], earlier, seconds)
    assert near(found["changes"]["requests_change_pct"], 100 * (len(requests) / len(earlier) - 1))
    models: dict[tuple[str, str], list[rr.Request]] = {}
    for request in requests:
        models.setdefault((request.context.provider, request.context.model), []).append(request)
    for name, metric, aggregation in (
        ("by_cost", "total_cost", "sum"),
        ("by_requests", "request_count", None),
        ("by_duration", "duration", "avg"),
        ("by_errors", "error_count", None),
    ):
        values = {key: rr.metric(some, metric, aggregation, seconds) or 0 for key, some in models.items()}
        right = sorted(((v, k) for k, v in values.items() if v), key=lambda pair: (-pair[0], pair[1]))[:10]
        items = found["top_items"][name]
        assert [(item["provider"], item["model"]) for item in items] == [key for _, key in right]
        assert all(near(item["value"], value) for item, (value, _) in zip(items, right, strict=True))
        shares = [100 * value / sum(values.values()) for value, _ in right]
        if name == "by_duration":
            assert [item["percentage"] for item in items] == [None] * len(items)
        else:
            assert all(near(item["percentage"], share) for item, share in zip(items, shares, strict=True))
    check_errors(found["quality"]["most_common_errors"], "status_code", requests)
    failed = sum(request.status == ERROR for request in requests)
    assert (found["quality"]["error_count"], found["quality"]["success_count"]) == (failed, len(requests) - failed)


def check_errors(found: list[dict], name: str, requests: list[rr.Request]) -> None:
    classes = Counter(request.error_class for request in requests if request.status == ERROR)
    right = sorted(classes.items(), key=lambda item: (-item[1], item[0]))
    assert [(kind[name], kind["count"]) for kind in found] == [(WORDS[number], count) for number, count in right]
    assert all(near(kind["percentage"], 100 * kind["count"] / classes.total()) for kind in found)
    messages = {kind[name]: kind["sample_message"] for kind in found}
    newest = {r.error_class: r for r in sorted(requests, key=lambda r: r.ts) if r.status == ERROR}
    assert messages == {WORDS[n]: None if n == 4 else rr.message(newest[n]) for n in classes}


async def test_messages_are_those_of_failures_within_the_period(database):
    by_class: dict[int, list[rr.Request]] = {}
    for request in sorted(REQUESTS, key=lambda r: r.ts):
        if request.status == ERROR and request.error_class != 4:
            by_class.setdefault(request.error_class, []).append(request)
    pairs = [pair for some in by_class.values() for pair in pairwise(some)]
    between = [after.ts for last, after in pairs if last.ts // HOUR == after.ts // HOUR]
    assert between
    for time in between[:8]:
        for start, end in ((BEGIN, time), (time, NOW)):
            asked = metrics_pb2.GetQualityRequest(start_time=text(start), end_time=text(end))
            found = await ask(database, get_quality, asked)
            check_errors(found["error_breakdown"], "error_type", counted(start, end))


async def test_a_summary_of_nothing_and_one_without_the_period_before(database):
    empty = metrics_pb2.GetMetricsSummaryRequest(start_time=text(BEGIN - 9 * DAY), end_time=text(BEGIN - 8 * DAY))
    found = await ask(database, get_summary, empty)
    assert found["current_period"]["p95_duration_ms"] is None
    assert found["changes"] == dict.fromkeys(found["changes"], 0)
    assert found["top_items"] == {"by_cost": [], "by_requests": [], "by_duration": [], "by_errors": []}
    alone = metrics_pb2.GetMetricsSummaryRequest(**TIMES, compare_previous_period=False, model="model-2")
    found = await ask(database, get_summary, alone)
    assert (found["previous_period"], found["changes"]) == (None, None)
    check_period(found["current_period"], counted(model="model-2"), (END - START) / SECOND)


async def test_W35_performance_has_percentiles_at_every_granularity(database):
    for granularity, width in (("", 3_600), ("5min", 300), ("raw", 1)):
        await check_performance(database, granularity, width)


async def check_performance(database, granularity: str, width: int) -> None:
    request = metrics_pb2.GetPerformanceRequest(**TIMES, granularity=granularity, user_id="ann")
    found = await ask(database, get_performance, request)
    requests = counted(user_id="ann")
    seconds = (END - START) / SECOND
    assert found["request_count"] == len(requests)
    assert near(found["throughput_rps"], len(requests) / seconds)
    generated = sum(max(r.completion_tokens, 0) for r in requests)
    assert near(found["tokens_per_second"], 1_000 * generated / rr.metric(requests, "duration", "sum", 1))
    expected = list(rr.points(requests, START, END, width))
    check_latencies(found, requests, 0.005_001)
    for point, (key, some, width_seconds) in zip(found["time_series"], expected, strict=True):
        assert point["timestamp"][:19] == key[0][:19]
        assert point["request_count"] == len(some)
        assert point["total_tokens"] == rr.metric(some, "total_tokens", "sum", 1)
        assert near(point["throughput_rps"], len(some) / width_seconds)
        check_latencies(point, some, 1e-9 if granularity == "raw" else 0.005_001)


def check_latencies(found: dict, requests: list[rr.Request], off: float) -> None:
    for name in ("avg", "min", "max", "p50", "p95", "p99"):
        right = rr.metric(requests, "duration", name, 1)
        assert near(found[f"{name}_latency_ms"], right, off if name[0] == "p" else 1e-9)


async def test_W35_quality_has_the_true_error_rate_and_the_feedback(database):
    requests = counted(environment="production")
    judged = [*requests[::3], *counted(BEGIN, START)[:5]]
    scores = [number % 11 / 10 for number in range(len(judged))]
    names = ("run_key", "level", "warmup", "ordinal", "lease_key")
    rows = [
        dict(zip(names, request.key, strict=True))
        | {"score": None if number % 4 == 3 else score, "resolved": [True, False, None][number % 3]}
        | {"comment": "", "user_id": None, "created_at": request.ts + SECOND}
        for number, (request, score) in enumerate(zip(judged, scores, strict=True))
    ]
    await database.write(lambda c: c.execute(insert(feedback), rows))
    request = metrics_pb2.GetQualityRequest(**TIMES, environment="production", granularity="1day")
    found = await ask(database, get_quality, request)
    failed = sum(request.status == ERROR for request in requests)
    assert (found["total_requests"], found["failed_requests"]) == (len(requests), failed)
    assert near(found["error_rate"], failed / len(requests))
    assert near(found["success_rate"], 1 - failed / len(requests))
    mine = rows[: len(requests[::3])]
    known = [row["score"] for row in mine if row["score"] is not None]
    assert near(found["avg_feedback_score"], sum(known) / len(known))
    said = [row["resolved"] for row in mine if row["resolved"] is not None]
    assert near(found["resolution_rate"], sum(said) / len(said))
    check_errors(found["error_breakdown"], "error_type", requests)
    expected = list(rr.points(requests, START, END, 86_400))
    for point, (key, some, _) in zip(found["time_series"], expected, strict=True):
        assert (point["timestamp"][:19], point["request_count"]) == (key[0][:19], len(some))
        assert near(point["error_rate"], sum(r.status == ERROR for r in some) / len(some))
    nothing = metrics_pb2.GetQualityRequest(**TIMES, model="none")
    found = await ask(database, get_quality, nothing)
    rates = ("success_rate", "error_rate", "avg_feedback_score", "resolution_rate")
    assert [found[name] for name in rates] == [None] * 4


async def test_advice_follows_the_thresholds(database):
    requests = counted()
    request = metrics_pb2.GetOptimizationRequest(**TIMES)

    async def advise(thresholds: Thresholds) -> dict:
        return await ask(database, lambda *question: get_optimization(*question, thresholds), request)

    found = await advise(Thresholds(cost_usd=1, latency_ms=1e9, error_rate=1))
    assert [found[f"{kind}_optimizations"] for kind in ("cost", "performance", "quality")] == [[], [], []]
    found = await advise(Thresholds(cost_usd=1e-9, latency_ms=1e-9, error_rate=0))
    saved = found["cost_optimizations"][0]["potential_savings"]
    assert near(saved, 0.3 * rr.metric(requests, "total_cost", "sum", 1))
    mean = rr.metric(requests, "duration", "avg", 1)
    assert f"{mean:.4g} ms" in found["performance_optimizations"][0]["description"]
    assert found["quality_optimizations"][0]["priority"] == 1
    good = await advise(Thresholds(good_cost_usd=1, good_latency_ms=1e9, good_success_rate=0))
    assert good["overall_score"] == 1
    nothing = metrics_pb2.GetOptimizationRequest(**TIMES, model="none")
    assert (await ask(database, lambda *q: get_optimization(*q, Thresholds()), nothing))["overall_score"] is None


async def test_W19_no_answer_holds_requests_of_other_projects(database):
    mine = Scope.of(["project-1"])
    right = len(counted(project_id="project-1"))
    assert 0 < right < len(counted())
    summary = await ask(database, get_summary, metrics_pb2.GetMetricsSummaryRequest(**TIMES), mine)
    assert summary["current_period"]["total_requests"] == right
    for granularity in ("1day", "raw"):
        request = metrics_pb2.GetPerformanceRequest(**TIMES, granularity=granularity)
        performance = await ask(database, get_performance, request, mine)
        assert performance["request_count"] == right
        assert sum(point["request_count"] for point in performance["time_series"]) == right
    quality = await ask(database, get_quality, metrics_pb2.GetQualityRequest(**TIMES), mine)
    failed = sum(request.status == ERROR for request in counted(project_id="project-1"))
    assert (quality["total_requests"], sum(kind["count"] for kind in quality["error_breakdown"])) == (
        right,
        failed,
    )
    nobody = await ask(database, get_quality, metrics_pb2.GetQualityRequest(**TIMES), Scope.of([]))
    assert (nobody["total_requests"], nobody["error_breakdown"]) == (0, [])
