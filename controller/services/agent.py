"""AgentService."""

# Names and signatures are those of the generated classes.
# ruff: noqa: N802, ARG002

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from controller.admission import Admission, current_admission
from controller.assets import assets_of
from controller.dispatch.conversation import Conversation
from controller.dispatch.dispatcher import Dispatcher
from controller.ingest.stream import acknowledge
from controller.lifecycle import lease_ended
from controller.refusals import Refusals
from controller.scope import Scope
from controller.store.assets import get_asset, is_used_by_agent, read_piece
from controller.store.database import Database
from loadcell.errors import LoadcellError
from loadcell.v1 import agent_pb2, agent_pb2_grpc


class AgentServicer(agent_pb2_grpc.AgentServiceServicer):
    """What agents call."""

    def __init__(
        self, database: Database, dispatcher: Dispatcher, conversation: Conversation, refusals: Refusals
    ) -> None:
        self._database = database
        self._dispatcher = dispatcher
        self._conversation = conversation
        self._refusals = refusals

    async def Session(
        self, request_iterator: AsyncIterator[agent_pb2.SessionRequest], context: Any
    ) -> AsyncIterator[agent_pb2.SessionResponse]:
        """Keep in touch with an agent."""
        async for response in self._conversation.hold(request_iterator, current_admission()):
            yield response

    async def StreamSamples(
        self, request_iterator: AsyncIterator[agent_pb2.StreamSamplesRequest], context: Any
    ) -> AsyncIterator[agent_pb2.StreamSamplesResponse]:
        """Take batches of samples."""
        dispatcher = self._dispatcher
        batches = _admitted(request_iterator, current_admission(), self._database)
        async for response in acknowledge(batches, dispatcher.committer, dispatcher.sessions.hear):
            if response.refused_reason:
                self._refusals.note(
                    response.refused_reason,
                    lease_id=response.lease_id,
                    batch_number=response.refused_batch_number,
                    committed=response.committed_batch_number,
                )
            yield response

    async def GetAsset(
        self, request: agent_pb2.GetAssetRequest, context: Any
    ) -> AsyncIterator[agent_pb2.GetAssetResponse]:
        """Stream an uploaded file."""
        found = await self._database.read(lambda c: get_asset(c, request.sha256, Scope.everything()))
        if found is None or not await self._may_read(current_admission(), request.sha256):
            shown = request.sha256[:64]
            raise LoadcellError("ASSET_NOT_FOUND", f"there is no asset {shown}", metadata={"sha256": shown})
        number = 0
        while (data := await self._piece(request.sha256, number)) is not None:
            yield agent_pb2.GetAssetResponse(data=data)
            number += 1

    async def _may_read(self, admission: Admission, sha256: str) -> bool:
        """Whether a file is of a run that the agent of a token works for; without a token any may be read."""
        if admission.token is None:
            return True
        agent_id = admission.token.agent_id or ""
        for run in self._dispatcher.runs:
            working = agent_id in run.reserved or any(
                lease.agent_id == agent_id and not lease_ended(lease.state) for lease in run.leases.values()
            )
            if working and not run.ended and sha256 in assets_of(run.record.config):
                return True
        return await self._database.read(lambda c: is_used_by_agent(c, agent_id, sha256))

    async def _piece(self, sha256: str, number: int) -> bytes | None:
        return await self._database.read(lambda c: read_piece(c, sha256, number))


async def _admitted(
    requests: AsyncIterator[agent_pb2.StreamSamplesRequest], admission: Admission, database: Database
) -> AsyncIterator[agent_pb2.StreamSamplesRequest]:
    """Yield the batches of an agent as long as it may speak for itself."""
    async for request in requests:
        await admission.check(request.agent_id, database)
        yield request
