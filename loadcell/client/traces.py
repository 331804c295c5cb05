"""The part of the client that asks about single requests."""

from collections.abc import AsyncGenerator, Sequence
from typing import TYPE_CHECKING, Any

import grpc

from loadcell.client.calls import answer
from loadcell.client.notebook.methods import show_in_notebooks

if TYPE_CHECKING:
    from loadcell.v1 import trace_pb2, trace_pb2_grpc


class Traces:
    """Requests of runs, each a trace."""

    _channel: grpc.aio.Channel
    _timeout: float

    async def traces(self, *, page_size: int = 1_000, **filters: Any) -> "AsyncGenerator[trace_pb2.Trace, None]":
        """Yield traces, newest first, fetching page after page.

        Args:
            page_size: Traces on a page, 1 to 1,000.
            filters: Fields of ListTracesRequest, such as run_id, model, status, min_duration_ms or sort_by.

        Raises:
            LoadcellError: A filter is refused; `field` names it.
        """
        from loadcell.v1 import trace_pb2  # noqa: PLC0415 (see _stub)

        stub = self._trace_stub()
        request = trace_pb2.ListTracesRequest(limit=page_size, **filters)
        while True:
            call = stub.ListTraces(request, timeout=self._timeout)
            page: trace_pb2.ListTracesResponse = await answer(call)
            for trace in page.data:
                yield trace
            if not page.pagination.has_more:
                return
            request.cursor = page.pagination.cursor

    async def trace(self, trace_id: str, *, include: Sequence[str] = ()) -> "trace_pb2.Trace":
        """Return one trace; `include` asks for more of it: evaluations, feedback, timeline."""
        from loadcell.v1 import trace_pb2  # noqa: PLC0415

        request = trace_pb2.GetTraceRequest(trace_id=trace_id, include=include)
        call = self._trace_stub().GetTrace(request, timeout=self._timeout)
        response: trace_pb2.GetTraceResponse = await answer(call)
        return response.data

    def _trace_stub(self) -> "trace_pb2_grpc.TraceServiceStub":
        # Imported only here: few programs ask for traces, and every command of ours imports the client.
        from loadcell.v1 import trace_pb2, trace_pb2_grpc  # noqa: PLC0415

        show_in_notebooks(trace_pb2.Trace)
        return trace_pb2_grpc.TraceServiceStub(self._channel)
