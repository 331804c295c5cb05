"""What changed from the first run to others, and whether that means anything."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from controller.query.figures import COMPARED, COMPARED_OPEN, Figure
from controller.query.pairs import Pair
from loadcell.stats.differences import UNKNOWN, Difference, Estimate, difference
from loadcell.v1 import run_pb2


def deltas(pairs: Iterable[Pair]) -> Iterator[run_pb2.MetricDelta]:
    """Yield the change of every figure that at least one side of a pair has."""
    for pair in pairs:
        for figure in COMPARED + (COMPARED_OPEN if pair.level.HasField("requested_rate") else ()):
            found = _delta(pair, figure)
            if found is not None:
                yield found


def _delta(pair: Pair, figure: Figure) -> run_pb2.MetricDelta | None:
    base, current = figure.estimate(pair.base), figure.estimate(pair.level)
    if base is None and current is None:
        return None
    found = (
        Difference(0.0, None, None, UNKNOWN)
        if base is None or current is None
        else difference(base, current, lower_is_better=figure.lower_is_better)
    )
    return run_pb2.MetricDelta(
        run_id=pair.run_id,
        level=pair.key,
        metric=str(figure),
        unit=figure.unit,
        base_value=None if base is None else base.value,
        value=None if current is None else current.value,
        change=None if base is None or current is None else found.change,
        change_low=None if found.interval is None else found.interval.low,
        change_high=None if found.interval is None else found.interval.high,
        change_percent=found.change_percent,
        verdict=found.verdict,
        unknown_reason=_unknown_reason(figure, base, current) if found.verdict == UNKNOWN else "",
    )


def _unknown_reason(figure: Figure, base: Estimate | None, current: Estimate | None) -> str:
    return "only one of the runs has this figure" if base is None or current is None else figure.without_interval
