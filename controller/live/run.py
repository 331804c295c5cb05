"""Live figures of one run: its levels, how much is done and how long it will take."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from controller.live.level import LiveLevel
from controller.report import messages
from loadcell.stats.columns import SampleArrays
from loadcell.v1 import agent_pb2, fleet_pb2, run_pb2, sample_pb2, target_pb2

# Below this share of a level its own pace is too young to foretell its end.
_SHARE_FOR_ESTIMATE = 0.01


class LiveRun:
    """All levels of a run. Every `now` is in seconds on one monotonic clock of the caller."""

    def __init__(
        self,
        run_id: str,
        plans: Sequence[target_pb2.LevelPlan],
        thresholds: target_pb2.GoodputThresholds,
    ) -> None:
        self.run_id = run_id
        objectives = messages.objectives(thresholds)
        self._levels = [LiveLevel(plan, objectives) for plan in plans]

    def level(self, index: int) -> LiveLevel:
        """Return a level by its position."""
        return self._levels[index]

    def fold(self, index: int, samples: SampleArrays, sketches: Iterable[sample_pb2.Sketch], now: float) -> None:
        """Add one committed batch to a level. Raises ValueError when a sketch is corrupt."""
        self._levels[index].fold(samples, sketches, now)

    def progress(self, index: int, progress: agent_pb2.LeaseProgress) -> None:
        """Take the present state of a lease of a level from a heartbeat of its agent."""
        self._levels[index].progress(progress)

    def percent(self, now: float) -> float:
        """Return how much of the run is done, 0 to 100, every level counting the same."""
        if not self._levels:
            return 100.0
        return 100.0 * sum(level.share_done(now) for level in self._levels) / len(self._levels)

    def eta_seconds(self, now: float) -> float | None:
        """Return the estimated seconds until the end, None while there is nothing to go by.

        A level takes its duration, or the time its arrivals take, or, in a closed loop bounded by a count, what
        its own pace says; one that has not begun yet is taken to last as long as the mean of those begun.
        """
        lengths = [(level, _length(level, now)) for level in self._levels]
        known = [length for level, length in lengths if level.begun and length is not None]
        typical = sum(known) / len(known) if known else None
        remaining = 0.0
        for level, length in lengths:
            expected = typical if length is None and not level.begun else length
            if expected is None:
                return None
            remaining += max(0.0, expected - level.elapsed(now))
        return remaining

    def describe(self, now: float) -> run_pb2.WatchRunResponse:
        """Return an update for watchers; revision, run and notes are the caller's to add."""
        return run_pb2.WatchRunResponse(
            levels=[level.describe(now) for level in self._levels if level.begun],
            level_count=len(self._levels),
            overall_percent=self.percent(now),
            eta_seconds=self.eta_seconds(now),
        )

    def metrics(self, model: str, status: str, now: float) -> fleet_pb2.RunMetrics:
        """Return what the exporter publishes of the run."""
        return fleet_pb2.RunMetrics(
            run_id=self.run_id,
            model=model,
            status=status,
            levels=[level.metrics(now) for level in self._levels if level.begun],
        )


def _length(level: LiveLevel, now: float) -> float | None:
    """Return how long a level takes in seconds from its beginning, None when nothing tells."""
    plan = level.plan
    if level.finished:
        return level.elapsed(now)
    if plan.duration_micros:
        return plan.duration_micros / 1e6
    done = level.share_done(now)
    if done >= _SHARE_FOR_ESTIMATE:
        return level.elapsed(now) / done
    return plan.request_count / plan.rate if plan.rate else None
