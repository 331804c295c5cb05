"""Sets of ordinals as ranges: requests of a level that have ended lie next to one another but for a few."""

from __future__ import annotations

import zlib

import numpy as np

from loadcell.stats.columns import Ints

_PENDING = 1_000_000  # ordinals that wait to be put into ranges together


def pack(ordinals: Ints) -> bytes:
    """Return ordinals as bytes. Those of a worker have equal distances, which compress well."""
    return zlib.compress(np.diff(np.sort(ordinals), prepend=0).astype("<i8").tobytes(), 1)


def unpack(packed: bytes) -> Ints:
    """Return packed ordinals, ascending."""
    ordinals: Ints = np.cumsum(np.frombuffer(zlib.decompress(packed), "<i8").astype(np.int64))
    return ordinals


class Ordinals:
    """Counts different ordinals; memory goes with the number of ranges."""

    def __init__(self) -> None:
        self._starts, self._ends = np.zeros(0, np.int64), np.zeros(0, np.int64)
        self._pending: list[Ints] = []
        self._waiting = 0

    def add(self, ordinals: Ints) -> None:
        """Add ordinals, in any order and however often."""
        self._pending.append(ordinals)
        self._waiting += len(ordinals)
        if self._waiting > _PENDING:
            self._settle()

    def __len__(self) -> int:
        self._settle()
        return int((self._ends - self._starts).sum())

    def _settle(self) -> None:
        fresh = np.unique(np.concatenate([np.zeros(0, np.int64), *self._pending]))
        self._pending, self._waiting = [], 0
        starts, ends = np.concatenate([self._starts, fresh]), np.concatenate([self._ends, fresh + 1])
        order = np.argsort(starts, kind="stable")
        starts, ends = starts[order], np.maximum.accumulate(ends[order])
        first = np.ones(len(starts), np.bool_)
        first[1:] = starts[1:] > ends[:-1]
        last = np.append(first[1:], True)[: len(starts)]
        self._starts, self._ends = starts[first], ends[last]
