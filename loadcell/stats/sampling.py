"""Which requests of a run are kept as traces: chosen by seed and ordinal alone, so that agents do not matter."""

from __future__ import annotations

import numpy as np

from loadcell.stats.columns import Ints, Mask

_UNITS = 1 << 53  # so many equal parts of 0 to 1 a float64 tells apart
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)


def chosen(ordinals: Ints, *, seed: int, level: int, rate: float) -> Mask:
    """Return which requests of a level are in the sample of a rate (0 to 1) of its run.

    A sample of a lower rate is part of that of a higher one.
    """
    of_level = _mix(_mix(np.array([seed], np.int64).astype(np.uint64)) + np.uint64(level))
    hashes = _mix(ordinals.astype(np.uint64) + of_level) >> np.uint64(11)
    mask: Mask = hashes < np.uint64(round(rate * _UNITS))
    return mask


def _mix(values: np.ndarray[tuple[int], np.dtype[np.uint64]]) -> np.ndarray[tuple[int], np.dtype[np.uint64]]:
    """SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", OOPSLA 2014)."""
    mixed = values + _GOLDEN
    mixed = (mixed ^ (mixed >> np.uint64(30))) * _FIRST
    mixed = (mixed ^ (mixed >> np.uint64(27))) * _SECOND
    return mixed ^ (mixed >> np.uint64(31))
