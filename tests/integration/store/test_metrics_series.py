"""Metrics over time are what the requests say, one by one."""

from __future__ import annotations

import math

import pytest

from controller.query.metrics.catalog import AGGREGATIONS, METRICS, PERCENTS
from controller.query.metrics.series import get_metrics
from controller.scope import Scope
from controller.store.schema_queries import rollups
from loadcell.documents import render
from loadcell.stats.columns import ERROR, OK
from loadcell.v1 import metrics_pb2
from tests.integration.store import random_requests as rr
from tests.integration.store.random_requests import BEGIN, DAY, HOUR, NOW, SECOND, text

EVERYTHING = Scope.everything()
REQUESTS = rr.random_requests(700, seed=5)
UNALIGNED = {
    "start_time": text(BEGIN + 7 * HOUR + 1_234_567),
    "end_time": text(BEGIN + 2 * DAY + 3 * HOUR + 59_999_999),
}
WHOLE_DAYS = {"start_time": text(BEGIN), "end_time": text(BEGIN + 3 * DAY)}
INTERVALS = {"1min": 60, "5min": 300, "1hour": 3_600, "1day": 86_400}


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def database(request):
    with rr.stored(request, REQUESTS) as database:
        yield database


async def ask(database, scope=EVERYTHING, now=NOW, **fields) -> dict:
    request = metrics_pb2.GetMetricsRequest(**fields)
    return render((await database.read(lambda c: get_metrics(c, request, scope, now))).data)


def bounds(fields) -> tuple[int, int]:
    known = {text(at): at for at in (BEGIN, BEGIN + 3 * DAY)}
    known[UNALIGNED["start_time"]] = BEGIN + 7 * HOUR + 1_234_567
    known[UNALIGNED["end_time"]] = BEGIN + 2 * DAY + 3 * HOUR + 59_999_999
    return known[fields["start_time"]], known[fields["end_time"]]


CASES = [
    ("1hour", WHOLE_DAYS, (), {}),
    ("1min", UNALIGNED, (), {"provider": "openai", "environment": "staging"}),
    ("5min", UNALIGNED, ("provider",), {"model": "model-1"}),
    ("1hour", UNALIGNED, ("model", "user_id"), {}),
    ("1day", WHOLE_DAYS, ("status_code", "model"), {}),
    ("1day", UNALIGNED, ("session_id", "status_code"), {"user_id": "zoë"}),
    ("1day", UNALIGNED, ("environment",), {"provider": "openai", "model": "model-1", "project_id": "project-1"}),
    ("1hour", UNALIGNED, (), {"model": "none"}),
]
ROLLED_UP = ("duration", "time_to_first_token", "total_cost", "total_tokens")


async def test_W35_every_metric_and_aggregation_is_what_the_requests_say(database):
    for interval, times, group_by, filters in CASES:
        start, end = bounds(times)
        chosen = [r for r in REQUESTS if all(getattr(r.context, name) == filters[name] for name in filters)]
        expected = list(rr.points(chosen, start, end, INTERVALS[interval], group_by))
        keys = [key for key, _, _ in expected]
        for aggregation in (None, *AGGREGATIONS):
            names = [*METRICS] if aggregation is None else [name for name in METRICS if name in rr.VALUES]
            # Rollups do not tell tokens and costs of failures from those of successes.
            rolled_up = ROLLED_UP[: 2 if "status_code" in group_by else 4]
            for asked, sources in ((names, {"aggregate", "raw"}), (rolled_up, {"aggregate"})):
                found = await ask(
                    database,
                    metrics=asked,
                    interval=interval,
                    group_by=group_by,
                    aggregation=aggregation or "",
                    **times,
                    **filters,
                )
                source = found["metadata"]["data_source"]
                assert source in sources
                assert found["metadata"]["total_points"] == len(expected)
                assert [tuple(row[key] for key in ("timestamp", *group_by)) for row in found["data"]] == keys
                for row, (_, requests, seconds) in zip(found["data"], expected, strict=True):
                    for name in asked:
                        right = rr.metric(requests, name, aggregation, seconds)
                        assert is_right(row[name], right, accuracy(source, aggregation, name)), (name, aggregation)


def accuracy(source: str, aggregation: str | None, name: str) -> float:
    """How far an answer may be off: the sketches promise 0.5 %."""
    sketched = aggregation in PERCENTS or (aggregation in {"min", "max"} and name != "duration")
    return 0.005_001 if source == "aggregate" and sketched else 1e-9


def is_right(answer: float | None, right: float | None, off: float) -> bool:
    if answer is None or right is None:
        return answer is right
    return math.isclose(answer, right, rel_tol=off, abs_tol=1e-12)


async def test_answers_stay_right_when_minutes_and_hours_are_no_longer_kept(database):
    asked = {"metrics": ["request_count", "duration", "total_cost"], "interval": "1day", "aggregation": "p90"}
    before = await ask(database, **asked, **UNALIGNED)

    def without(connection):
        with connection.begin_nested() as kept:
            old = (rollups.c.bucket * rollups.c.grain * SECOND < BEGIN + DAY) & (rollups.c.grain < 86_400)
            connection.execute(rollups.delete().where(old))
            request = metrics_pb2.GetMetricsRequest(**asked, **UNALIGNED)
            found = get_metrics(connection, request, EVERYTHING, NOW)
            kept.rollback()
        return render(found.data)

    assert await database.write(without) == before


async def test_gaps_are_filled_as_asked_for_each_group(database):
    asked = {"metrics": ["request_count", "duration"], "interval": "1hour", "group_by": ["provider"], **UNALIGNED}
    start, end = bounds(UNALIGNED)
    plain = {(row["timestamp"], row["provider"]): row for row in (await ask(database, **asked))["data"]}
    hours = range(start // HOUR * HOUR, end, HOUR)
    keys = [(text(hour), provider) for hour in hours for provider in ("anthropic", "openai")]
    assert 0 < len(plain) < len(keys)
    for how in ("", "0", "previous", "interpolate"):
        found = await ask(database, **asked, fill_gaps=True, fill_value=how)
        assert found["metadata"]["total_points"] == len(keys)
        assert [(row["timestamp"], row["provider"]) for row in found["data"]] == keys
        for provider in ("anthropic", "openai"):
            series = [row for row in found["data"] if row["provider"] == provider]
            present = [(row["timestamp"], provider) in plain for row in series]
            for position, row in enumerate(series):
                if present[position]:
                    assert row == plain[row["timestamp"], provider]
                    continue
                before = [n for n in range(position) if present[n]]
                after = [n for n in range(position + 1, len(series)) if present[n]]
                right = {"": None, "0": 0}.get(how)
                if how == "previous" and before:
                    right = series[before[-1]]["request_count"]
                if how == "interpolate" and before and after:
                    (low, high), counts = (before[-1], after[0]), [row["request_count"] for row in series]
                    right = counts[low] + (counts[high] - counts[low]) * (position - low) / (high - low)
                assert is_right(row["request_count"], right, 1e-9)


async def test_one_series_without_requests_is_all_gaps(database):
    found = await ask(database, metrics=["duration"], model="none", fill_gaps=True, fill_value="0", **WHOLE_DAYS)
    assert [row["duration"] for row in found["data"]] == [0] * 72


async def test_an_end_that_has_not_come_yet_needs_no_single_requests(database):
    asked = {"metrics": ["request_count"], "interval": "1day", "start_time": text(BEGIN)}
    now = max(request.ts for request in REQUESTS) + 1
    found = await ask(database, now=now, **asked)
    assert sum(row["request_count"] for row in found["data"]) == sum(r.status in {OK, ERROR} for r in REQUESTS)


async def test_W11_every_interval_has_every_dimension(database):
    dimensions = ["provider", "model", "environment", "user_id", "session_id"]
    await check_dimensions(database, dimensions)
    await check_dimensions(database, ["service_name", "model"])


async def check_dimensions(database, dimensions):
    for interval in INTERVALS:
        asked = {"metrics": ["request_count", "prompt_cost", "success_count"], "interval": interval}
        found = await ask(database, **asked, group_by=dimensions, **WHOLE_DAYS)
        assert found["metadata"]["data_source"] == "aggregate"
        counts: dict[tuple, int] = {}
        for row in found["data"]:
            key = tuple(row[name] for name in dimensions)
            counts[key] = counts.get(key, 0) + row["request_count"]
        right: dict[tuple, int] = {}
        for request in REQUESTS:
            if request.status in {OK, ERROR} and BEGIN <= request.ts < BEGIN + 3 * DAY:
                key = tuple(rr.dimension(request, name) for name in dimensions)
                right[key] = right.get(key, 0) + 1
        assert counts == right


async def test_W16_all_filters_are_applied_together(database):
    wanted = REQUESTS[0].context
    names = ("provider", "model", "environment", "user_id", "project_id")
    filters = {name: getattr(wanted, name) for name in names if getattr(wanted, name) is not None}
    found = await ask(database, metrics=["request_count"], interval="1day", **filters, **WHOLE_DAYS)
    mine = [r for r in REQUESTS if all(getattr(r.context, name) == value for name, value in filters.items())]
    right = [len(some) for _, some, _ in rr.points(mine, BEGIN, BEGIN + 3 * DAY, 86_400)]
    assert [row["request_count"] for row in found["data"]] == right
