"""The most requests in flight that meet the objectives, from what was measured at rising concurrency. Pure.

A step meets the objectives when enough of all its requests are good, failed ones included. More in flight never
helps, so a step that did better than one below it had luck: of the shares of good requests only their running
minimum counts. That never rises, and where it crosses the target between two steps, the concurrency is
interpolated. So a stricter objective, which makes no request good that was not, never gives a higher concurrency.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

SATURATED_DROP_POINTS = 10  # of the share of good requests in percent, from one step to the next
SATURATED_GOODPUT_PERCENT = 90
SATURATED_ERROR_PERCENT = 5


@dataclass(frozen=True, slots=True)
class Step:
    """What was measured at one concurrency: requests that count, good ones and failed ones among them."""

    concurrency: int
    good: int
    total: int
    failed: int = 0

    @property
    def goodput(self) -> Fraction:
        """The share of good requests in percent."""
        return Fraction(100 * self.good, self.total)


@dataclass(frozen=True, slots=True)
class AtSlo:
    """How far the objectives are met: `met` is the last step before `missed`, the first that does not meet them.

    `concurrency` is the most requests in flight that meet them, 0 where no step met them; where no step missed
    them, it is at least so many. `lowest` is the share of good requests in percent that counts for `met`.
    """

    met: Step | None
    missed: Step | None
    concurrency: int
    lowest: Fraction


def at_slo(steps: Sequence[Step], target_percent: float) -> AtSlo:
    """Return how far steps of ascending concurrency meet a share of good requests."""
    target, lowest = exact(target_percent), Fraction(100)
    met: Step | None = None
    for step in steps:
        if step.goodput < target:
            return AtSlo(met, step, 0 if met is None else _crossing(met, lowest, step, target), lowest)
        met, lowest = step, min(lowest, step.goodput)
    return AtSlo(met, None, 0 if met is None else met.concurrency, lowest)


def saturation(steps: Sequence[Step]) -> Step | None:
    """Return the last step before the server was saturated: the first if it was so already; None: it never was."""
    for index, step in enumerate(steps):
        before = steps[max(0, index - 1)]
        if (
            step.goodput < before.goodput - SATURATED_DROP_POINTS
            or step.goodput < SATURATED_GOODPUT_PERCENT
            or Fraction(100 * step.failed, step.total) > SATURATED_ERROR_PERCENT
        ):
            return before
    return None


def exact(number: float) -> Fraction:
    """Return a number as it is written: a target of 99.9 is met by 999 of 1,000."""
    return Fraction(repr(number))


def _crossing(met: Step, lowest: Fraction, missed: Step, target: Fraction) -> int:
    width = missed.concurrency - met.concurrency
    return met.concurrency + math.floor(width * (lowest - target) / (lowest - missed.goodput))
