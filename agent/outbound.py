"""Batches on their way to the controller: numbered, kept until acknowledged, resent when needed. No I/O."""

from __future__ import annotations

import zlib
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from agent.spool.record import Header, Place

# A batch that arrives corrupt this often is corrupt here.
_MOST_REFUSALS = 5
# More batches than this are not missing through damage on a disk: the controller has another history than we.
_MOST_MISSING = 10_000
# What is sent in the place of a batch that is lost. Its lease has no gap then, and what follows it is delivered.
LOST = b""


@dataclass(slots=True, eq=False)
class Kept:
    """A batch that is not acknowledged: its bytes are in memory or, with a place, in the spool."""

    lease_id: str
    number: int
    crc32: int
    columns: bytes | None
    place: Place | None = None

    @property
    def header(self) -> Header:
        """What the spool writes before the bytes of a batch in memory."""
        return Header(self.lease_id, self.number, len(self.columns or b""), self.crc32)


@dataclass(slots=True)
class _Lease:
    last: int = 0
    kept: OrderedDict[int, Kept] = field(default_factory=OrderedDict)  # ascending
    next_send: int = 1
    refusals: int = 0
    stale: int = 0  # refusals still to come for batches that were under way behind a refused one


class Outbound:
    """The unacknowledged batches of all leases.

    Args:
        release: Called with the place of every batch that the spool need not keep any more.

    Attributes:
        batches: How many they are.
        memory_bytes: What is kept of them in memory.
        spool_bytes: What is kept of them in the spool.
        lost: Batches that were lost since the start, here or before.
    """

    def __init__(self, release: Callable[[Place], None] = lambda _: None) -> None:
        self._release = release
        self._leases: OrderedDict[str, _Lease] = OrderedDict()
        self.batches = 0
        self.memory_bytes = 0
        self.spool_bytes = 0
        self.lost = 0

    def add(self, lease_id: str, columns: bytes) -> Kept:
        """Number a batch of a lease, 1, 2, 3, ..., and keep it in memory."""
        lease = self._leases.setdefault(lease_id, _Lease())
        lease.last += 1
        return self._keep(lease, Kept(lease_id, lease.last, zlib.crc32(columns), columns))

    def restore(self, header: Header, place: Place) -> None:
        """Keep a batch that an earlier process has left in the spool; those of a lease in ascending order."""
        lease = self._leases.setdefault(header.lease_id, _Lease())
        if header.number <= lease.last:
            self._release(place)
            return
        lease.last = header.number
        self._keep(lease, Kept(header.lease_id, header.number, header.crc32, None, place))

    def spooled(self, batch: Kept, place: Place) -> None:
        """The bytes of a batch lie in the spool: they leave the memory."""
        self.memory_bytes -= len(batch.columns or b"")
        self.spool_bytes += place.length
        batch.columns, batch.place = None, place

    def lose(self, batch: Kept) -> None:
        """The bytes of a batch are lost: the controller is told so in its place."""
        self._let_go(batch)
        batch.columns, batch.place, batch.crc32 = LOST, None, zlib.crc32(LOST)
        self.batches += 1
        self.lost += 1

    def in_memory(self) -> list[Kept]:
        """Return the batches that are in memory only."""
        return [batch for lease in self._leases.values() for batch in lease.kept.values() if batch.place is None]

    def last_number(self, lease_id: str) -> int:
        """Return the number of the last batch, 0 when there are none."""
        return self._leases[lease_id].last if lease_id in self._leases else 0

    def unacknowledged(self, lease_id: str) -> int:
        """Return how many batches of a lease are kept."""
        return len(self._leases[lease_id].kept) if lease_id in self._leases else 0

    def delivered(self) -> bool:
        """Return whether nothing is kept."""
        return self.batches == 0

    def next(self) -> Kept | None:
        """Return the next batch to send, None when all have been sent; the leases take turns."""
        for lease_id, lease in self._leases.items():
            if not lease.kept or lease.next_send > lease.last:
                continue
            batch = lease.kept.get(lease.next_send)
            if batch is None:  # numbers are missing of what an earlier process has left
                batch = next((kept for number, kept in lease.kept.items() if number > lease.next_send), None)
            if batch is not None:
                lease.next_send = batch.number + 1
                self._leases.move_to_end(lease_id)
                return batch
        return None

    def rewind(self) -> None:
        """Send everything that is kept once more: the connection was lost."""
        for lease in self._leases.values():
            lease.next_send = next(iter(lease.kept), lease.last + 1)
            lease.stale = 0

    def acknowledge(self, lease_id: str, number: int) -> None:
        """Let go of the batches up to a number."""
        lease = self._leases.get(lease_id)
        if lease is None:
            return
        while lease.kept and next(iter(lease.kept)) <= number:
            _, batch = lease.kept.popitem(last=False)
            self._let_go(batch)
            lease.refusals = lease.stale = 0
        lease.next_send = max(lease.next_send, min(number, lease.last) + 1)

    def resend(self, lease_id: str, refused: int, committed: int, *, corrupt: bool = False) -> bool:
        """Send again what follows the last committed batch; False when that has been tried often enough.

        Numbers that are missing here are told to be lost, and so is a batch that is corrupt whenever it arrives:
        it must not keep back those behind it.

        Args:
            lease_id: The lease.
            refused: Number of the refused batch.
            committed: Number of the last committed batch.
            corrupt: Whether it was refused for what it is, not for its number.
        """
        lease = self._leases.get(lease_id)
        if lease is None:
            return True
        if lease.stale:
            lease.stale -= 1
            return True
        behind = sum(refused < number < lease.next_send for number in lease.kept)
        self.acknowledge(lease_id, committed)
        if not self._fill(lease_id, lease, committed):
            return False
        lease.next_send = next(iter(lease.kept), lease.last + 1)
        lease.stale = behind
        lease.refusals += 1
        batch = lease.kept.get(refused)
        if corrupt and lease.refusals == _MOST_REFUSALS and batch is not None:
            self.lose(batch)
        return lease.refusals <= _MOST_REFUSALS

    def drop(self, lease_id: str) -> int:
        """Forget a lease and what is kept of it; return how many batches that were."""
        lease = self._leases.pop(lease_id, None)
        if lease is None:
            return 0
        for batch in lease.kept.values():
            self._let_go(batch)
        return len(lease.kept)

    def _keep(self, lease: _Lease, batch: Kept) -> Kept:
        lease.kept[batch.number] = batch
        self.batches += 1
        self.memory_bytes += len(batch.columns or b"")
        self.spool_bytes += batch.place.length if batch.place is not None else 0
        return batch

    def _let_go(self, batch: Kept) -> None:
        self.batches -= 1
        self.memory_bytes -= len(batch.columns or b"")
        if batch.place is not None:
            self.spool_bytes -= batch.place.length
            self._release(batch.place)

    def _fill(self, lease_id: str, lease: _Lease, committed: int) -> bool:
        """Make up for the batches between the last committed one and the first that is kept."""
        missing = range(committed + 1, next(iter(lease.kept), committed + 1))
        if len(missing) > _MOST_MISSING:
            return False
        for number in reversed(missing):
            self._keep(lease, Kept(lease_id, number, zlib.crc32(LOST), LOST))
            lease.kept.move_to_end(number, last=False)
        self.lost += len(missing)
        return True
