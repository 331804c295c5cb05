"""Where the throughput of a server ends, from levels of rising load. Pure.

A closed loop with twice the requests in flight gives twice the throughput until the server is full; from there on
it only waits longer. The knee is the lowest load that gives nearly all there is: more load than that buys latency.
An open loop asks for a rate; a server that is full completes less of it than it was sent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from controller.analysis.level import Level, figure

# Share of the best throughput that is nearly all there is.
NEARLY_ALL = 0.9
# Only so much more load than at the knee shows that more does not help.
FAR_BEYOND = 1.5
# Share of what came that must be completed, but for one request at either end of the window.
KEPT_SHARE = 0.95
# The rate that was sent may be so much below the one asked for; then arrivals waited, if one in twenty was late.
SENT_SHARE = 0.95
LATE_MS = 10.0


@dataclass(frozen=True, slots=True)
class Sweep:
    """What the levels of one kind say together. There is at least one.

    Attributes:
        levels: Those whose figures describe the server, with a throughput, by rising load.
        knee: The lowest load that gives nearly all the throughput there is; of an open loop the highest rate that
            was kept up with, None when even the lowest was not.
        best: The level with the highest throughput.
        saturated: Whether more load than at the knee was tried and did not help.
    """

    levels: tuple[Level, ...]
    knee: Level | None
    best: Level
    saturated: bool

    @property
    def lowest(self) -> Level:
        """The level with the least load."""
        return self.levels[0]

    @property
    def highest(self) -> Level:
        """The level with the most load."""
        return self.levels[-1]


def sweep(levels: Sequence[Level]) -> Sweep | None:
    """Return what levels of one kind say together, None when none of them describes the server."""
    usable = tuple(level for level in levels if level.usable)
    if not usable:
        return None
    best = max(usable, key=lambda level: level.throughput)
    if usable[0].open_loop:
        kept = _kept_up(usable)
        return Sweep(usable, kept, best, saturated=kept is not usable[-1])
    knee = next(level for level in usable if level.throughput >= NEARLY_ALL * best.throughput)
    return Sweep(usable, knee, best, saturated=usable[-1].load >= FAR_BEYOND * knee.load)


def is_held_back(level: Level) -> bool:
    """Whether arrivals of an open loop waited in the client, so that less was sent than was asked for.

    Few arrivals of a Poisson process may be fewer than asked for by chance; those are on time.
    """
    sent, late = figure(level.result, "achieved_rate"), level.latency("schedule_delay", "p95")
    if sent is None or late is None:
        return False
    return sent + _one_request(level) < SENT_SHARE * level.load and late > LATE_MS


def is_kept_up(level: Level) -> bool:
    """Whether a server completes an open loop's requests as fast as they come, and they come as was asked for."""
    sent = figure(level.result, "achieved_rate")
    came = level.load if sent is None else min(sent, level.load)
    return not is_held_back(level) and level.completed_rate + _one_request(level) >= KEPT_SHARE * came


def _one_request(level: Level) -> float:
    span = level.result.window.end_seconds - level.result.window.start_seconds
    return 1.0 / span if span > 0 else 0.0


def _kept_up(levels: Sequence[Level]) -> Level | None:
    kept = None
    for level in levels:
        if not is_kept_up(level):
            break
        kept = level
    return kept
