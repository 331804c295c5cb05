"""What the parts of an agent say of themselves, read on another thread: each figure is an attribute or a copy."""

from __future__ import annotations

from dataclasses import dataclass

from agent.clock import OffsetEstimator
from agent.leases import Leases
from agent.metrics import names
from agent.pool import WorkerPool
from agent.session import Session
from agent.uplink import Uplink
from loadcell.clock import AnchoredClock, StepDetector
from loadcell.metric_sheet import Sheet
from loadcell.metrics_port import Health

_MICROS = 1e6


@dataclass(frozen=True, slots=True)
class AgentVitals:
    """The parts of an agent that say something of themselves; `spool_limit_bytes` is 0 without a spool."""

    session: Session
    uplink: Uplink
    pool: WorkerPool
    leases: Leases
    clock: AnchoredClock
    offset: OffsetEstimator
    steps: StepDetector
    spool_limit_bytes: int

    def fill(self, sheet: Sheet) -> None:
        """Write all of it down."""
        waiting = self.uplink.waiting()
        for name, value in (
            (names.CONNECTED, self.session.is_open),
            (names.SPOOL_BYTES, waiting.spool_bytes),
            (names.SPOOL_LIMIT, self.spool_limit_bytes),
            (names.MEMORY_BYTES, waiting.memory_bytes),
            (names.UNACKNOWLEDGED, self.uplink.waiting_batches),
            (names.LOST_BATCHES, self.uplink.lost_batches),
            (names.HELD_BACK, self.uplink.full_seconds()),
            (names.WORKERS, len(self.pool.alive())),
            (names.WORKER_RESTARTS, self.pool.restarts),
            (names.IN_FLIGHT, self.leases.in_flight),
            (names.LEASES, len(self.leases)),
            (names.CLOCK_STEPS, self.steps.steps),
        ):
            sheet.add(name, (), value)
        best = self.offset.best(self.clock.micros())
        if best is not None:
            sheet.add(names.CLOCK_OFFSET, (), best.micros / _MICROS)
            sheet.add(names.CLOCK_UNCERTAINTY, (), best.uncertainty_micros / _MICROS)

    def health(self) -> Health:
        """Return whether there is a controller, workers to make load, and a place for what they measure."""
        alive = len(self.pool.alive())
        well = {"controller": self.session.is_open, "workers": alive == len(self.pool)}
        if self.spool_limit_bytes:
            well["spool"] = not self.uplink.spool_refuses
        facts = {name: "healthy" if is_well else "unhealthy" for name, is_well in well.items()}
        return Health(self.session.is_open and alive > 0, all(well.values()), {"spool": "unused"} | facts)
