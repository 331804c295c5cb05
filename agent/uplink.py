"""Carries the workers' batches to the controller, at least once each, without ever decoding them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import grpc
import structlog

from agent.backoff import Backoff
from agent.outbound import Numbered, Outbound
from loadcell.v1 import agent_pb2, agent_pb2_grpc

# Workers are let go on well below the limit, so that they do not stop and go with every batch.
_RESUME_SHARE = 0.8
_FINAL_REFUSALS = frozenset({"UNKNOWN_LEASE", "WRONG_AGENT", "RUN_DELETED"})

log = structlog.get_logger()


class Uplink:
    """Sends batches over one stream and opens it again when it breaks.

    Args:
        channel: Channel to the controller.
        agent_id: Who sends.
        memory_bytes: Above this many unacknowledged bytes the workers are slowed down.
        pause_workers: Stops (True) or resumes (False) reading from the workers.
        on_refused: Called with a lease whose batches the controller does not want, and its reason.
        on_acknowledged: Called with a lease whose batches have all been committed.
    """

    def __init__(
        self,
        channel: grpc.aio.Channel,
        *,
        agent_id: str,
        memory_bytes: int,
        pause_workers: Callable[[bool], None],
        on_refused: Callable[[str, str], None],
        on_acknowledged: Callable[[str], None],
    ) -> None:
        self._stub = agent_pb2_grpc.AgentServiceStub(channel)
        self._agent_id = agent_id
        self._memory_bytes = memory_bytes
        self._pause_workers = pause_workers
        self._on_refused = on_refused
        self._on_acknowledged = on_acknowledged
        self._outbound = Outbound()
        self._changed = asyncio.Event()
        self._acknowledged = asyncio.Event()
        self._paused = False

    def send(self, lease_id: str, columns: bytes) -> None:
        """Take a serialized SampleColumns message of a lease."""
        self._outbound.add(lease_id, columns)
        self._changed.set()
        self._balance()

    def last_number(self, lease_id: str) -> int:
        """Return the number of the last batch of a lease, 0 when there are none."""
        return self._outbound.last_number(lease_id)

    def unacknowledged(self, lease_id: str) -> int:
        """Return how many batches of a lease the controller has not committed."""
        return self._outbound.unacknowledged(lease_id)

    def forget(self, lease_id: str) -> None:
        """Let go of a lease that has ended and been delivered."""
        self._outbound.drop(lease_id)

    async def delivered(self) -> None:
        """Wait until everything has been committed."""
        while not self._outbound.delivered():
            self._acknowledged.clear()
            await self._acknowledged.wait()

    async def run(self) -> None:
        """Keep a stream open while there is something to send, until cancelled."""
        backoff = Backoff()
        while True:
            await self._wait_for_work()
            try:
                await self._stream(backoff)
            except grpc.aio.AioRpcError as error:
                log.warning("uplink_lost", code=error.code().name, detail=error.details())
            self._outbound.rewind()
            await asyncio.sleep(backoff.next())

    async def _wait_for_work(self) -> None:
        while self._outbound.delivered():
            self._changed.clear()
            await self._changed.wait()

    async def _stream(self, backoff: Backoff) -> None:
        over = asyncio.Event()
        call = self._stub.StreamSamples(self._requests(over))
        try:
            async for response in call:
                backoff.reset()
                self._receive(response)
        finally:
            # gRPC leaves the generator waiting when the other side ends the call.
            over.set()
            self._changed.set()
            call.cancel()

    async def _requests(self, over: asyncio.Event) -> AsyncIterator[agent_pb2.StreamSamplesRequest]:
        while not over.is_set():
            self._changed.clear()
            while not over.is_set() and (batch := self._outbound.next()) is not None:
                yield self._request(batch)
            await self._changed.wait()

    def _request(self, batch: Numbered) -> agent_pb2.StreamSamplesRequest:
        return agent_pb2.StreamSamplesRequest(
            agent_id=self._agent_id,
            lease_id=batch.lease_id,
            batch_number=batch.number,
            columns=batch.columns,
            crc32=batch.crc32,
        )

    def _receive(self, response: agent_pb2.StreamSamplesResponse) -> None:
        lease_id, reason = response.lease_id, response.refused_reason
        if not reason:
            self._outbound.acknowledge(lease_id, response.committed_batch_number)
        elif reason in _FINAL_REFUSALS:
            self._refuse(lease_id, reason)
        elif self._outbound.resend(lease_id, response.refused_batch_number, response.committed_batch_number):
            log.info("batches_resent", lease_id=lease_id, reason=reason, after=response.committed_batch_number)
            self._changed.set()
        else:
            self._refuse(lease_id, reason)
        self._acknowledged.set()
        if not self._outbound.unacknowledged(lease_id):
            self._on_acknowledged(lease_id)
        self._balance()

    def _refuse(self, lease_id: str, reason: str) -> None:
        log.warning("batches_refused", lease_id=lease_id, reason=reason)
        self._outbound.drop(lease_id)
        self._on_refused(lease_id, reason)

    def _balance(self) -> None:
        limit = self._memory_bytes * (_RESUME_SHARE if self._paused else 1)
        paused = self._outbound.kept_bytes > limit
        if paused != self._paused:
            self._paused = paused
            log.info("uplink_memory", full=paused, kept_bytes=self._outbound.kept_bytes)
            self._pause_workers(paused)
