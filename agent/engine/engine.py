"""Sends requests when told to and reports one sample for each."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from time import monotonic_ns
from typing import TYPE_CHECKING

from agent.engine.exchange import Exchange, Workshop
from agent.engine.health import EngineHealth, open_files, open_files_limit
from agent.engine.pool import Pool, unreachable
from agent.engine.request import PreparedRequest
from agent.engine.route import Route
from agent.engine.stamps import ReceiveClock
from agent.samples.sample import Sample
from agent.targets.dialect import Dialect

if TYPE_CHECKING:
    from loadcell.stats.sketch import Histogram

# One timer for the deadlines of all requests: a deadline is noticed at most this much late.
TICK_SECONDS = 0.005
_READ_DELAYS_AT_ONCE = 16_384


class Engine:
    """One target, any number of requests in flight, one event loop.

    `on_sample` is called in the loop when a request has ended, never from inside `submit`: submitting the next
    request from there cannot recurse. Every submitted request is reported exactly once.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        route: Route,
        dialect: Dialect,
        *,
        timeout_ns: int,
        on_sample: Callable[[Sample], None],
        keep_text: bool = False,
        record_texts: bool = False,
    ) -> None:
        """Prepare an engine; nothing is sent yet.

        Args:
            loop: The loop that everything runs in.
            route: The way to the target.
            dialect: How it speaks.
            timeout_ns: Deadline of each request, counted from its submission, in nanoseconds.
            on_sample: Takes the samples.
            keep_text: Whether samples that the server has not counted bring their text.
            record_texts: Whether samples bring their prompts and completions.
        """
        self._loop = loop
        self._timeout_ns = timeout_ns
        self._on_sample = on_sample
        self._clock = ReceiveClock()
        self._route = route
        self._pool = Pool(loop, self._route, self._clock)
        self._workshop = Workshop(self._pool, dialect, self._ended, keep_text, record_texts)
        # In the order of submission, and so, with one timeout for all, in the order of the deadlines.
        self._in_flight: dict[Exchange, None] = {}
        self._resolutions: set[asyncio.Task[None]] = set()
        self._ticker: asyncio.TimerHandle | None = None
        self._reads = 0
        self._coalesced_reads = 0
        self._read_delay: Histogram | None = None
        self._retransmits_before = 0
        self._clock_steps_before = 0
        self._other_files = open_files()

    @property
    def in_flight(self) -> int:
        """Number of requests that were submitted and have not been reported."""
        return len(self._in_flight)

    async def resolve(self) -> None:
        """Look up the host, once and for all connections.

        Raises:
            LoadcellError: TARGET_UNREACHABLE with host, port and reason.
        """
        failure = await self._route.resolve()
        if failure is not None:
            raise unreachable(self._route, failure)

    async def warm(self, connections: int) -> None:
        """Open connections, with TLS where the target has it, until this many are idle.

        Raises:
            LoadcellError: TARGET_UNREACHABLE with host, port and reason; TARGET_DENIED with host and port.
        """
        await self.resolve()
        await self._pool.warm(connections)

    def begin(self) -> None:
        """Count the figures of `health` from now on: what came before was the warm-up."""
        self._collect_read_delays()
        self._reads = self._coalesced_reads = self._workshop.stale_retries = 0
        self._read_delay = None
        self._retransmits_before = self._pool.retransmits()
        self._clock_steps_before = self._clock.steps

    def submit(self, request: PreparedRequest) -> None:
        """Send a request now, on an idle or a new connection. Faults of the target become samples."""
        now_ns = monotonic_ns()
        exchange = Exchange(self._workshop, request, now_ns, self._timeout_ns)
        self._in_flight[exchange] = None
        if self._ticker is None:
            self._clock.refresh(now_ns)
            self._ticker = self._loop.call_later(TICK_SECONDS, self._tick)
        if self._route.addresses:
            exchange.start()
        else:
            task = self._loop.create_task(self._resolve_for(exchange))
            self._resolutions.add(task)
            task.add_done_callback(self._resolutions.discard)

    def cancel_all(self) -> None:
        """Report every request in flight as cancelled, with its age, at once."""
        now_ns = monotonic_ns()
        for exchange in list(self._in_flight):
            exchange.cancel(now_ns)

    async def close(self) -> None:
        """Cancel what is in flight and close all connections."""
        self.cancel_all()
        for task in list(self._resolutions):
            task.cancel()
        await asyncio.gather(*self._resolutions, return_exceptions=True)
        if self._ticker is not None:
            self._ticker.cancel()
            self._ticker = None
        self._pool.close()

    def health(self) -> EngineHealth:
        """Return the figures of now; cheap enough for every second."""
        read_delay = self._collect_read_delays()
        return EngineHealth(
            reads=self._reads,
            coalesced_reads=self._coalesced_reads,
            read_delay=read_delay,
            retransmits=self._pool.retransmits() - self._retransmits_before,
            open_files=self._other_files + len(self._pool),
            open_files_limit=open_files_limit(),
            clock_steps=self._clock.steps - self._clock_steps_before,
            timestamp_source=self._clock.source,
            connections=len(self._pool),
            stale_retries=self._workshop.stale_retries,
        )

    async def _resolve_for(self, exchange: Exchange) -> None:
        failure = await self._route.resolve()
        if exchange.ended:
            return
        if failure is not None:
            exchange.fail(failure)
            return
        exchange.dns_ns = self._route.dns_ns
        exchange.start()

    def _ended(self, exchange: Exchange, sample: Sample) -> None:
        del self._in_flight[exchange]
        self._coalesced_reads += sample.coalesced_reads
        self._on_sample(sample)

    def _tick(self) -> None:
        now_ns = monotonic_ns()
        self._clock.refresh(now_ns)
        try:
            while self._in_flight:
                oldest = next(iter(self._in_flight))
                if oldest.deadline_ns > now_ns:
                    break
                oldest.expire(now_ns)
            if len(self._workshop.read_delays_ns) >= _READ_DELAYS_AT_ONCE:
                self._collect_read_delays()
        finally:
            # Without the next tick no request would have a deadline any more.
            self._ticker = self._loop.call_later(TICK_SECONDS, self._tick) if self._in_flight else None

    def _collect_read_delays(self) -> Histogram:
        # NumPy comes with it, which workers have; the main process, which only probes, does without.
        from agent.engine.read_delays import fold  # noqa: PLC0415

        delays = self._workshop.read_delays_ns
        self._reads += len(delays)
        self._read_delay = found = fold(self._read_delay, delays)
        delays.clear()
        return found
