"""Rows of the store as arrays: sums of requests, and single requests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import compress

import numpy as np

from loadcell.stats.columns import Ints, Mask


@dataclass(frozen=True, slots=True)
class RollupRows:
    """Sums of the requests of a context that began in a span of time; the same length in everything.

    Attributes:
        seconds: length of each span.
        start: its beginning, microseconds since 1970.
        context: context_key.
        columns: columns of rollups by name; always ok_count and error_count.
        sketches: packed sketches by the name of their column.
        classes: JSON objects, number of ErrorClass to count; empty when not asked for.
    """

    seconds: Ints
    start: Ints
    context: Ints
    columns: Mapping[str, Ints]
    sketches: Mapping[str, Sequence[bytes]]
    classes: Sequence[str] = ()

    def where(self, kept: Mask) -> RollupRows:
        """Return the rows that are kept."""
        if kept.all():
            return self
        mine = kept.tolist()
        return RollupRows(
            self.seconds[kept],
            self.start[kept],
            self.context[kept],
            {name: values[kept] for name, values in self.columns.items()},
            {name: list(compress(blobs, mine)) for name, blobs in self.sketches.items()},
            list(compress(self.classes, mine)),
        )


@dataclass(frozen=True, slots=True)
class RequestRows:
    """Single requests; `columns` are those of traces by name."""

    columns: Mapping[str, Ints]

    def __len__(self) -> int:
        """Return the number of requests."""
        return len(self.columns["ts"])

    def where(self, kept: Mask) -> RequestRows:
        """Return the requests that are kept."""
        return RequestRows({name: values[kept] for name, values in self.columns.items()})


@dataclass(frozen=True, slots=True)
class Contexts:
    """Contexts that were asked for, in the order of their keys, and their values by dimension.

    `every`: they are all there are, so that nothing needs to be looked up to leave others out.
    """

    keys: Ints
    values: Mapping[str, Sequence[str | None]]
    every: bool

    def positions(self, context: Ints) -> Ints:
        """Return the position of each context_key in `keys`, -1 for one that was not asked for."""
        if not len(self.keys):
            return np.full(len(context), -1)
        found = np.minimum(np.searchsorted(self.keys, context), len(self.keys) - 1)
        return np.where(self.keys[found] == context, found, -1)
