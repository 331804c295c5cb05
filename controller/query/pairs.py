"""Which levels of runs can be compared: those of the same load."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from loadcell.errors import LoadcellError
from loadcell.levels import level_key
from loadcell.v1 import result_pb2

MAX_PAIRS = 1_000  # an answer has some twenty deltas and up to fifty outcomes of gates for each


@dataclass(frozen=True, slots=True)
class Pair:
    """A level that the first run and another one have."""

    run_id: str
    key: str
    base: result_pb2.LevelResult
    level: result_pb2.LevelResult


def pair_levels(results: Sequence[result_pb2.RunResult]) -> list[Pair]:
    """Return the levels of every further run beside those of the first, in the order of the runs and their levels.

    A run may have the same load several times: its first level then belongs to the first of the other, and so on.

    Raises:
        LoadcellError: LIMIT_EXCEEDED, there are more than 1,000 pairs.
    """
    of_base: dict[str, list[result_pb2.LevelResult]] = defaultdict(list)
    for level in results[0].results:
        of_base[key_of(level)].append(level)
    pairs: list[Pair] = []
    for result in results[1:]:
        left = {key: iter(levels) for key, levels in of_base.items()}
        for level in result.results:
            key = key_of(level)
            base = next(left.get(key, iter(())), None)
            if base is not None:
                pairs.append(Pair(result.run_id, key, base, level))
    if len(pairs) > MAX_PAIRS:
        raise LoadcellError(
            "LIMIT_EXCEEDED",
            f"the runs have {len(pairs):,} levels in common with the first, at most {MAX_PAIRS:,} are compared at"
            " once; compare fewer runs",
            field="run_ids",
        )
    return pairs


def key_of(level: result_pb2.LevelResult) -> str:
    """Return the key of a level in a comparison."""
    return level_key(level.concurrency, level.requested_rate)
