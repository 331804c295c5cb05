"""What is said of models is what the requests, runs and prices say."""

from __future__ import annotations

import math

import pytest
from sqlalchemy import insert

from controller.query.models.compare import compare_models
from controller.query.models.listing import get_model, list_models
from controller.query.models.usage import get_usage
from controller.scope import Scope
from controller.store.contexts import intern_context
from controller.store.schema import benchmark_runs, traces
from loadcell.documents import render
from loadcell.errors import LoadcellError
from loadcell.stats.columns import ERROR, OK
from loadcell.stats.pricing import SEED_PRICES
from loadcell.v1 import model_pb2, result_pb2
from tests.integration.store import random_requests as rr
from tests.integration.store.random_requests import BEGIN, DAY, HOUR, NOW, SECOND, text

REQUESTS = rr.random_requests(300, seed=8)
COUNTED = [request for request in REQUESTS if request.status in {OK, ERROR}]
START, END = BEGIN + 5 * HOUR + 17, BEGIN + 2 * DAY + 7 * HOUR + 12_345_678
TIMES = {"start_time": text(START), "end_time": text(END)}
EVERYTHING = Scope.everything()
MODELS = sorted({request.context.model for request in COUNTED})


def store_runs(connection) -> None:
    """One run of every context; newer ones of openai."""
    contexts = {request.context for request in REQUESTS}
    for number, context in enumerate(sorted(contexts, key=lambda c: (c.provider, str(c)))):
        values = {
            "run_id": f"run-{number}",
            "log_request_id": "",
            "status": "completed",
            "state": 4,
            "server_url": "",
            "model": context.model,
            "adapter": "openai",
            "config": result_pb2.RunConfig(stream=True).SerializeToString(),
            "needs_secrets": False,
            "probed": True,
            "pin_output": False,
            "words_per_token": 1.0,
            "created_at": BEGIN + number,
            "notes": "[]",
            "context_key": intern_context(connection, context),
        }
        connection.execute(insert(benchmark_runs).values(values))


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def database(request):
    with rr.stored(request, REQUESTS, store_runs) as database:
        yield database


async def ask(database, function, request, scope=EVERYTHING):
    return await database.read(lambda c: function(c, request, scope, NOW))


def near(answer, right, off=1e-9) -> bool:
    if answer is None or right is None:
        return answer is right
    return math.isclose(answer, right, rel_tol=off, abs_tol=1e-12)


async def test_models_under_load_and_priced_ones_are_listed_page_by_page(database):
    seen, cursor = [], ""
    while True:
        page = await ask(database, list_models, model_pb2.ListModelsRequest(limit=7, cursor=cursor))
        seen += [model.id for model in page.data]
        assert page.pagination.total == len(MODELS) + len(SEED_PRICES)
        if not page.pagination.has_more:
            break
        cursor = page.pagination.cursor
    assert seen == sorted({*MODELS, *(price.model for price in SEED_PRICES)})
    stolen = model_pb2.ListModelsRequest(limit=7, cursor=cursor, provider="openai")
    with pytest.raises(LoadcellError) as refused:
        await ask(database, list_models, stolen)
    assert (refused.value.reason, refused.value.field) == ("INVALID_CURSOR", "cursor")
    of_one = await ask(
        database, list_models, model_pb2.ListModelsRequest(provider="anthropic", project_id="project-0")
    )
    mine = [r for r in COUNTED if (r.context.provider, r.context.project_id) == ("anthropic", "project-0")]
    assert {model.id for model in of_one.data if model.request_count} == {
        request.context.model for request in mine
    }
    assert sum(model.request_count for model in of_one.data) == len(mine)


async def test_a_model_is_what_its_requests_say(database):
    for model in MODELS:
        await check_model(database, model)


async def check_model(database, model: str) -> None:
    found = render((await ask(database, get_model, model_pb2.GetModelRequest(model_id=model))).data)
    mine = [request for request in COUNTED if request.context.model == model]
    assert found["request_count"] == len(mine)
    assert found["providers"] == sorted({request.context.provider for request in mine})
    assert found["provider"] == found["providers"][-1]
    assert found["first_seen_at"][:19] == text(min(request.ts for request in mine))[:19]
    assert found["last_seen_at"][:19] == text(max(request.ts for request in mine))[:19]
    largest = max(rr.total(request.prompt_tokens, request.completion_tokens) or 0 for request in mine)
    assert abs(found["max_tokens"] - largest) <= 0.005 * largest + 1
    assert found["supports_streaming"] is True
    assert (found["supports_function_calling"], found["prompt_cost_per_1k"]) == (None, None)


async def test_a_priced_model_without_requests_has_a_price_only(database):
    found = render((await ask(database, get_model, model_pb2.GetModelRequest(model_id="gpt-4o"))).data)
    assert (found["provider"], found["prompt_cost_per_1k"], found["completion_cost_per_1k"]) == (
        "openai",
        0.0025,
        0.01,
    )
    assert (found["request_count"], found["first_seen_at"], found["supports_streaming"]) == (0, None, None)


@pytest.mark.parametrize(
    ("model", "scope"), [("none", EVERYTHING), ("", EVERYTHING), (MODELS[0], Scope.of(["x"]))]
)
async def test_W18_an_unknown_model_and_one_of_others_are_not_found(database, model, scope):
    for function, kind in ((get_model, model_pb2.GetModelRequest), (get_usage, model_pb2.GetModelUsageRequest)):
        with pytest.raises(LoadcellError) as refused:
            await ask(database, function, kind(model_id=model), scope)
        assert (refused.value.reason, refused.value.field) == ("RESOURCE_NOT_FOUND", "model_id")


async def test_first_and_last_are_days_where_requests_are_no_longer_kept(database):
    first = min(request.ts for request in COUNTED if request.context.model == MODELS[0])

    def without_requests(connection) -> int:
        with connection.begin_nested() as kept:
            connection.execute(traces.delete())
            request = model_pb2.GetModelRequest(model_id=MODELS[0])
            model = get_model(connection, request, EVERYTHING, NOW).data
            kept.rollback()
        return model.first_seen_at.ToMicroseconds()

    assert await database.write(without_requests) == first // DAY * DAY


async def test_usage_is_what_the_requests_say(database):
    for granularity, width in (("", 3_600), ("1day", 86_400), ("raw", 1)):
        await check_usage(database, granularity, width)


async def check_usage(database, granularity: str, width: int) -> None:
    model = MODELS[1]
    request = model_pb2.GetModelUsageRequest(model_id=model, **TIMES, granularity=granularity)
    found = render((await ask(database, get_usage, request)).data)
    mine = [r for r in COUNTED if r.context.model == model and START <= r.ts < END]
    for name in (
        "request_count",
        "success_count",
        "error_count",
        "prompt_tokens",
        "completion_tokens",
        "total_tokens",
    ):
        assert found[name] == rr.metric(mine, name, "sum", 1), name
    assert near(found["total_cost_usd"], rr.metric(mine, "total_cost", "sum", 1))
    assert near(found["avg_latency_ms"], rr.metric(mine, "duration", "avg", 1))
    assert near(found["p95_latency_ms"], rr.metric(mine, "duration", "p95", 1), 0.005_001)
    assert found["unique_users"] == rr.metric(mine, "unique_users", None, 1)
    expected = list(rr.points(mine, START, END, width))
    for point, (key, some, _) in zip(found["time_series"], expected, strict=True):
        assert (point["timestamp"][:19], point["request_count"]) == (key[0][:19], len(some))
        assert point["total_tokens"] == rr.metric(some, "total_tokens", "sum", 1)
        assert near(point["total_cost_usd"], rr.metric(some, "total_cost", "sum", 1))


async def test_W36_models_are_compared_with_the_numbers_behind_it(database):
    names = [*MODELS[::-1], "unheard-of"]
    request = model_pb2.CompareModelsRequest(models=[",".join(names[:2]), *names[2:]], **TIMES)
    found = render((await ask(database, compare_models, request)).data)
    assert [one["model"] for one in found["models"]] == names
    figures = {}
    for one in found["models"]:
        mine = [r for r in COUNTED if r.context.model == one["model"] and START <= r.ts < END]
        right = (
            {
                "avg_latency_ms": rr.metric(mine, "duration", "avg", 1),
                "avg_cost_usd": rr.metric(mine, "total_cost", "avg", 1),
                "total_cost_usd": rr.metric(mine, "total_cost", "sum", 1),
                "success_rate": rr.metric(mine, "success_rate", None, 1),
                "throughput_rps": rr.metric(mine, "throughput", None, (END - START) / SECOND),
                "total_tokens": rr.metric(mine, "total_tokens", "sum", 1),
            }
            if mine
            else dict.fromkeys(one["metrics"])
        )
        right.pop("request_count", None)
        right.pop("p95_latency_ms", None)
        assert all(near(one["metrics"][name], value) for name, value in right.items()), one
        assert one["metrics"]["request_count"] == len(mine)
        assert one["provider"] == ",".join(
            sorted({r.context.provider for r in REQUESTS if r.context.model == one["model"]})
        )
        if mine:
            figures[one["model"]] = right
    summary = found["summary"]
    assert summary["fastest_model"] == min(figures, key=lambda name: figures[name]["avg_latency_ms"])
    assert summary["cheapest_model"] == min(figures, key=lambda name: figures[name]["avg_cost_usd"])
    assert summary["most_reliable_model"] == max(figures, key=lambda name: figures[name]["success_rate"])
    assert any(summary["most_reliable_model"] in advice for advice in summary["recommendations"])


async def test_only_the_wanted_figures_are_compared(database):
    request = model_pb2.CompareModelsRequest(models=MODELS[:2], metrics=["latency"], **TIMES)
    (first, _) = render((await ask(database, compare_models, request)).data)["models"]
    known = {name for name, figure in first["metrics"].items() if figure is not None}
    assert known == {"avg_latency_ms", "p95_latency_ms", "request_count"}


async def test_W45_malformed_comparisons_name_the_field(database):
    for fields, reason, field in (
        ({}, "MISSING_REQUIRED_FIELD", "models"),
        ({"models": ["a", "a"]}, "INVALID_FIELD_VALUE", "models"),
        ({"models": [f"m{n}" for n in range(11)]}, "LIMIT_EXCEEDED", "models"),
        ({"models": ["a", "b\0"]}, "INVALID_FIELD_VALUE", "models"),
        ({"models": ["a", "b"], "metrics": ["speed"]}, "INVALID_FIELD_VALUE", "metrics"),
        ({"models": ["a", "b"], "start_time": "now-366d"}, "INVALID_DATE_RANGE", "start_time"),
        ({"models": ["a", "b"], "environment": "\0"}, "INVALID_FIELD_VALUE", "environment"),
    ):
        with pytest.raises(LoadcellError) as refused:
            await ask(database, compare_models, model_pb2.CompareModelsRequest(**fields))
        assert (refused.value.reason, refused.value.field) == (reason, field)
