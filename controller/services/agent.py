"""AgentService."""

# Names and signatures are those of the generated classes.
# ruff: noqa: N802, ARG002

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from controller.dispatch.conversation import Conversation
from controller.dispatch.dispatcher import Dispatcher
from controller.ingest.stream import acknowledge
from controller.store.assets import get_asset, read_piece
from controller.store.database import Database
from loadcell.errors import LoadcellError
from loadcell.v1 import agent_pb2, agent_pb2_grpc


class AgentServicer(agent_pb2_grpc.AgentServiceServicer):
    """What agents call."""

    def __init__(self, database: Database, dispatcher: Dispatcher, conversation: Conversation) -> None:
        self._database = database
        self._dispatcher = dispatcher
        self._conversation = conversation

    async def Session(
        self, request_iterator: AsyncIterator[agent_pb2.SessionRequest], context: Any
    ) -> AsyncIterator[agent_pb2.SessionResponse]:
        """Keep in touch with an agent."""
        async for response in self._conversation.hold(request_iterator):
            yield response

    async def StreamSamples(
        self, request_iterator: AsyncIterator[agent_pb2.StreamSamplesRequest], context: Any
    ) -> AsyncIterator[agent_pb2.StreamSamplesResponse]:
        """Take batches of samples."""
        dispatcher = self._dispatcher
        async for response in acknowledge(request_iterator, dispatcher.committer, dispatcher.sessions.hear):
            yield response

    async def GetAsset(
        self, request: agent_pb2.GetAssetRequest, context: Any
    ) -> AsyncIterator[agent_pb2.GetAssetResponse]:
        """Stream an uploaded file."""
        if await self._database.read(lambda c: get_asset(c, request.sha256)) is None:
            shown = request.sha256[:64]
            raise LoadcellError("ASSET_NOT_FOUND", f"there is no asset {shown}", metadata={"sha256": shown})
        number = 0
        while (data := await self._piece(request.sha256, number)) is not None:
            yield agent_pb2.GetAssetResponse(data=data)
            number += 1

    async def _piece(self, sha256: str, number: int) -> bytes | None:
        return await self._database.read(lambda c: read_piece(c, sha256, number))
