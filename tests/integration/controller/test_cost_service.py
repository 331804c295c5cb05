"""CostService answers what brute force over every request gives, and refuses by name what it cannot answer."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime, timedelta

import grpc
import numpy as np
import pytest

from controller.store.migrate import open_database
from loadcell.rpc_errors import from_rpc_error
from loadcell.v1 import cost_pb2, cost_pb2_grpc
from tests.integration.store.priced_requests import DAY, some_contexts, store

NANO = 1e9
DIMENSIONS = ("provider", "model", "environment")


def spell(micros: int) -> str:
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros)).isoformat()


def day_of(micros: int):
    return datetime.fromtimestamp(micros // 1_000_000, UTC).date()


@pytest.fixture
async def world(start, place):
    """A controller, and requests of 30 days that ended two days ago."""
    controller = await start(database=place)
    now = datetime.now(UTC)
    midnight = int(now.replace(hour=0, minute=0, second=0, microsecond=0).timestamp()) * 1_000_000
    rng = np.random.default_rng(11)
    times = midnight - 2 * DAY - rng.integers(1, 30 * DAY, 400)
    database = await open_database(place)
    try:
        requests = await database.write(lambda c: store(c, some_contexts(rng, 8), times, 12))
    finally:
        await database.close()
    stub = cost_pb2_grpc.CostServiceStub(controller.channel)
    return stub, [request for request in requests if request.counted], midnight


def within(requests, start, end, **exact):
    return [
        request
        for request in requests
        if start <= request.ts < end and all(getattr(request.context, k) == v for k, v in exact.items())
    ]


def costs_by(requests, key):
    sums = defaultdict(int)
    for request in requests:
        sums[key(request)] += request.cost
    return sums


async def test_the_summary_is_what_every_request_gives(world):
    stub, requests, midnight = world
    start, end = midnight - 25 * DAY - 12_345_678_901, midnight - 3 * DAY + 98_765_432
    some = requests[0].context
    for exact in ({}, {"environment": some.environment}, {"project_id": some.project_id, "model": some.model}):
        asked = cost_pb2.GetCostSummaryRequest(start_time=spell(start), end_time=spell(end), top_limit=7, **exact)
        answer = await stub.GetCostSummary(asked)
        assert (answer.status, answer.meta.version) == ("success", "1.0")
        mine = within(requests, start, end, **exact)
        total, count = sum(r.cost for r in mine), len(mine)
        overview = answer.data.overview
        assert overview.total_requests == count > 0
        assert overview.total_tokens == sum(r.tokens for r in mine)
        assert overview.total_cost == pytest.approx(total / NANO)
        assert overview.prompt_cost == pytest.approx(sum(r.prompt for r in mine) / NANO)
        assert overview.completion_cost == pytest.approx(sum(r.completion for r in mine) / NANO)
        assert overview.avg_cost_per_request == pytest.approx(total / NANO / count)
        assert overview.avg_cost_per_1k_tokens == pytest.approx(total / NANO / overview.total_tokens * 1000)
        for name in DIMENSIONS:
            parts = costs_by(mine, lambda r, n=name: getattr(r.context, n))
            shares = getattr(answer.data, f"by_{name}")
            assert {s.name: round(s.cost * NANO) for s in shares} == parts
            assert [s.cost for s in shares] == sorted((s.cost for s in shares), reverse=True)
            assert sum(s.percentage for s in shares) == pytest.approx(100)
        days = costs_by(mine, lambda r: day_of(r.ts))
        daily = answer.data.trends.daily
        first = day_of(start)
        assert [p.date for p in daily] == [(first + timedelta(n)).isoformat() for n in range(24)]
        assert {p.date: round(p.cost * NANO) for p in daily if p.cost} == {
            d.isoformat(): cost for d, cost in days.items() if cost
        }
        weeks = costs_by(mine, lambda r: day_of(r.ts) - timedelta(day_of(r.ts).weekday()))
        assert {p.date: round(p.cost * NANO) for p in answer.data.trends.weekly if p.cost} == {
            d.isoformat(): cost for d, cost in weeks.items() if cost
        }
        whole = [days.get(first + timedelta(n), 0) for n in range(1, 23)]
        slope = np.polyfit(range(22), whole, 1)[0]
        assert answer.data.trends.growth_rate_daily == pytest.approx(slope / np.mean(whole) * 100)
        week, before = sum(whole[-7:]), sum(whole[-14:-7])
        assert overview.HasField("week_over_week_change") == bool(before)
        if before:
            assert overview.week_over_week_change == pytest.approx((week - before) / before * 100)
        top = sorted((r.cost for r in mine if r.cost), reverse=True)[:7]
        assert [round(t.cost * NANO) for t in answer.data.top_traces] == top


async def test_W27_every_parameter_makes_an_answer_of_its_own(world):
    stub, requests, midnight = world
    period = {"start_time": spell(midnight - 32 * DAY), "end_time": spell(midnight)}
    whole = await stub.GetCostSummary(cost_pb2.GetCostSummaryRequest(**period))
    assert len(whole.data.top_traces) == 10
    for name in ("user_id", "environment", "project_id", "provider", "model"):
        value = next(filter(None, (getattr(request.context, name) for request in requests)))
        part = await stub.GetCostSummary(cost_pb2.GetCostSummaryRequest(**period, **{name: value}))
        count = sum(getattr(request.context, name) == value for request in requests)
        assert 0 < part.data.overview.total_requests == count < whole.data.overview.total_requests
    few = await stub.GetCostSummary(cost_pb2.GetCostSummaryRequest(**period, top_limit=3))
    assert len(few.data.top_traces) == 3
    plain = cost_pb2.GetCostSummaryRequest(**period, include_trends=False, include_top_traces=False)
    without = (await stub.GetCostSummary(plain)).data
    assert not without.HasField("trends")
    assert not without.top_traces
    chosen = cost_pb2.GetCostSummaryRequest(**period, fields=["overview.total_cost"])
    only = (await stub.GetCostSummary(chosen)).data
    assert [field.name for field, _ in only.ListFields()] == ["overview"]
    assert [field.name for field, _ in only.overview.ListFields()] == ["total_cost"]


async def test_W37_attribution_divides_everything_and_cuts_off_last(world):
    for dimension in ("user", "team", "tag", "provider", "model", "environment"):
        await check_attribution(*world, dimension)


async def check_attribution(stub, requests, midnight, dimension):
    start, end = midnight - 20 * DAY + 1, midnight - 5 * DAY - 1
    mine = within(requests, start, end)
    total = sum(r.cost for r in mine)

    def names(request):
        context = request.context
        if dimension == "tag":
            return context.tags or ("untagged",)
        column = {"user": "user_id", "team": "project_id"}.get(dimension, dimension)
        return (getattr(context, column) or "anonymous",)

    groups = defaultdict(list)
    for request in mine:
        for name in names(request):
            groups[name].append(request)
    ranked = sorted(groups, key=lambda name: -sum(r.cost for r in groups[name]))
    for limit, least in ((1_000, 0), (2, 0), (1_000, sum(r.cost for r in groups[ranked[0]]) / NANO * 0.9)):
        answer = await stub.GetCostAttribution(
            cost_pb2.GetCostAttributionRequest(
                start_time=spell(start), end_time=spell(end), dimension=dimension, limit=limit, min_cost=least
            )
        )
        shown = [name for name in ranked if sum(r.cost for r in groups[name]) >= least * NANO][:limit]
        data = answer.data
        assert [item.dimension_value for item in data.items] == shown
        assert (data.metadata.total_items, data.summary.unique_items) == (len(shown), len(groups))
        assert (data.summary.total_requests, data.summary.total_cost) == (len(mine), pytest.approx(total / NANO))
        for item in data.items:
            group = groups[item.dimension_value]
            cost = sum(r.cost for r in group)
            assert item.total_cost == pytest.approx(cost / NANO)
            assert item.prompt_cost + item.completion_cost == pytest.approx(item.total_cost)
            assert (item.request_count, item.total_tokens) == (len(group), sum(r.tokens for r in group))
            assert item.cost_percentage == pytest.approx(cost / total * 100)
            assert item.avg_cost_per_request == pytest.approx(cost / NANO / len(group))
            for name in ("provider", "model"):
                parts = costs_by(group, lambda r, n=name: getattr(r.context, n))
                found = getattr(item, f"by_{name}")
                assert {key: round(value * NANO) for key, value in found.items()} == parts


async def test_analytics_and_breakdown_are_what_every_request_gives(world):
    for granularity, seconds in (("1min", 60), ("1hour", 3600), ("1day", 86400), ("raw", 1)):
        await check_over_time(*world, granularity, seconds)


async def check_over_time(stub, requests, midnight, granularity, seconds):
    start, end = midnight - 15 * DAY + 777, midnight - 4 * DAY - 5
    mine = within(requests, start, end)
    fields = {"start_time": spell(start), "end_time": spell(end), "granularity": granularity}
    analytics = (await stub.GetCostAnalytics(cost_pb2.GetCostAnalyticsRequest(**fields))).data
    assert analytics.request_count == len(mine)
    assert analytics.total_cost == pytest.approx(sum(r.cost for r in mine) / NANO)
    assert analytics.avg_cost_per_request == pytest.approx(analytics.total_cost / len(mine))
    points = costs_by(mine, lambda r: r.ts // (seconds * 1_000_000) * seconds)
    assert [(p.timestamp.seconds, round(p.total_cost * NANO)) for p in analytics.time_series] == sorted(
        points.items()
    )
    assert sum(p.request_count for p in analytics.time_series) == len(mine)
    breakdown = (await stub.GetCostBreakdown(cost_pb2.GetCostBreakdownRequest(**fields))).data
    assert breakdown.by_time == analytics.time_series
    for items, key in (
        (breakdown.by_model, lambda r: r.context.model),
        (breakdown.by_user, lambda r: r.context.user_id or "anonymous"),
        (breakdown.by_provider, lambda r: r.context.provider),
    ):
        parts = costs_by(mine, key)
        assert {item.dimension: round(item.total_cost * NANO) for item in items} == parts
        assert sum(item.percentage for item in items) == pytest.approx(100)
        assert [i.total_cost for i in items] == sorted((i.total_cost for i in items), reverse=True)


async def test_W37_the_forecast_counts_days_without_requests_and_its_intervals_follow_from_the_scatter(world):
    stub, requests, midnight = world
    start, end = midnight - 40 * DAY + 5, midnight + 7  # the first ten days had no requests
    asked = cost_pb2.GetCostForecastRequest(
        historical_start=spell(start), historical_end=spell(end), forecast_period="custom", forecast_days=11
    )
    data = (await stub.GetCostForecast(asked)).data
    days = costs_by(requests, lambda r: day_of(r.ts))
    first = day_of(start) + timedelta(1)
    past = [days.get(first + timedelta(n), 0) / NANO for n in range(39)]
    assert [(p.date, pytest.approx(p.cost)) for p in data.historical] == [
        ((first + timedelta(n)).isoformat(), pytest.approx(cost)) for n, cost in enumerate(past)
    ]
    slope, level = np.polyfit(range(39), past, 1)
    ahead = np.arange(39, 50)
    line = np.maximum(level + slope * ahead, 0)
    assert [p.forecasted_cost for p in data.forecast] == pytest.approx(line)
    assert [p.date for p in data.forecast] == [(first + timedelta(int(n))).isoformat() for n in ahead]
    assert data.metadata.forecast_start.seconds * 1_000_000 == midnight
    assert (data.metadata.forecast_days, data.metadata.model_type) == (11, "linear_regression")
    fitted = level + slope * np.arange(39)
    residuals = np.array(past) - fitted
    spread = ((np.arange(39) - 19) ** 2).sum()
    margin = 2.0261925 * np.sqrt((residuals**2).sum() / 37 * (1 + 1 / 39 + (ahead - 19) ** 2 / spread))
    assert [p.upper_bound for p in data.forecast] == pytest.approx(np.maximum(level + slope * ahead + margin, 0))
    assert [p.lower_bound for p in data.forecast] == pytest.approx(np.maximum(level + slope * ahead - margin, 0))
    summary = data.summary
    assert summary.total_forecasted_cost == pytest.approx(line.sum())
    assert summary.projected_monthly_cost == pytest.approx(line.mean() * 30)
    assert summary.r_squared == pytest.approx(1 - (residuals**2).sum() / ((past - np.mean(past)) ** 2).sum())
    known = np.array(past) > 0
    assert summary.mape == pytest.approx(np.abs(residuals[known] / np.array(past)[known]).mean() * 100)


async def test_forecasts_have_the_length_that_is_asked_for(controller):
    stub = cost_pb2_grpc.CostServiceStub(controller.channel)
    for name, days in (("", 30), ("next_week", 7), ("next_month", 30), ("next_quarter", 90)):
        plain = cost_pb2.GetCostForecastRequest(forecast_period=name, include_confidence_intervals=False)
        data = (await stub.GetCostForecast(plain)).data
        assert len(data.forecast) == data.metadata.forecast_days == days
        assert not any(p.HasField("lower_bound") or p.HasField("upper_bound") for p in data.forecast)


SUMMARY, ATTRIBUTION = cost_pb2.GetCostSummaryRequest, cost_pb2.GetCostAttributionRequest
FORECAST, ANALYTICS = cost_pb2.GetCostForecastRequest, cost_pb2.GetCostAnalyticsRequest
BREAKDOWN = cost_pb2.GetCostBreakdownRequest
LONG = {"start_time": "2025-01-01T00:00:00Z", "end_time": "2026-01-02T00:00:00Z"}
SOME = {"start_time": "now-7d", "end_time": "now", "dimension": "user"}


REFUSED = [
    (SUMMARY(start_time="now", end_time="now-1d"), "INVALID_DATE_RANGE", "end_time"),
    (SUMMARY(start_time="now-1d", end_time="now-1d"), "INVALID_DATE_RANGE", "end_time"),
    (SUMMARY(**LONG), "INVALID_DATE_RANGE", "start_time"),
    (SUMMARY(start_time="yesterday"), "INVALID_FIELD_FORMAT", "start_time"),
    (SUMMARY(end_time="2026-02-30T00:00:00Z"), "INVALID_FIELD_VALUE", "end_time"),
    (SUMMARY(end_time="9999-12-31T00:00:00Z"), "INVALID_FIELD_VALUE", "end_time"),
    (FORECAST(historical_end="9999-12-31T00:00:00Z"), "INVALID_FIELD_VALUE", "historical_end"),
    (SUMMARY(top_limit=0), "LIMIT_EXCEEDED", "top_limit"),
    (SUMMARY(top_limit=101), "LIMIT_EXCEEDED", "top_limit"),
    (SUMMARY(model="m" * 1_025), "INVALID_FIELD_VALUE", "model"),
    (SUMMARY(user_id="a\0b"), "INVALID_FIELD_VALUE", "user_id"),
    (SUMMARY(fields=["overview.nothing"]), "UNKNOWN_FIELD", "fields"),
    (ATTRIBUTION(end_time="now", dimension="user"), "MISSING_REQUIRED_FIELD", "start_time"),
    (ATTRIBUTION(start_time="now-1d", dimension="user"), "MISSING_REQUIRED_FIELD", "end_time"),
    (ATTRIBUTION(start_time="now-1d", end_time="now"), "MISSING_REQUIRED_FIELD", "dimension"),
    (ATTRIBUTION(**SOME | {"dimension": "1; DROP TABLE traces"}), "INVALID_FIELD_VALUE", "dimension"),
    (ATTRIBUTION(**SOME, limit=1_001), "LIMIT_EXCEEDED", "limit"),
    (ATTRIBUTION(**SOME, limit=0), "LIMIT_EXCEEDED", "limit"),
    (ATTRIBUTION(**SOME, min_cost=-0.1), "INVALID_FIELD_VALUE", "min_cost"),
    (ATTRIBUTION(**SOME, min_cost=float("nan")), "INVALID_FIELD_VALUE", "min_cost"),
    (ATTRIBUTION(**SOME | LONG), "INVALID_DATE_RANGE", "start_time"),
    (FORECAST(historical_start="now-6d"), "INVALID_DATE_RANGE", "historical_start"),
    (FORECAST(historical_start="now-366d"), "INVALID_DATE_RANGE", "historical_start"),
    (FORECAST(historical_end="x"), "INVALID_FIELD_FORMAT", "historical_end"),
    (FORECAST(historical_start="now", historical_end="now"), "INVALID_DATE_RANGE", "historical_end"),
    (FORECAST(forecast_period="next_year"), "INVALID_FIELD_VALUE", "forecast_period"),
    (FORECAST(forecast_period="custom"), "MISSING_REQUIRED_FIELD", "forecast_days"),
    (FORECAST(forecast_period="custom", forecast_days=366), "INVALID_FIELD_VALUE", "forecast_days"),
    (FORECAST(forecast_period="custom", forecast_days=0), "INVALID_FIELD_VALUE", "forecast_days"),
    (FORECAST(forecast_days=5), "INVALID_FIELD_VALUE", "forecast_days"),
    (ANALYTICS(granularity="fortnight"), "INVALID_FIELD_VALUE", "granularity"),
    (ANALYTICS(start_time="now-300d", granularity="1min"), "LIMIT_EXCEEDED", "granularity"),
    (BREAKDOWN(**LONG), "INVALID_DATE_RANGE", "start_time"),
]


async def test_W36_what_cannot_be_answered_is_refused_by_name(controller):
    stub = cost_pb2_grpc.CostServiceStub(controller.channel)
    for request, reason, field in REFUSED:
        method = getattr(stub, type(request).__name__.removesuffix("Request"))
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await method(request)
        error = from_rpc_error(refused.value)
        assert (error.reason, error.field) == (reason, field), (request, error.message)


async def test_without_requests_everything_is_zero_and_nothing_is_made_up(controller):
    stub = cost_pb2_grpc.CostServiceStub(controller.channel)
    summary = (await stub.GetCostSummary(SUMMARY())).data
    assert summary.overview == cost_pb2.CostOverview()
    assert not summary.trends.HasField("growth_rate_daily")
    assert (await stub.GetCostAttribution(ATTRIBUTION(**SOME))).data.summary == cost_pb2.CostAttributionSummary()
    forecast = (await stub.GetCostForecast(FORECAST())).data
    assert {p.forecasted_cost for p in forecast.forecast} == {0.0}
    assert not forecast.summary.HasField("mape")
    assert not (await stub.GetCostAnalytics(ANALYTICS())).data.time_series
