"""Prices: a history by day, listed and set over gRPC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import grpc
import pytest

from loadcell.rpc_errors import from_rpc_error
from loadcell.stats.pricing import SEED_PRICES
from loadcell.v1 import cost_pb2, cost_pb2_grpc

SET, LIST = cost_pb2.SetPricingRequest, cost_pb2.ListPricingRequest


@pytest.fixture
async def costs(start, place):
    return cost_pb2_grpc.CostServiceStub((await start(database=place)).channel)


def prices(answer):
    return [(p.model, p.effective_date, p.prompt_cost_per_1k, p.completion_cost_per_1k) for p in answer.data]


async def test_W49_prices_have_a_history_by_day(costs):
    for day, prompt in (("2026-01-01", 1.0), ("2026-03-01", 3.0), ("2026-02-01", 2.0), ("2026-03-01", 3.5)):
        price = SET(
            effective_date=day, model="Mine", prompt_cost_per_1k=prompt, completion_cost_per_1k=0.000000001
        )
        answer = await costs.SetPricing(price)
        assert (answer.status, answer.data.provider, answer.data.model) == ("success", "custom", "mine")
    mine = await costs.ListPricing(LIST(provider="custom"))
    assert prices(mine) == [
        ("mine", "2026-03-01", 3.5, 1e-9),
        ("mine", "2026-02-01", 2.0, 1e-9),
        ("mine", "2026-01-01", 1.0, 1e-9),
    ]
    for day, prompt in (("2025-12-31", None), ("2026-01-01", 1.0), ("2026-02-28", 2.0), ("2030-01-01", 3.5)):
        found = prices(await costs.ListPricing(LIST(model="MINE", effective_date=day)))
        assert [price[2] for price in found] == ([] if prompt is None else [prompt])
    today = datetime.now(UTC).date()
    answer = await costs.SetPricing(SET(model="other", prompt_cost_per_1k=0, completion_cost_per_1k=1_000))
    assert abs(datetime.fromisoformat(answer.data.effective_date).date() - today) <= timedelta(1)


async def test_pages_of_prices_hold_each_once_in_order(costs):
    whole = await costs.ListPricing(LIST(limit=1_000))
    assert whole.pagination.total == len(whole.data) == len(SEED_PRICES)
    assert not whole.pagination.has_more
    assert not whole.pagination.HasField("cursor")
    keys = [(p.provider, p.model) for p in whole.data]
    assert keys == sorted(keys)
    found, cursor = [], ""
    while True:
        page = await costs.ListPricing(LIST(limit=7, cursor=cursor))
        found += page.data
        if not page.pagination.has_more:
            break
        cursor = page.pagination.cursor
    assert found == list(whole.data)
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await costs.ListPricing(LIST(limit=7, provider="openai", cursor=cursor))
    assert from_rpc_error(refused.value).reason == "INVALID_CURSOR"


REFUSED = [
    (SET(prompt_cost_per_1k=1, completion_cost_per_1k=1), "MISSING_REQUIRED_FIELD", "model"),
    (SET(model=" ", prompt_cost_per_1k=1, completion_cost_per_1k=1), "MISSING_REQUIRED_FIELD", "model"),
    (SET(model="m" * 257, prompt_cost_per_1k=1, completion_cost_per_1k=1), "INVALID_FIELD_VALUE", "model"),
    (SET(model="a\0", prompt_cost_per_1k=1, completion_cost_per_1k=1), "INVALID_FIELD_VALUE", "model"),
    (
        SET(model="m", provider="p" * 129, prompt_cost_per_1k=1, completion_cost_per_1k=1),
        "INVALID_FIELD_VALUE",
        "provider",
    ),
    (SET(model="m", completion_cost_per_1k=1), "MISSING_REQUIRED_FIELD", "prompt_cost_per_1k"),
    (SET(model="m", prompt_cost_per_1k=1), "MISSING_REQUIRED_FIELD", "completion_cost_per_1k"),
    (SET(model="m", prompt_cost_per_1k=-1, completion_cost_per_1k=1), "INVALID_FIELD_VALUE", "prompt_cost_per_1k"),
    (
        SET(model="m", prompt_cost_per_1k=1, completion_cost_per_1k=float("nan")),
        "INVALID_FIELD_VALUE",
        "completion_cost_per_1k",
    ),
    (
        SET(model="m", prompt_cost_per_1k=1, completion_cost_per_1k=1_000.5),
        "INVALID_FIELD_VALUE",
        "completion_cost_per_1k",
    ),
    (
        SET(model="m", prompt_cost_per_1k=1e-10, completion_cost_per_1k=1),
        "INVALID_FIELD_VALUE",
        "prompt_cost_per_1k",
    ),
    (
        SET(model="m", prompt_cost_per_1k=1, completion_cost_per_1k=1, effective_date="31.1.2026"),
        "INVALID_FIELD_FORMAT",
        "effective_date",
    ),
    (
        SET(model="m", prompt_cost_per_1k=1, completion_cost_per_1k=1, effective_date="2026-02-30"),
        "INVALID_FIELD_VALUE",
        "effective_date",
    ),
    (LIST(limit=0), "LIMIT_EXCEEDED", "limit"),
    (LIST(limit=1_001), "LIMIT_EXCEEDED", "limit"),
    (LIST(cursor="x"), "INVALID_CURSOR", "cursor"),
    (LIST(effective_date="now"), "INVALID_FIELD_FORMAT", "effective_date"),
    (LIST(model="a\0"), "INVALID_FIELD_VALUE", "model"),
]


async def test_what_is_no_price_is_refused_by_name(controller):
    costs = cost_pb2_grpc.CostServiceStub(controller.channel)
    for request, reason, field in REFUSED:
        method = costs.SetPricing if isinstance(request, SET) else costs.ListPricing
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await method(request)
        error = from_rpc_error(refused.value)
        assert (error.reason, error.field) == (reason, field), (request, error.message)
