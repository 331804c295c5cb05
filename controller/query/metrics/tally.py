"""Adding rows up by key: sums, smallest, largest, and sketches, in bounded memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial

import numpy as np

from loadcell.errors import LoadcellError
from loadcell.stats.columns import Ints
from loadcell.stats.packed import GroupedSketches, merge_groups

MAX_POINTS = 100_000
_ROWS_AT_ONCE = 50_000
_NONE = np.iinfo(np.int64).max  # smallest of nothing, while adding up


class Sums:
    """Rows added up. `keys` ascend; everything has one entry for each.

    Args:
        keys: the keys.
        columns: sums by name.
        sketches: what merges sketches, by name; carried out for those that somebody asks for.
    """

    def __init__(
        self, keys: Ints, columns: Mapping[str, Ints], sketches: Mapping[str, Callable[[], GroupedSketches]]
    ) -> None:
        self.keys, self.columns = keys, columns
        self._sketches = {name: cache(merge) for name, merge in sketches.items()}

    def sketch(self, name: str) -> GroupedSketches:
        """Return the merged sketches of a name."""
        return self._sketches[name]()

    def total(self) -> Sums:
        """Return the sums of all keys under the key 0, or of none when there is none."""
        count = min(len(self.keys), 1)
        everything = np.zeros(len(self.keys), np.int64)
        return Sums(
            np.zeros(count, np.int64),
            {name: reduce_rows(name, values, everything, count) for name, values in self.columns.items()},
            {name: partial(_total, merge) for name, merge in self._sketches.items()},
        )


class Tally:
    """Adds up rows by key, `..._min` as the smallest and `..._max` as the largest; -1 is none for these two."""

    def __init__(self, columns: Sequence[str], sketches: Sequence[str], width_field: str) -> None:
        self._width_field = width_field
        self._names, self._sketch_names = list(columns), list(sketches)
        self._keys: list[Ints] = []
        self._columns: dict[str, list[Ints]] = {name: [] for name in columns}
        self._sketches: dict[str, list[bytes]] = {name: [] for name in sketches}
        self._rows = 0
        self._compact_at = _ROWS_AT_ONCE

    def add(self, keys: Ints, columns: Mapping[str, Ints], sketches: Mapping[str, Sequence[bytes]]) -> None:
        """Add rows.

        Raises:
            LoadcellError: LIMIT_EXCEEDED, there are more than MAX_POINTS keys.
        """
        self._keys.append(keys)
        for name in self._names:
            self._columns[name].append(columns[name])
        for name in self._sketch_names:
            self._sketches[name].extend(sketches[name])
        self._rows += len(keys)
        if self._rows > self._compact_at:
            self._compact()

    def sums(self) -> Sums:
        """Return what was added.

        Raises:
            LoadcellError: As `add`.
        """
        keys, inverse = self._unique()
        columns = {
            name: reduce_rows(name, _joined(self._columns[name]), inverse, len(keys)) for name in self._names
        }
        return Sums(
            keys,
            columns,
            {name: partial(merge_groups, blobs, inverse, len(keys)) for name, blobs in self._sketches.items()},
        )

    def _unique(self) -> tuple[Ints, Ints]:
        keys, inverse = np.unique(_joined(self._keys), return_inverse=True)
        check_points(len(keys), self._width_field)
        return keys, inverse

    def _compact(self) -> None:
        sums = self.sums()
        self._keys = [sums.keys]
        self._columns = {name: [values] for name, values in sums.columns.items()}
        self._sketches = {
            name: [merged.pack(group) for group in range(len(sums.keys))]
            for name in self._sketch_names
            for merged in [sums.sketch(name)]
        }
        self._rows = len(sums.keys)
        # So that all compacting together takes no longer than reading.
        self._compact_at = max(_ROWS_AT_ONCE, 3 * self._rows)


def check_points(count: int, width_field: str) -> None:
    """Refuse an answer of too many points; `width_field` is the parameter that says how wide they are.

    Raises:
        LoadcellError: LIMIT_EXCEEDED.
    """
    if count > MAX_POINTS:
        raise LoadcellError(
            "LIMIT_EXCEEDED",
            f"the answer has more than {MAX_POINTS:,} points; ask for wider ones, less time or fewer dimensions",
            field=width_field,
        )


def reduce_rows(name: str, values: Ints, inverse: Ints, count: int) -> Ints:
    """Return the values of rows with the same number added up, `..._min` and `..._max` as the extremes."""
    if name.endswith("_min"):
        return _smallest(values, inverse, count)
    start, add = (-1, np.maximum.at) if name.endswith("_max") else (0, np.add.at)
    sums = np.full(count, start, np.int64)
    add(sums, inverse, values)
    return sums


def _total(merge: Callable[[], GroupedSketches]) -> GroupedSketches:
    return merge().total()


def _smallest(values: Ints, inverse: Ints, count: int) -> Ints:
    smallest = np.full(count, _NONE)
    np.minimum.at(smallest, inverse, np.where(values < 0, _NONE, values))
    return np.where(smallest == _NONE, -1, smallest)


def _joined(parts: Sequence[Ints]) -> Ints:
    return np.concatenate(parts) if parts else np.zeros(0, np.int64)
