"""Calls to the controller for one GraphQL document: in the name of its caller, each thing once."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message_factory import GetMessageClass
from strawberry.dataloader import DataLoader

from gateway.upstream import Upstream
from loadcell.channel import GRAPHQL_METADATA
from loadcell.documents import parse, render
from loadcell.v1 import cost_pb2, metrics_pb2, model_pb2, run_pb2, trace_pb2

TRACES = trace_pb2.DESCRIPTOR.services_by_name["TraceService"].methods_by_name
RUNS = run_pb2.DESCRIPTOR.services_by_name["RunService"].methods_by_name
METRICS = metrics_pb2.DESCRIPTOR.services_by_name["MetricsService"].methods_by_name
COSTS = cost_pb2.DESCRIPTOR.services_by_name["CostService"].methods_by_name
MODELS = model_pb2.DESCRIPTOR.services_by_name["ModelService"].methods_by_name
_AT_ONCE = 8  # calls of one document


class Asking:
    """What the fields of one document share.

    Args:
        upstream: the controller.
        metadata: the credentials of the caller.
    """

    def __init__(self, upstream: Upstream, metadata: Sequence[tuple[str, str]]) -> None:
        self._upstream, self._metadata = upstream, metadata
        self._free = asyncio.Semaphore(_AT_ONCE)
        self.runs = DataLoader[str, dict[str, Any]](self._read_runs)
        self.timelines = DataLoader[str, list[Any]](self._read_timelines)

    async def ask(self, method: MethodDescriptor, values: dict[str, Any]) -> dict[str, Any]:
        """Return the answer of a method as a document; `values` are the fields of its request.

        Each of these is a query of the document and counts as one; what the answers are completed with is not.

        Raises:
            LoadcellError: as `loadcell.documents.parse` and `Upstream.call`.
        """
        return await self._call(method, values, [*self._metadata, (GRAPHQL_METADATA, "1")])

    async def _call(
        self, method: MethodDescriptor, values: dict[str, Any], metadata: Sequence[tuple[str, str]]
    ) -> dict[str, Any]:
        request = parse(GetMessageClass(method.input_type), values)
        async with self._free:
            return render(await self._upstream.call(method, request, metadata=metadata))

    async def _read_runs(self, run_ids: list[str]) -> list[Any]:
        found: list[Any] = await asyncio.gather(*map(self._read_run, run_ids), return_exceptions=True)
        return found

    async def _read_run(self, run_id: str) -> dict[str, Any]:
        found: dict[str, Any] = (await self._call(RUNS["GetRun"], {"run_id": run_id}, self._metadata))["run"]
        return found

    async def _read_timelines(self, trace_ids: list[str]) -> list[Any]:
        found: list[Any] = await asyncio.gather(*map(self._read_timeline, trace_ids), return_exceptions=True)
        return found

    async def _read_timeline(self, trace_id: str) -> list[Any]:
        values = {"trace_id": trace_id, "include": ["timeline"], "fields": ["trace_id"]}
        found: list[Any] = (await self._call(TRACES["GetTrace"], values, self._metadata))["data"].get(
            "timeline", []
        )
        return found
