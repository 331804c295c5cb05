"""Makes what several callers want at the same time once, and lets all of them follow."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Hashable
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar

import structlog

from loadcell.errors import LoadcellError

AT_ONCE: Final = 4
AT_ONCE_EACH: Final = 2  # for one caller, so that nobody takes all
LIFE_SECONDS: Final = 10.0  # after which who follows is told that it still goes on
T = TypeVar("T")
Make = Callable[[], AsyncGenerator[T, None]]
log = structlog.get_logger()


@dataclass(slots=True)
class _Flight(Generic[T]):
    caller: str
    pieces: list[T] = field(default_factory=list)
    followers: int = 0
    ended: bool = False
    error: LoadcellError | None = None
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def change(self) -> None:
        """Wake whoever waits for more."""
        self.changed.set()
        self.changed = asyncio.Event()


class Flights(Generic[T]):
    """What is being made now, by name. It ends when nobody follows any more."""

    def __init__(self) -> None:
        self._flights: dict[Hashable, tuple[_Flight[T], asyncio.Task[None]]] = {}

    async def follow(self, name: Hashable, caller: str, make: Make[T]) -> AsyncGenerator[T | None, None]:
        """Yield all pieces of what is made under a name, from the first on; None at once, and as a sign of life.

        Args:
            name: What is made once at a time.
            caller: For whom it is made, unless it is being made already.
            make: Makes it, likewise.

        Raises:
            LoadcellError: What `make` raised; TOO_MANY_REQUESTS, too much is being made.
        """
        flight, task = self._flights.get(name) or self._start(name, caller, make)
        flight.followers += 1
        seen = 0
        try:
            yield None
            while True:
                changed, ended, new = flight.changed, flight.ended, flight.pieces[seen:]
                seen += len(new)
                for piece in new:
                    yield piece
                if ended:
                    break
                try:
                    async with asyncio.timeout(LIFE_SECONDS):
                        await changed.wait()
                except TimeoutError:
                    yield None
            if flight.error is not None:
                raise LoadcellError(flight.error.reason, flight.error.message)
        finally:
            flight.followers -= 1
            if not flight.followers and not flight.ended:
                self._forget(name, flight)
                task.cancel()
                await asyncio.wait([task])

    def _start(self, name: Hashable, caller: str, make: Make[T]) -> tuple[_Flight[T], asyncio.Task[None]]:
        if len(self._flights) >= AT_ONCE:
            raise LoadcellError(
                "TOO_MANY_REQUESTS", f"{AT_ONCE} analyses are being made; ask again when one has ended"
            )
        if sum(flight.caller == caller for flight, _ in self._flights.values()) >= AT_ONCE_EACH:
            raise LoadcellError(
                "TOO_MANY_REQUESTS",
                f"{AT_ONCE_EACH} analyses are being made for this caller; ask again when one has ended",
            )
        flight = _Flight[T](caller)
        started = self._flights[name] = flight, asyncio.create_task(self._make(name, flight, make))
        return started

    async def _make(self, name: Hashable, flight: _Flight[T], make: Make[T]) -> None:
        try:
            async with aclosing(make()) as pieces:
                async for piece in pieces:
                    flight.pieces.append(piece)
                    flight.change()
        except LoadcellError as error:
            flight.error = error
        except Exception:
            log.exception("analysis_failed")
            flight.error = LoadcellError("INTERNAL_SERVER_ERROR", "an unexpected error; see the log")
        finally:
            self._forget(name, flight)
            flight.ended = True
            flight.change()

    def _forget(self, name: Hashable, flight: _Flight[T]) -> None:
        if name in self._flights and self._flights[name][0] is flight:
            del self._flights[name]
