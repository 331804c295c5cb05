"""A controller that answers from a script, over a real socket."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import grpc

from loadcell.channel import REQUEST_ID_METADATA
from loadcell.errors import LoadcellError
from loadcell.rpc_errors import DETAILS_KEY, status_code, status_details
from loadcell.v1 import fleet_pb2, fleet_pb2_grpc, run_pb2, run_pb2_grpc


class ScriptedRuns(run_pb2_grpc.RunServiceServicer):
    """Answers each method from a list of answers: messages, lists of messages (streams), errors or statuses."""

    def __init__(self) -> None:
        self.answers: dict[str, list[Any]] = {}
        self.lets_in = True
        self.requests: list[Any] = []
        self.metadata: list[dict[str, str]] = []

    async def _next(self, method: str, request: Any, context: grpc.aio.ServicerContext) -> Any:
        self.requests.append(request)
        self.metadata.append(dict(context.invocation_metadata() or ()))
        answer = self.answers[method].pop(0)
        if isinstance(answer, LoadcellError):
            await self._refuse(answer, context)
        if isinstance(answer, grpc.StatusCode):
            await context.abort(answer)
        return answer

    async def _refuse(self, error: LoadcellError, context: grpc.aio.ServicerContext) -> None:
        details = ((DETAILS_KEY, status_details(error, "r-1")),)
        await context.abort(status_code(error), error.message, details)

    async def _stream(self, method: str, request: Any, context: grpc.aio.ServicerContext) -> AsyncIterator[Any]:
        for item in await self._next(method, request, context):
            if isinstance(item, LoadcellError):
                await self._refuse(item, context)
            yield item

    async def CreateRun(self, request, context):
        return await self._next("CreateRun", request, context)

    async def GetRun(self, request, context):
        return await self._next("GetRun", request, context)

    async def ListRuns(self, request, context):
        return await self._next("ListRuns", request, context)

    async def CancelRun(self, request, context):
        return await self._next("CancelRun", request, context)

    async def DeleteRun(self, request, context):
        return await self._next("DeleteRun", request, context)

    async def GetRunResult(self, request, context):
        return await self._next("GetRunResult", request, context)

    async def UpdateRun(self, request, context):
        return await self._next("UpdateRun", request, context)

    async def GetRunTimeline(self, request, context):
        return await self._next("GetRunTimeline", request, context)

    async def CompareRuns(self, request, context):
        return await self._next("CompareRuns", request, context)

    async def WatchRun(self, request, context):
        async for item in self._stream("WatchRun", request, context):
            yield item

    async def ExportRunResult(self, request, context):
        async for item in self._stream("ExportRunResult", request, context):
            yield item

    async def UploadAsset(self, request_iterator, context):
        if not self.lets_in:
            await asyncio.Event().wait()
        await context.send_initial_metadata(((REQUEST_ID_METADATA, "r"),))
        pieces = [piece async for piece in request_iterator]
        return await self._next("UploadAsset", pieces, context)


class ScriptedFleet(fleet_pb2_grpc.FleetServiceServicer):
    async def ListAgents(self, request, context):
        names = ["a", "b", "c"]
        start = int(request.cursor or 0)
        page = [fleet_pb2.Agent(agent_id=name) for name in names[start : start + request.limit]]
        more = start + request.limit < len(names)
        return fleet_pb2.ListAgentsResponse(agents=page, next_cursor=str(start + request.limit) if more else "")

    async def GetAgent(self, request, context):
        return fleet_pb2.GetAgentResponse(agent=fleet_pb2.Agent(agent_id=request.agent_id))

    async def DrainAgent(self, request, context):
        state = fleet_pb2.AGENT_STATE_READY if request.resume else fleet_pb2.AGENT_STATE_DRAINING
        return fleet_pb2.DrainAgentResponse(agent=fleet_pb2.Agent(agent_id=request.agent_id, state=state))


@asynccontextmanager
async def scripted(runs: ScriptedRuns, port: int = 0) -> AsyncIterator[int]:
    server = grpc.aio.server()
    run_pb2_grpc.add_RunServiceServicer_to_server(runs, server)
    fleet_pb2_grpc.add_FleetServiceServicer_to_server(ScriptedFleet(), server)
    bound = server.add_insecure_port(f"127.0.0.1:{port}")
    await server.start()
    try:
        yield bound
    finally:
        await server.stop(None)


def update(state: int, revision: int = 1) -> run_pb2.WatchRunResponse:
    return run_pb2.WatchRunResponse(revision=revision, run=run_pb2.Run(run_id="r", state=state))
