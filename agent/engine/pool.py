"""The connections of one engine: idle ones for reuse, new ones when there are none."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from time import monotonic_ns

from agent.engine.connection import Connection
from agent.engine.opening import Opened, Opening
from agent.engine.polling import Poller
from agent.engine.route import Route
from agent.engine.stamps import ReceiveClock
from agent.samples.outcome import ErrorClass, Failure
from loadcell.errors import LoadcellError

# Half of the usual listen backlog of servers (128), so that warming up loses no SYN.
_WARM_AT_ONCE = 64
_WARM_TIMEOUT_SECONDS = 30.0


class Pool:
    """Reuses the connection that was released last; the others may then grow old and be dropped by the server."""

    __slots__ = ("_clock", "_idle", "_loop", "_open", "_poller", "_retransmits_closed", "_route")

    def __init__(self, loop: asyncio.AbstractEventLoop, route: Route, clock: ReceiveClock) -> None:
        self._loop = loop
        self._route = route
        self._clock = clock
        self._poller = Poller(loop)
        self._idle: dict[Connection, None] = {}
        self._open: set[Connection] = set()
        self._retransmits_closed = 0

    def __len__(self) -> int:
        """Return the number of open connections."""
        return len(self._open)

    def take(self) -> Connection | None:
        """Return an idle connection, or None when there is none."""
        return self._idle.popitem()[0] if self._idle else None

    def release(self, connection: Connection) -> None:
        """Take back a connection that can carry another request."""
        connection.user = None
        connection.idle_since_ns = monotonic_ns()
        self._idle[connection] = None

    def open(self, done: Callable[[Connection | Failure], None]) -> Opening:
        """Open a new connection and hand it, or why there is none, to `done`. The route must be resolved."""

        def opened(result: Opened | Failure) -> None:
            if isinstance(result, Failure):
                done(result)
                return
            connection = Connection(self._loop, self._poller, result, self._clock, self._forget)
            self._open.add(connection)
            done(connection)

        return Opening(self._loop, self._route, opened)

    async def warm(self, connections: int) -> None:
        """Open connections until this many are idle.

        Raises:
            LoadcellError: TARGET_UNREACHABLE with host, port and reason; TARGET_DENIED with host and port.
        """
        missing = connections - len(self._idle)
        while missing > 0:
            count = min(missing, _WARM_AT_ONCE)
            results = await asyncio.gather(*(self._warm_one() for _ in range(count)))
            for failure in results:
                if failure is not None:
                    raise unreachable(self._route, failure)
            missing -= count

    async def _warm_one(self) -> Failure | None:
        """Open one idle connection, and return why that did not work."""
        finished: asyncio.Future[Connection | Failure] = self._loop.create_future()

        def opened(result: Connection | Failure) -> None:
            if not finished.done():
                finished.set_result(result)
            elif isinstance(result, Connection):  # who waited was cancelled in the same turn of the loop
                self.release(result)

        opening = self.open(opened)
        try:
            async with asyncio.timeout(_WARM_TIMEOUT_SECONDS):
                result = await finished
        except TimeoutError:
            return Failure(ErrorClass.TIMEOUT, f"no connection within {_WARM_TIMEOUT_SECONDS:.0f} s")
        finally:
            opening.cancel()
        if isinstance(result, Failure):
            return result
        self.release(result)
        return None

    def retransmits(self) -> int:
        """Return how many segments were sent again, over all connections there ever were."""
        return self._retransmits_closed + sum(connection.retransmits() for connection in self._open)

    def close(self) -> None:
        """Close all connections."""
        for connection in list(self._open):
            connection.close()
        self._poller.close()

    def _forget(self, connection: Connection) -> None:
        self._idle.pop(connection, None)
        self._open.discard(connection)
        self._retransmits_closed += connection.retransmits()


def unreachable(route: Route, failure: Failure) -> LoadcellError:
    """Return the error for a target that cannot, or may not, be connected to."""
    host, port = route.endpoint.host, route.endpoint.port
    if failure.error_class is ErrorClass.DENIED:
        return LoadcellError("TARGET_DENIED", failure.message, metadata={"host": host, "port": str(port)})
    return LoadcellError(
        "TARGET_UNREACHABLE",
        f"target {host}:{port} is not reachable: {failure.message}",
        metadata={"host": host, "port": str(port), "reason": failure.message},
    )
