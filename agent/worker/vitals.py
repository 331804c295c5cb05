"""What a worker sees of itself, so that a reader knows whether the client limited the figures."""

from __future__ import annotations

import asyncio
import resource
import time

from agent.engine.engine import Engine
from agent.worker.messages import Health
from loadcell.stats.quantiles import has_enough_values

_LAG_SECONDS = 0.05
_MS = 1e6


class Vitals:
    """Measures the event loop, the CPU and the engine from `start` on.

    Args:
        loop: The event loop.
        engine: Whose figures are added.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, engine: Engine) -> None:
        self._loop = loop
        self._engine = engine
        self._lag_ns = 0
        self._due_ns = 0
        self._start_ns = 0
        self._start_cpu = 0
        self._handle: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Begin the measured phase."""
        self._engine.begin()
        self._start_ns = time.monotonic_ns()
        self._start_cpu = _cpu_micros()
        self._wait()

    def stop(self) -> None:
        """End the measured phase; may be called again."""
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None

    def health(self, late_arrivals: int) -> Health:
        """Return the figures so far; the delay of reads is 0 when there are too few for its 99th percentile.

        Args:
            late_arrivals: Arrivals started more than 10 ms late.
        """
        engine = self._engine.health()
        delay_micros = engine.read_delay.quantile(0.99) if has_enough_values(0.99, engine.reads) else None
        return Health(
            wall_micros=(time.monotonic_ns() - self._start_ns) // 1000 if self._start_ns else 0,
            cpu_micros=_cpu_micros() - self._start_cpu if self._start_ns else 0,
            loop_lag_max_ms=self._lag_ns / _MS,
            client_delay_p99_ms=(delay_micros or 0.0) / 1000,
            reads=engine.reads,
            coalesced_reads=engine.coalesced_reads,
            late_arrivals=late_arrivals,
            retransmits=engine.retransmits,
            open_files=engine.open_files,
            open_files_limit=engine.open_files_limit,
            clock_steps=engine.clock_steps,
            kernel_stamps=engine.timestamp_source == "kernel",
        )

    def _wait(self) -> None:
        self._due_ns = time.monotonic_ns() + round(_LAG_SECONDS * 1e9)
        self._handle = self._loop.call_later(_LAG_SECONDS, self._tick)

    def _tick(self) -> None:
        self._lag_ns = max(self._lag_ns, time.monotonic_ns() - self._due_ns)
        self._wait()


def _cpu_micros() -> int:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return round((usage.ru_utime + usage.ru_stime) * 1e6)
