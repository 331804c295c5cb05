"""Carries the workers' batches to the controller, at least once each, without ever decoding them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from typing import NamedTuple

import grpc
import structlog

from agent.backoff import Backoff
from agent.outbound import LOST, Kept, Outbound
from agent.spool.spool import DamagedError, Spool
from loadcell.v1 import agent_pb2, agent_pb2_grpc

# Workers are let go on well below the limit, so that they do not stop and go with every batch.
_RESUME_SHARE = 0.8
_TELL_SECONDS = 10.0  # between two lines of the log on the same
_FINAL_REFUSALS = frozenset({"UNKNOWN_LEASE", "WRONG_AGENT", "RUN_DELETED", "LEASE_ENDED"})

log = structlog.get_logger()


class Waiting(NamedTuple):
    """What the controller has not committed yet, in bytes."""

    memory_bytes: int
    spool_bytes: int


class Uplink:
    """Sends batches over one stream and opens it again when it breaks.

    A batch is written to the spool before it is sent, so that it outlives this process; only what the spool does
    not take stays in memory. Batches that an earlier process has left there are sent as well.

    Args:
        channel: Channel to the controller.
        agent_id: Who sends.
        memory_bytes: Above this many bytes that are only in memory the workers are slowed down.
        spool: Where batches are kept; None: in memory only.
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
        spool: Spool | None,
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
        self._spool = spool
        self._spool_refuses = False
        self._outbound = Outbound(spool.release) if spool is not None else Outbound()
        self._restored = self._restore(spool) if spool is not None else set()
        self._changed = asyncio.Event()
        self._acknowledged = asyncio.Event()
        self._open: asyncio.Task[None] | None = None
        self._refused_batches = 0
        self._paused = False
        self._paused_at = 0.0
        self._paused_seconds = 0.0
        self._told_at = -_TELL_SECONDS

    def send(self, lease_id: str, columns: bytes) -> None:
        """Take a serialized SampleColumns message of a lease."""
        self._write(self._outbound.add(lease_id, columns))
        self._changed.set()
        self._balance()

    def last_number(self, lease_id: str) -> int:
        """Return the number of the last batch of a lease, 0 when there are none."""
        return self._outbound.last_number(lease_id)

    def unacknowledged(self, lease_id: str) -> int:
        """Return how many batches of a lease the controller has not committed."""
        return self._outbound.unacknowledged(lease_id)

    def waiting(self) -> Waiting:
        """Return how much the controller has not committed yet."""
        return Waiting(self._outbound.memory_bytes, self._outbound.spool_bytes)

    @property
    def waiting_batches(self) -> int:
        """How many batches the controller has not committed yet."""
        return self._outbound.batches

    @property
    def lost_batches(self) -> int:
        """How many batches were lost since the start, here or before."""
        return self._outbound.lost

    @property
    def spool_refuses(self) -> bool:
        """Whether the spool took no more when it was last asked: it is full, or the disk is."""
        return self._spool_refuses

    def full_seconds(self) -> float:
        """Return for how long since the start the workers were slowed down because no batch could be taken."""
        now = time.monotonic() - self._paused_at if self._paused else 0.0
        return self._paused_seconds + now

    def forget(self, lease_id: str) -> None:
        """Let go of a lease that has ended and been delivered."""
        self._outbound.drop(lease_id)
        self._trim()

    def close(self) -> None:
        """Leave what is not delivered to the next process, as far as the spool takes it."""
        for batch in self._outbound.in_memory():
            self._write(batch)
        lost = len(self._outbound.in_memory())
        if lost:
            log.error(
                "batches_lost", batches=lost, reason="they are not delivered and the spool does not take them"
            )
        if self._outbound.batches > lost:
            log.warning(
                "batches_wait_in_spool", batches=self._outbound.batches - lost, bytes=self.waiting().spool_bytes
            )
        if self._spool is not None:
            self._spool.close()

    def renew(self) -> None:
        """Open the stream anew, over the connection that is the newest now."""
        if self._open is not None:
            self._open.cancel()

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
            self._open = asyncio.get_running_loop().create_task(self._stream(backoff))
            try:
                await asyncio.wait({self._open})
            finally:
                self._open.cancel()
                await asyncio.gather(self._open, return_exceptions=True)
            try:
                self._open.result()
            except grpc.aio.AioRpcError as error:
                log.warning("uplink_lost", code=error.code().name, detail=error.details())
            except asyncio.CancelledError:
                log.warning("uplink_lost", code="CANCELLED", detail="the controller is silent")
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

    def _request(self, batch: Kept) -> agent_pb2.StreamSamplesRequest:
        columns = batch.columns
        if columns is None and self._spool is not None and batch.place is not None:
            try:
                columns = self._spool.read(batch.place, batch.crc32)
            except DamagedError as error:
                log.error("batch_lost", lease_id=batch.lease_id, batch_number=batch.number, reason=str(error))  # noqa: TRY400
                self._outbound.lose(batch)
        return agent_pb2.StreamSamplesRequest(
            agent_id=self._agent_id,
            lease_id=batch.lease_id,
            batch_number=batch.number,
            columns=columns or LOST,
            crc32=batch.crc32,
        )

    def _receive(self, response: agent_pb2.StreamSamplesResponse) -> None:
        lease_id, reason = response.lease_id, response.refused_reason
        if not reason:
            self._outbound.acknowledge(lease_id, response.committed_batch_number)
        elif reason in _FINAL_REFUSALS or not self._resend(response):
            self._refuse(lease_id, reason)
        self._acknowledged.set()
        if not self._outbound.unacknowledged(lease_id):
            self._on_acknowledged(lease_id)
            if lease_id in self._restored:
                self._restored.discard(lease_id)
                self._trim()
                log.info("spool_delivered", lease_id=lease_id, leases_left=len(self._restored))
        self._balance()

    def _resend(self, response: agent_pb2.StreamSamplesResponse) -> bool:
        lost = self._outbound.lost
        again = self._outbound.resend(
            response.lease_id,
            response.refused_batch_number,
            response.committed_batch_number,
            corrupt=response.refused_reason in ("CORRUPT_BATCH", "BATCH_TOO_LARGE"),
        )
        log.info(
            "batches_resent",
            lease_id=response.lease_id,
            reason=response.refused_reason,
            after=response.committed_batch_number,
        )
        if lost := self._outbound.lost - lost:
            log.error("batches_lost", lease_id=response.lease_id, batches=lost, reason=response.refused_reason)
        self._changed.set()
        return again

    def _refuse(self, lease_id: str, reason: str) -> None:
        batches = self._outbound.drop(lease_id)
        if not batches:
            return  # this one was under way behind one that was refused before
        self._restored.discard(lease_id)
        self._trim()
        self._refused_batches += batches
        log.warning(
            "batches_refused", lease_id=lease_id, reason=reason, batches=batches, since_start=self._refused_batches
        )
        self._on_refused(lease_id, reason)

    def _restore(self, spool: Spool) -> set[str]:
        left = sorted(spool.recover(), key=lambda one: one[0].number)
        for header, place in left:
            self._outbound.restore(header, place)
        leases = {header.lease_id for header, _ in left}
        if leases:
            log.warning(
                "spool_recovered",
                batches=self._outbound.batches,
                leases=len(leases),
                bytes=self.waiting().spool_bytes,
            )
        return leases

    def _trim(self) -> None:
        if self._spool is not None:
            self._spool.trim()

    def _write(self, batch: Kept) -> None:
        if self._spool is None or batch.columns is None:
            return
        try:
            place = self._spool.append(batch.header, batch.columns)
        except OSError as error:
            if not self._spool_refuses:
                self._spool_refuses = True
                log.error("spool_refuses", reason=error.strerror, spool_bytes=self.waiting().spool_bytes)  # noqa: TRY400
        else:
            self._outbound.spooled(batch, place)

    def _balance(self) -> None:
        kept = self._outbound.memory_bytes
        if self._spool_refuses and not kept:
            self._spool_refuses = False
            log.info("spool_accepts")
        paused = kept > self._memory_bytes * (_RESUME_SHARE if self._paused else 1)
        if paused == self._paused:
            return
        now = time.monotonic()
        if paused:
            self._paused_at = now
        else:
            self._paused_seconds += now - self._paused_at
        self._paused = paused
        self._pause_workers(paused)
        # It may be full and not full many times a second.
        if paused and now - self._told_at > _TELL_SECONDS:
            self._told_at = now
            log.warning(
                "uplink_full", full=True, seconds_before=round(self._paused_seconds, 1), **self.waiting()._asdict()
            )
