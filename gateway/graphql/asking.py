"""Calls to the controller for one GraphQL document: in the name of its caller, each thing once."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message_factory import GetMessageClass
from strawberry.dataloader import DataLoader

from gateway.upstream import Upstream
from loadcell.channel import GRAPHQL_QUERY
from loadcell.documents import parse, render
from loadcell.errors import LoadcellError
from loadcell.v1 import auth_pb2, cost_pb2, metrics_pb2, model_pb2, run_pb2, trace_pb2

TRACES = trace_pb2.DESCRIPTOR.services_by_name["TraceService"].methods_by_name
RUNS = run_pb2.DESCRIPTOR.services_by_name["RunService"].methods_by_name
METRICS = metrics_pb2.DESCRIPTOR.services_by_name["MetricsService"].methods_by_name
COSTS = cost_pb2.DESCRIPTOR.services_by_name["CostService"].methods_by_name
MODELS = model_pb2.DESCRIPTOR.services_by_name["ModelService"].methods_by_name
CALLER = auth_pb2.DESCRIPTOR.services_by_name["AuthService"].methods_by_name["GetCaller"]
_AT_ONCE = 8  # calls of one document
_TOGETHER = 100  # things that one call reads by their identifiers


class Asking:
    """What the fields of one document share.

    Args:
        upstream: the controller.
        metadata: the credentials of the caller.
    """

    def __init__(self, upstream: Upstream, metadata: Sequence[tuple[str, str]]) -> None:
        self._upstream, self._metadata = upstream, metadata
        self._free = asyncio.Semaphore(_AT_ONCE)
        self.runs = DataLoader[str, dict[str, Any]](self._read_runs, max_batch_size=_TOGETHER)
        self.timelines = DataLoader[str, list[Any]](self._read_timelines, max_batch_size=_TOGETHER)

    async def recognise(self) -> None:
        """Have the controller look at who asks; it counts as a query.

        Raises:
            LoadcellError: why the caller is not let in.
        """
        try:
            await self.ask(CALLER, {})
        except LoadcellError as error:
            if error.reason != "MISSING_AUTHORIZATION":
                raise
            # Where reading needs no credential (LOADCELL_PUBLIC_READS), who shows none has no name but is let in.
            await self.ask(RUNS["ListRuns"], {"limit": 1})

    async def ask(self, method: MethodDescriptor, values: dict[str, Any]) -> dict[str, Any]:
        """Return the answer of a method as a document; `values` are the fields of its request.

        Each of these is a query of the document and counts as one; what the answers are completed with is not.

        Raises:
            LoadcellError: as `loadcell.documents.parse` and `Upstream.call`.
        """
        return await self._call(method, values, [*self._metadata, GRAPHQL_QUERY])

    async def _call(
        self, method: MethodDescriptor, values: dict[str, Any], metadata: Sequence[tuple[str, str]]
    ) -> dict[str, Any]:
        request = parse(GetMessageClass(method.input_type), values)
        async with self._free:
            return render(await self._upstream.call(method, request, metadata=metadata))

    async def _read_runs(self, run_ids: list[str]) -> list[dict[str, Any] | BaseException]:
        answer = await self._call(RUNS["BatchGetRuns"], {"run_ids": run_ids}, self._metadata)
        found = {run["run_id"]: run for run in answer["runs"]}
        return [found.get(one) or LoadcellError("RUN_NOT_FOUND", f"there is no run {one[:64]}") for one in run_ids]

    async def _read_timelines(self, trace_ids: list[str]) -> list[list[Any] | BaseException]:
        found: dict[str, list[Any]] = {}
        wanted = trace_ids
        while wanted:
            values = {"trace_ids": wanted, "include": ["timeline"], "fields": ["trace_id"]}
            answer = await self._call(TRACES["BatchGetTraces"], values, self._metadata)
            found |= {trace["trace_id"]: trace.get("timeline", []) for trace in answer["data"]}
            wanted = answer["left_out"]
        return [
            found[one] if one in found else LoadcellError("TRACE_NOT_FOUND", f"there is no trace {one[:64]}")
            for one in trace_ids
        ]
