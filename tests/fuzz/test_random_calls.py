"""Whatever is sent to a controller, there is an answer or an error of the catalog that is the caller's fault."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from random import Random
from typing import Any

import grpc
import pytest
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message_factory import GetMessageClass

from gateway.contract import SERVICES as OVER_HTTP
from loadcell.channel import API_KEY_METADATA
from loadcell.rpc_errors import DETAILS_KEY, from_rpc_error
from loadcell.v1 import agent_pb2, run_pb2, run_pb2_grpc
from tests.fuzz.conftest import KEY
from tests.fuzz.odd_metadata import Metadata, odd_metadata
from tests.fuzz.random_messages import RandomMessages
from tests.fuzz.services import Service
from tests.fuzz.spoilt_bytes import spoil
from tests.fuzz.starts import STARTS
from tests.fuzz.tries import AGAIN, SEED, tries
from tests.patience import PATIENCE_SECONDS

Code = grpc.StatusCode
METHODS: dict[str, MethodDescriptor] = {
    f"{service.name}/{method.name}": method
    for service in (*OVER_HTTP, agent_pb2.DESCRIPTOR.services_by_name["AgentService"])
    for method in service.methods
}
OF_THE_CALLER = {
    Code.INVALID_ARGUMENT,
    Code.NOT_FOUND,
    Code.PERMISSION_DENIED,
    Code.UNAUTHENTICATED,
    Code.FAILED_PRECONDITION,
    Code.RESOURCE_EXHAUSTED,
    Code.ABORTED,
}
GO_ON = {"EventService/Subscribe", "RunService/WatchRun"}  # and would never be read to their end
EACH = 12  # calls of a method, where nothing is said of the time
MOST_MORE_BYTES = 256 * 1024 * 1024
MOST_READ = 100  # answers of a stream


async def test_no_call_is_an_error_of_ours(controller: Service) -> None:
    random = Random(SEED)
    messages, before = RandomMessages(random), 0
    options = [("grpc.max_send_message_length", -1), ("grpc.max_receive_message_length", -1)]
    async with grpc.aio.insecure_channel(controller.started["address"], options=options) as channel:
        for number in tries(EACH * len(METHODS)):
            name = list(METHODS)[number % len(METHODS)]
            requests = [_request(random, messages, name) for _ in range(_count(random, name))]
            metadata: Metadata = (
                (API_KEY_METADATA, KEY),
                ("x-request-id", f"fuzz-{number}"),
                *odd_metadata(random, KEY),
            )
            try:
                answers = await _call(channel, name, requests, metadata)
            except grpc.aio.AioRpcError as error:
                if not _is_of_the_caller(error, METHODS[name]):
                    pytest.fail(_told(error, name, requests, metadata))
            else:
                for answer in answers:
                    messages.learn(GetMessageClass(METHODS[name].output_type).FromString(answer))
            if number == EACH * len(METHODS) // 2:
                before = controller.resident_bytes()
        runs = run_pb2_grpc.RunServiceStub(channel)
        listed = await runs.ListRuns(run_pb2.ListRunsRequest(), metadata=((API_KEY_METADATA, KEY),))
    assert listed.total > 0
    assert controller.resident_bytes() - before < MOST_MORE_BYTES, AGAIN
    assert controller.complaints() == [], AGAIN


def _count(random: Random, name: str) -> int:
    return random.choice((0, 1, 2, 3, 10)) if METHODS[name].client_streaming else 1


def _request(random: Random, messages: RandomMessages, name: str) -> bytes:
    start = STARTS.get(name) if random.random() < 0.6 else None
    whole = messages.make(METHODS[name].input_type, start).SerializeToString()
    return whole if random.random() < 0.8 else spoil(random, whole)


async def _call(
    channel: grpc.aio.Channel, name: str, requests: Sequence[bytes], metadata: Metadata
) -> list[bytes]:
    method = METHODS[name]
    kind = ("stream" if method.client_streaming else "unary") + (
        "_stream" if method.server_streaming else "_unary"
    )

    async def all_of_them() -> AsyncIterator[bytes]:
        for request in requests:
            yield request

    going: Any = getattr(channel, kind)(f"/{method.containing_service.full_name}/{method.name}")(
        all_of_them() if method.client_streaming else requests[0], metadata=metadata, timeout=PATIENCE_SECONDS
    )
    if not method.server_streaming:
        return [await going]
    answers: list[bytes] = []
    while len(answers) < (1 if name in GO_ON else MOST_READ):
        answer = await going.read()
        if answer is grpc.aio.EOF:
            break
        answers.append(answer)
    going.cancel()
    return answers


def _is_of_the_caller(error: grpc.aio.AioRpcError, method: MethodDescriptor) -> bool:
    if DETAILS_KEY not in dict(error.trailing_metadata()):
        # gRPC itself has refused what is too large. A write that came after the end it tells of as INTERNAL.
        return error.code() is Code.RESOURCE_EXHAUSTED or (
            error.code() is Code.INTERNAL and method.client_streaming
        )
    return error.code() in OF_THE_CALLER and from_rpc_error(error).row.code.name == error.code().name


def _told(error: grpc.aio.AioRpcError, name: str, requests: Sequence[bytes], metadata: Metadata) -> str:
    shown = []
    for request in requests:
        try:
            shown.append(str(GetMessageClass(METHODS[name].input_type).FromString(request))[:2_000])
        except Exception:  # noqa: BLE001 - whatever it is, it is shown as it is
            shown.append(request[:200].hex())
    return f"{name}: {error.code()} {error.details()}\n{shown}\n{metadata}\n{AGAIN}"
