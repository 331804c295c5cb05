"""The calls that are being served, and what becomes of them when the controller is told to stop."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any, Final

import grpc

from controller.interceptors.around import Call, Context
from controller.limits.waiting import waiting
from loadcell.errors import LoadcellError

# These last until one side goes. Every other call comes to an end by itself, downloads and uploads among them.
ENDLESS: Final = frozenset(
    {
        "/loadcell.v1.AgentService/Session",
        "/loadcell.v1.AgentService/StreamSamples",
        "/loadcell.v1.RunService/WatchRun",
        "/loadcell.v1.EventService/Subscribe",
        "/grpc.health.v1.Health/Watch",
        "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
    }
)
LAST_SECONDS: Final = 1.0  # for what was answered last to reach its caller
_AGAIN_SECONDS: Final = 1.0  # after which another controller, or the next one, may be asked


class Calls:
    """Goes around every call: until `stop` it only knows of them."""

    def __init__(self) -> None:
        self._stopping = False
        self._endless: set[asyncio.Timeout] = set()
        self._others = 0
        self._ended = asyncio.Event()

    def stop(self) -> None:
        """End what is endless and let nothing in any more; what else is being served goes on."""
        self._stopping = True
        now = asyncio.get_running_loop().time()
        for lasting in self._endless:
            lasting.reschedule(now)
        self._look()

    async def ended(self) -> None:
        """Wait, after `stop`, until every call that comes to an end by itself has done so."""
        await self._ended.wait()

    def around(self, method: str, call: Call) -> Call:
        """Return the call that ends, or does not begin, when the controller stops."""

        async def endless(request: Any, context: Context) -> Any:
            self._let_in(context)
            try:
                async with asyncio.timeout(None) as lasting:
                    self._endless.add(lasting)
                    return await call(request, context)
            except TimeoutError:
                if not lasting.expired():
                    raise
                raise _stopping(context) from None
            finally:
                self._endless.discard(lasting)

        async def ending(request: Any, context: Context) -> Any:
            self._let_in(context)
            self._others += 1
            try:
                return await call(request, context)
            finally:
                self._others -= 1
                self._look()

        return endless if method in ENDLESS else ending

    def _let_in(self, context: Context) -> None:
        if self._stopping:
            raise _stopping(context)

    def _look(self) -> None:
        if self._stopping and not self._others:
            self._ended.set()


async def stop_serving(server: grpc.aio.Server, calls: Calls, seconds: float) -> None:
    """Stop a server: who comes is refused, what is being served may go on for so many seconds."""
    calls.stop()
    refusing = asyncio.create_task(server.stop(seconds))
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await calls.ended()
    # A caller of an endless stream who does not read is not waited for.
    await server.stop(min(LAST_SECONDS, seconds))
    await refusing


def _stopping(context: Context) -> LoadcellError:
    context.set_trailing_metadata((*(context.trailing_metadata() or ()), *waiting(_AGAIN_SECONDS)))
    return LoadcellError("SERVICE_UNAVAILABLE", "the controller is stopping")
