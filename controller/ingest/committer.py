"""Commits batches in groups: all that wait go into one transaction, then each is acknowledged.

A lease's batches are taken in order, 1, 2, 3. One that is there already is acknowledged again and counted once;
one that comes too early is refused, and its sender goes back to the number that was committed.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice

import structlog

from controller.ingest.decode import Batch, CorruptBatchError, decode, rows
from controller.ingest.prices import Prices
from controller.ingest.totals import NOT_COMMITTED, Totals
from controller.metrics import names
from controller.store.database import Connection, Database
from controller.store.leases import get_lease
from controller.store.origins import Origin, get_origin
from controller.store.ownership import book_results
from controller.store.records import LeaseRecord
from controller.store.samples import BatchRows, Refused, count_errors, insert_batches
from loadcell.errors import LoadcellError
from loadcell.metric_sheet import Sheet
from loadcell.stats.pricing import PriceList
from loadcell.v1 import agent_pb2

log = structlog.get_logger()

MAX_WAITING = 64  # batches decoded and not yet committed, over all agents
# Between the beginnings of two commits, at least: one costs milliseconds whatever the number of its batches.
GATHER_SECONDS = 0.05
BOOKED_SECONDS = 60.0  # within which this process makes the result of an ended run again, before others may
MAX_LEASES = 20_000  # that are known at once; what is known of the others is read again
MAX_DELETED = 10_000  # leases of deleted runs that are remembered

Ack = agent_pb2.StreamSamplesResponse
OnCommitted = Callable[[LeaseRecord, int, Batch], None]
"""Is told of every committed batch: its lease, its number and its content."""


@dataclass(slots=True)
class _Lease:
    """What has been taken of a lease: `accepted` is in the queue or stored, `committed` is stored."""

    record: LeaseRecord
    origin: Origin
    failures: Counter[int]  # kept by class, where not all requests are; the decoder's
    committed: int
    accepted: int
    last: asyncio.Future[Ack] | None = None  # of the newest accepted batch
    broken: bool = False  # a batch could not be stored, so none after it may be


@dataclass(frozen=True, slots=True)
class _Waiting:
    lease: _Lease
    number: int
    batch: Batch
    stored: BatchRows
    done: asyncio.Future[Ack]
    since: float = field(default_factory=time.monotonic)


@dataclass(slots=True)
class Committer:
    """The one way into the store for samples. `run` must be running."""

    database: Database
    on_committed: OnCommitted
    owner: str
    totals: Totals = field(default_factory=Totals)
    _prices: Prices = field(init=False)
    _leases: OrderedDict[str, _Lease] = field(default_factory=OrderedDict)  # those used last at the end
    _deleted: OrderedDict[str, None] = field(default_factory=OrderedDict)
    _waiting: deque[_Waiting] = field(default_factory=deque)
    _committing: list[_Waiting] = field(default_factory=list)
    _slots: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(MAX_WAITING))
    _arrived: asyncio.Event = field(default_factory=asyncio.Event)
    _begun: float = 0.0  # the last commit, seconds of the event loop's clock
    _closed: bool = False
    # Decoding a large batch takes tens of milliseconds; heartbeats must not wait for it.
    _decoder: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "ingest-decoder"))

    def __post_init__(self) -> None:
        self._prices = Prices(self.database)

    async def accept(self, request: agent_pb2.StreamSamplesRequest) -> asyncio.Future[Ack]:
        """Take a batch; the future is done when it is committed or refused.

        Waits while too many batches are on their way, which holds back the sender through gRPC's flow control.
        """
        refused = await self._check(request)
        if refused is not None:
            return refused
        lease = self._leases[request.lease_id]
        try:
            prices = await self._prices.current()
            batch, stored = await asyncio.get_running_loop().run_in_executor(
                self._decoder, _prepare, request, lease, prices
            )
        except CorruptBatchError as error:
            self.totals.refused[error.reason] += 1
            log.warning(
                "batch_refused", lease_id=request.lease_id, batch_number=request.batch_number, error=str(error)
            )
            return _refuse(request, error.reason, lease.committed)
        await self._slots.acquire()
        queued = False
        try:
            # Another stream of the same agent, or a deletion, may have been quicker meanwhile.
            refused = await self._check(request)
            if refused is not None:
                return refused
            lease = self._leases[request.lease_id]
            done = _future()
            lease.accepted, lease.last = request.batch_number, done
            self._waiting.append(_Waiting(lease, request.batch_number, batch, stored, done))
            queued = True
        finally:
            # The look may fail, and the stream may end in the middle of it.
            if not queued:
                self._slots.release()
        self._arrived.set()
        return done

    async def run(self) -> None:
        """Commit what waits, until `close` and nothing does."""
        while self._waiting or not self._closed:
            await self._arrived.wait()
            await self._gather()
            self._arrived.clear()
            group = list(self._waiting)
            self._waiting.clear()
            for item in group:
                if item.lease.broken:
                    self._slots.release()
                    self._reject(item, "BATCH_GAP")
            group = [item for item in group if not item.lease.broken]
            if not group:
                continue
            try:
                await self._commit(group)
            except Exception:
                # Ingest must go on for everybody else; the senders of these begin again after what is stored.
                log.exception("commit_failed")
                self._fail(group, LoadcellError("INTERNAL_SERVER_ERROR", "an unexpected error; see the log"))

    def forget(self, lease_ids: Iterable[str], *, deleted: bool = False) -> None:
        """Drop what is known of leases; those of a deleted run are refused from now on."""
        for lease_id in lease_ids:
            self._leases.pop(lease_id, None)
            if deleted:
                self._deleted[lease_id] = None
        while len(self._deleted) > MAX_DELETED:
            self._deleted.popitem(last=False)

    def fill(self, sheet: Sheet) -> None:
        """Write down the metrics of what was committed and of what waits for it."""
        self.totals.fill(sheet)
        waiting = [*self._committing, *self._waiting]
        sheet.add(names.BUFFER_SIZE, (), len(waiting))
        since = min((item.since for item in waiting), default=None)
        sheet.add(names.INGEST_LAG, (), self.totals.lag_seconds(since))

    def close(self) -> None:
        """End the decoder's thread, once it has decoded what it was given, and `run`, once nothing waits any more.

        To be called when no more batches are accepted.
        """
        self._closed = True
        self._arrived.set()
        self._decoder.shutdown()

    async def _check(self, request: agent_pb2.StreamSamplesRequest) -> asyncio.Future[Ack] | None:
        """Return the answer to a batch that is not to be stored, None for the next one of its lease."""
        lease = self._leases.get(request.lease_id) or await self._load(request.lease_id)
        if lease is not None and not lease.origin.start_micros:
            lease = await self._load(request.lease_id)  # it was started meanwhile
        if request.lease_id in self._leases:
            self._leases.move_to_end(request.lease_id)
        if lease is None:
            deleted = request.lease_id in self._deleted
            return _refuse(request, "RUN_DELETED" if deleted else "UNKNOWN_LEASE", 0)
        if lease.record.agent_id != request.agent_id:
            return _refuse(request, "WRONG_AGENT", 0)
        if request.batch_number > lease.accepted + 1 and lease.accepted == lease.committed:
            # Batches may have gone through another controller that shares the database.
            lease = await self._load(request.lease_id) or lease
        if request.batch_number < 1 or request.batch_number > lease.accepted + 1:
            return _refuse(request, "BATCH_GAP", lease.committed)
        if request.batch_number == lease.accepted + 1:
            return None
        self.totals.duplicates += 1
        if request.batch_number > lease.committed and lease.last is not None:
            return lease.last
        return _answer(Ack(lease_id=request.lease_id, committed_batch_number=lease.committed))

    async def _load(self, lease_id: str) -> _Lease | None:
        found = await self.database.read(lambda c: _find(c, lease_id))
        if found is None:
            return None
        record, origin, failures = found
        known = self._leases.get(lease_id)
        if known is not None and known.accepted >= record.committed_batch_number:
            known.origin = origin
            return known
        number = record.committed_batch_number
        lease = self._leases[lease_id] = _Lease(record, origin, failures, committed=number, accepted=number)
        self._forget_idle()
        return lease

    def _forget_idle(self) -> None:
        """Drop what is known of the leases that were used longest ago; what is on its way is still needed."""
        for lease_id in list(islice(self._leases, max(0, len(self._leases) - MAX_LEASES))):
            if self._leases[lease_id].accepted == self._leases[lease_id].committed:
                del self._leases[lease_id]

    async def _gather(self) -> None:
        """Let batches come together for a commit."""
        clock = asyncio.get_running_loop().time
        if not self._closed and (left := self._begun + GATHER_SECONDS - clock()) > 0:
            await asyncio.sleep(left)
        self._begun = clock()

    async def _commit(self, group: list[_Waiting]) -> None:
        parts = [item.stored for item in group]

        def store(connection: Connection) -> Refused:
            refused = insert_batches(connection, parts)
            # In the same transaction: whatever becomes of this process, they must reach the results.
            book_results(connection, {part.lease_key for part in parts}, self.owner, BOOKED_SECONDS)
            return refused

        self._committing, begun = group, time.perf_counter()
        try:
            refused = await self.database.write(store, repeatable=True)
        except LoadcellError as error:
            self._fail(group, error)
            return
        finally:
            self._committing = []
            for _ in group:
                self._slots.release()
        self.totals.wrote(time.perf_counter() - begun)
        for item in group:
            reason = refused.get((item.lease.record.lease_key, item.number))
            if reason is not None:
                self._reject(item, reason)
                continue
            item.lease.committed = max(item.number, item.lease.committed)
            self.totals.committed(item.lease.origin, item.batch.arrays)
            self.totals.models.add(item.lease.origin, item.batch.arrays, item.stored.rollups)
            _set(item.done, Ack(lease_id=item.lease.record.lease_id, committed_batch_number=item.number))
            self.on_committed(item.lease.record, item.number, item.batch)

    def _fail(self, group: list[_Waiting], error: LoadcellError) -> None:
        """Nothing of the group is stored: the senders reconnect and begin again after what is."""
        self.totals.refused[NOT_COMMITTED] += len(group)
        log.error("batches_not_committed", count=len(group), error=str(error.__cause__ or error))
        for item in group:
            self._break(item.lease)
            if not item.done.done():
                item.done.set_exception(error)

    def _reject(self, item: _Waiting, reason: str) -> None:
        self.totals.refused[reason] += 1
        self._break(item.lease)
        lease_id = item.lease.record.lease_id
        log.warning("batch_refused", lease_id=lease_id, batch_number=item.number, error=reason)
        _set(
            item.done,
            Ack(
                lease_id=lease_id,
                committed_batch_number=item.lease.committed,
                refused_reason=reason,
                refused_batch_number=item.number,
            ),
        )

    def _break(self, lease: _Lease) -> None:
        """Refuse what follows in the queue; the next batch that arrives reads the database's word again."""
        lease.broken = True
        if self._leases.get(lease.record.lease_id) is lease:
            del self._leases[lease.record.lease_id]


def _find(connection: Connection, lease_id: str) -> tuple[LeaseRecord, Origin, Counter[int]] | None:
    record = get_lease(connection, lease_id)
    if record is None:
        return None
    origin = get_origin(connection, record)
    return record, origin, Counter() if origin.keeping is None else count_errors(connection, record)


def _prepare(request: agent_pb2.StreamSamplesRequest, known: _Lease, prices: PriceList) -> tuple[Batch, BatchRows]:
    lease, origin = known.record, known.origin
    batch = decode(request.columns, request.crc32)
    stored = rows(
        batch,
        origin,
        prices,
        known.failures,
        run_key=lease.run_key,
        level=lease.level,
        lease_key=lease.lease_key,
        batch_number=request.batch_number,
    )
    return batch, stored


def _future() -> asyncio.Future[Ack]:
    future: asyncio.Future[Ack] = asyncio.get_running_loop().create_future()
    # The stream that waits for it may be gone when it fails.
    future.add_done_callback(lambda done: done.cancelled() or done.exception())
    return future


def _set(future: asyncio.Future[Ack], ack: Ack) -> None:
    if not future.done():
        future.set_result(ack)


def _answer(ack: Ack) -> asyncio.Future[Ack]:
    future = _future()
    future.set_result(ack)
    return future


def _refuse(request: agent_pb2.StreamSamplesRequest, reason: str, committed: int) -> asyncio.Future[Ack]:
    return _answer(
        Ack(
            lease_id=request.lease_id,
            committed_batch_number=committed,
            refused_reason=reason,
            refused_batch_number=request.batch_number,
        )
    )
