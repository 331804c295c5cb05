"""A level known by sums and sketches, on one time axis: what `measured` is to a level known by its requests."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from controller.report.facts import Folded, LevelFacts
from controller.report.measured import Level, lease_shifts, ramp_downs, told_end
from loadcell.stats.fold import Fold, fold, merge_folds
from loadcell.stats.ticks import TICK
from loadcell.stats.window import ROUNDS_FOR_STEADY, STEADY, WHOLE, MeasuredWindow, time_window


@dataclass(frozen=True, slots=True)
class FoldedLevel(Level):
    """A level without its warm-up; offsets count from the start of the level."""

    leases: list[Fold]  # by position
    whole: Fold
    window: MeasuredWindow
    executed: int

    @property
    def request_count(self) -> int:
        """Requests that were begun, twice where two agents made one."""
        return len(self.whole)

    @property
    def span(self) -> tuple[int, int] | None:
        """First start and last end in microseconds, None without requests."""
        extremes = self.whole.extremes
        return (extremes["first_start"], extremes["last_end"]) if len(self.whole) else None

    @property
    def token_sources(self) -> Counter[int]:
        """Successes by number of TokenSource."""
        return self.whole.token_sources

    @property
    def censored(self) -> list[int]:
        """CENSORED requests by position of their lease."""
        return [one.counts["censored"] for one in self.leases]

    def count(self, name: str, part: MeasuredWindow) -> int:
        """Return the sum of a column of ticks in a part of the time, whose ends are those of ticks or of all."""
        return self.whole.ticks.count(name, *self._ticks(part))

    def tokens(self, part: MeasuredWindow) -> float:
        """Return the output tokens that came in a part of the time."""
        return self.whole.ticks.tokens(*self._ticks(part))

    def _ticks(self, part: MeasuredWindow) -> tuple[int, int]:
        after_all = part.kind == WHOLE
        return part.start_micros // TICK, part.end_micros // TICK + (1 if after_all else 0)


def measure_folded(facts: LevelFacts, folded: Folded) -> FoldedLevel:
    """Return what a level adds up to with its window."""
    rows = facts.samples.where(facts.samples.warmup == 0)
    shifts = lease_shifts(facts).tolist()
    leases = [
        merge_folds(
            [
                folded.folds.get(position, Fold()),
                fold(rows.where(rows.lease == position), facts.finish_reasons, folded.objectives),
            ]
        ).later(shift)
        for position, shift in enumerate(shifts)
    ]
    whole = merge_folds(leases)
    return FoldedLevel(facts, leases, whole, _window(facts, leases, whole), len(folded.ordinals))


def _window(facts: LevelFacts, leases: list[Fold], whole: Fold) -> MeasuredWindow:
    """Return the window as it is without sums, but ending with a tick where it ends in the midst of the load."""
    if facts.plan.duration_micros:
        last_end = whole.extremes.get("last_end")
        window = time_window(facts.plan.duration_micros, told_end(facts, last_end))
        return MeasuredWindow(0, window.end_micros // TICK * TICK, STEADY)
    if not len(whole):
        return MeasuredWindow(0, 0, WHOLE)
    told = ramp_downs(facts)
    last = min(told.get(position, one.extremes["last_start"]) for position, one in enumerate(leases) if len(one))
    end = last // TICK
    ended, started = (whole.ticks.count(name, _BEGINNING, end) for name in ("ended", "started"))
    if ended >= ROUNDS_FOR_STEADY * max(1, started - ended):
        return MeasuredWindow(0, end * TICK, STEADY)
    return MeasuredWindow(0, whole.extremes["last_end"], WHOLE)


_BEGINNING = -(2**62)
