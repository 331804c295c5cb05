"""Batches on their way to the controller: numbered, kept until acknowledged, resent when needed. No I/O."""

from __future__ import annotations

import zlib
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import NamedTuple

# A batch that arrives corrupt this often is corrupt here.
_MOST_REFUSALS = 5


class Numbered(NamedTuple):
    """A batch as it is sent."""

    lease_id: str
    number: int
    columns: bytes
    crc32: int


@dataclass(slots=True)
class _Lease:
    last: int = 0
    kept: OrderedDict[int, Numbered] = field(default_factory=OrderedDict)
    next_send: int = 1
    refusals: int = 0
    stale: int = 0  # refusals still to come for batches that were under way behind a refused one


class Outbound:
    """The unacknowledged batches of all leases.

    Attributes:
        kept_bytes: Memory held by them.
    """

    def __init__(self) -> None:
        self._leases: dict[str, _Lease] = {}
        self.kept_bytes = 0

    def add(self, lease_id: str, columns: bytes) -> None:
        """Number a batch of a lease: 1, 2, 3, ..."""
        lease = self._leases.setdefault(lease_id, _Lease())
        lease.last += 1
        lease.kept[lease.last] = Numbered(lease_id, lease.last, columns, zlib.crc32(columns))
        self.kept_bytes += len(columns)

    def last_number(self, lease_id: str) -> int:
        """Return the number of the last batch, 0 when there are none."""
        return self._leases[lease_id].last if lease_id in self._leases else 0

    def unacknowledged(self, lease_id: str) -> int:
        """Return how many batches of a lease are kept."""
        return len(self._leases[lease_id].kept) if lease_id in self._leases else 0

    def delivered(self) -> bool:
        """Return whether nothing is kept."""
        return self.kept_bytes == 0

    def next(self) -> Numbered | None:
        """Return the next batch to send, None when all have been sent."""
        for lease in self._leases.values():
            batch = lease.kept.get(lease.next_send)
            if batch is not None:
                lease.next_send += 1
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
            self.kept_bytes -= len(batch.columns)
            lease.refusals = lease.stale = 0
        lease.next_send = max(lease.next_send, min(number, lease.last) + 1)

    def resend(self, lease_id: str, refused: int, committed: int) -> bool:
        """Send again what follows the last committed batch; False when that has been tried often enough.

        Args:
            lease_id: The lease.
            refused: Number of the refused batch.
            committed: Number of the last committed batch.
        """
        lease = self._leases.get(lease_id)
        if lease is None:
            return True
        if lease.stale:
            lease.stale -= 1
            return True
        behind = lease.next_send - 1 - refused
        self.acknowledge(lease_id, committed)
        lease.next_send = next(iter(lease.kept), lease.last + 1)
        lease.stale = max(0, behind)
        lease.refusals += 1
        return lease.refusals <= _MOST_REFUSALS

    def drop(self, lease_id: str) -> None:
        """Forget a lease and what is kept of it."""
        lease = self._leases.pop(lease_id, None)
        if lease is not None:
            self.kept_bytes -= sum(len(batch.columns) for batch in lease.kept.values())
