"""What the client makes of the arguments of a question about capacity."""

from __future__ import annotations

import grpc
from google.protobuf import json_format

from loadcell.client import Client
from loadcell.v1 import capacity_pb2, recommend_pb2, recommend_pb2_grpc


class Asked(recommend_pb2_grpc.RecommendServiceServicer):
    """Keeps what it is asked, over a real socket."""

    def __init__(self) -> None:
        self.requests: list[recommend_pb2.CreateRecommendationRequest] = []

    async def CreateRecommendation(self, request, context):
        self.requests.append(request)
        return recommend_pb2.CreateRecommendationResponse(run_id="r", status="started")


async def asked(**arguments: object) -> recommend_pb2.CreateRecommendationRequest:
    service, server = Asked(), grpc.aio.server()
    recommend_pb2_grpc.add_RecommendServiceServicer_to_server(service, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        async with Client(f"127.0.0.1:{port}") as client:
            assert (await client.recommend(server_url="http://x", peak_concurrency=5, **arguments)).run_id == "r"
    finally:
        await server.stop(None)
    return service.requests[0]


async def test_every_argument_reaches_its_field():
    request = await asked(
        model="m",
        adapter="openai",
        daily_active_users=1,
        requests_per_user_per_day=2.0,
        avg_input_tokens=3,
        avg_output_tokens=4,
        ttft_target_ms=5.0,
        tpot_target_ms=6.0,
        goodput_target_percent=7.0,
        headroom_percent=0.0,
        concurrency_steps=[1, 2],
        num_requests_per_step=8,
        requests_per_slot=9,
        current_infra=capacity_pb2.KnownInfra(gpu_count=1),
        stream=False,
        warmup=0,
        timeout=10.0,
        api_key="k",
        headers={"x-a": "b"},
        tls_verify=False,
        tokenizer_asset="t",
        seed=0,
        labels={"a": "b"},
        agent_count=1,
        agent_labels={"c": "d"},
        worker_count=1,
        force=True,
        acknowledge_load=True,
        project_id="p",
        validate_only=True,
        request_id="i",
    )
    for message in (request, request.workload, request.test_config):
        assert {field.name for field, _ in message.ListFields()} == set(message.DESCRIPTOR.fields_by_name)


async def test_arguments_left_out_stay_unset_so_that_the_controller_decides():
    request = await asked()
    assert request.request_id
    request.ClearField("request_id")
    assert json_format.MessageToDict(request, preserving_proto_field_name=True) == {
        "server_url": "http://x",
        "workload": {"peak_concurrency": 5},
        "test_config": {},
    }
