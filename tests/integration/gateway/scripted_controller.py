"""A double of the controller for tests of the gateway: a real gRPC server with canned answers."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import grpc
from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

from loadcell.errors import LoadcellError
from loadcell.rpc_errors import DETAILS_KEY, status_code, status_details


@dataclass
class Call:
    method: str
    request: Any
    metadata: dict[str, str]


@dataclass
class ScriptedController(grpc.GenericRpcHandler):
    """Answers every method of its services with what `answers` holds under its name: a message or an exception."""

    services: Iterable[ServiceDescriptor]
    answers: dict[str, Message | Exception] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)
    delay_seconds: float = 0.0
    together: int = 0  # calls that must have come before any is answered
    most_at_once: int = 0
    called: asyncio.Event = field(default_factory=asyncio.Event)
    _under_way: int = 0
    _came: asyncio.Condition = field(default_factory=asyncio.Condition)
    health: Any = field(default_factory=health.aio.HealthServicer)

    def reset(self) -> None:
        self.answers.clear()
        self.calls.clear()
        self.called.clear()
        self.delay_seconds = 0.0
        self.together = self.most_at_once = 0

    def service(self, handler_call_details: Any) -> Any:
        service_name, _, name = handler_call_details.method.removeprefix("/").partition("/")
        for service in self.services:
            if service.full_name == service_name and name in service.methods_by_name:
                return self._handler(service.methods_by_name[name])
        return None

    def _handler(self, method: MethodDescriptor) -> Any:
        async def answer(request: Message, context: Any) -> Message:
            self._under_way += 1
            self.most_at_once = max(self.most_at_once, self._under_way)
            try:
                return await self._answer(method.name, request, context)
            finally:
                self._under_way -= 1

        return grpc.unary_unary_rpc_method_handler(
            answer,
            request_deserializer=GetMessageClass(method.input_type).FromString,
            response_serializer=GetMessageClass(method.output_type).SerializeToString,
        )

    async def _answer(self, name: str, request: Message, context: Any) -> Message:
        self.calls.append(Call(name, request, dict(context.invocation_metadata())))
        self.called.set()
        async with self._came:
            self._came.notify_all()
            await self._came.wait_for(lambda: len(self.calls) >= self.together)
        await asyncio.sleep(self.delay_seconds)
        answer = self.answers[name]
        if isinstance(answer, LoadcellError):
            details = ((DETAILS_KEY, status_details(answer, "of-the-controller")),)
            await context.abort(status_code(answer), answer.message, details)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def start(self, address: str = "127.0.0.1:0") -> tuple[grpc.aio.Server, str]:
        server = grpc.aio.server(options=[("grpc.so_reuseport", 0)])
        server.add_generic_rpc_handlers((self,))
        health_pb2_grpc.add_HealthServicer_to_server(self.health, server)
        await self.health.set("", health_pb2.HealthCheckResponse.SERVING)
        port = server.add_insecure_port(address)
        await server.start()
        return server, f"127.0.0.1:{port}"
