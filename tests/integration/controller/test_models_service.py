"""Models over gRPC: what was seen of them once a run has ended, and what is refused."""

from __future__ import annotations

import grpc
import pytest

from loadcell.rpc_errors import from_rpc_error
from loadcell.v1 import cost_pb2, cost_pb2_grpc, model_pb2, model_pb2_grpc


async def test_a_run_makes_its_model_known(controller):
    models = model_pb2_grpc.ModelServiceStub(controller.channel)
    await controller.agent(fail_requests=1)
    run_id = await controller.create(model="m", provider="here", environment="test", stream=True)
    await controller.ended(run_id)
    found = (await models.GetModel(model_pb2.GetModelRequest(model_id="m"))).data
    assert (found.provider, found.request_count, found.supports_streaming) == ("here", 10, True)
    listed = await models.ListModels(model_pb2.ListModelsRequest(provider="here", fields=["id,providers"]))
    assert [(one.id, list(one.providers)) for one in listed.data] == [("m", ["here"])]
    assert {field.name for field, _ in listed.data[0].ListFields()} == {"id", "providers"}
    assert listed.status == "success"
    usage = (
        await models.GetModelUsage(
            model_pb2.GetModelUsageRequest(model_id="m", environment="test", end_time="now+1d")
        )
    ).data
    assert (usage.request_count, usage.error_count) == (10, 1)
    request = model_pb2.CompareModelsRequest(models=["m,gpt-4o"], end_time="now+1d")
    compared = (await models.CompareModels(request)).data
    assert [one.metrics.request_count for one in compared.models] == [10, 0]
    assert (compared.summary.fastest_model, compared.summary.cheapest_model) == ("m", "N/A")


async def test_a_model_whose_provider_nobody_named_has_the_price_of_who_lists_it(controller):
    models = model_pb2_grpc.ModelServiceStub(controller.channel)
    costs = cost_pb2_grpc.CostServiceStub(controller.channel)
    price = {"provider": "there", "prompt_cost_per_1k": 0.25, "completion_cost_per_1k": 0.5}
    await costs.SetPricing(cost_pb2.SetPricingRequest(model="m", **price))
    await controller.agent()
    await controller.ended(await controller.create(model="m"))
    found = (await models.GetModel(model_pb2.GetModelRequest(model_id="m"))).data
    assert (found.provider, found.request_count) == ("custom", 10)
    assert (found.prompt_cost_per_1k, found.completion_cost_per_1k) == (0.25, 0.5)


async def test_what_is_wrong_is_refused_and_named(controller):
    models = model_pb2_grpc.ModelServiceStub(controller.channel)
    for call, reason, field in (
        (models.GetModel(model_pb2.GetModelRequest(model_id="x")), "RESOURCE_NOT_FOUND", "model_id"),
        (models.GetModel(model_pb2.GetModelRequest(model_id="x", fields=["y"])), "UNKNOWN_FIELD", "fields"),
        (models.ListModels(model_pb2.ListModelsRequest(limit=1_001)), "LIMIT_EXCEEDED", "limit"),
        (models.ListModels(model_pb2.ListModelsRequest(cursor="x")), "INVALID_CURSOR", "cursor"),
        (models.ListModels(model_pb2.ListModelsRequest(provider="\0")), "INVALID_FIELD_VALUE", "provider"),
        (models.CompareModels(model_pb2.CompareModelsRequest(models=["a"])), "INVALID_FIELD_VALUE", "models"),
    ):
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await call
        error = from_rpc_error(refused.value)
        assert (error.reason, error.field) == (reason, field)
