"""What waits to be sent to one client: little, whatever happens and however slowly it reads."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Final, NamedTuple

from websockets.frames import Frame, Opcode

from gateway.live.closing import End

MOST: Final = 256  # messages; beyond them the oldest are dropped and counted


class Told:
    """One message, written once for all who get it. `name` and `number` are those of a server-sent event."""

    __slots__ = ("_frame", "name", "number", "text")

    def __init__(self, text: str, name: str, number: str = "") -> None:
        self.text, self.name, self.number = text, name, number
        self._frame = b""

    @property
    def frame(self) -> bytes:
        """The message as a WebSocket carries it."""
        if not self._frame:
            self._frame = Frame(Opcode.TEXT, self.text.encode()).serialize(mask=False)
        return self._frame


class Taken(NamedTuple):
    """What a client gets next: how many it has missed, the messages, and the end if this is it."""

    missed: int
    messages: list[Told]
    end: End | None


class Outbox:
    """Messages in their order, and the latest state after them: a state takes the place of the one before.

    `direct` writes a message at once, or returns False; with it nothing waits for a client that reads all of it,
    nor is a task woken for each of a thousand.
    """

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self.direct: Callable[[Told], bool] | None = None
        self._taking = False
        self._messages: deque[Told] = deque()
        self._state: Told | None = None
        self._missed = 0
        self._end: End | None = None
        self._changed = asyncio.Event()

    @property
    def ended(self) -> bool:
        """Whether nothing is taken any more."""
        return self._end is not None

    def put(self, message: Told) -> None:
        """Add a message; the oldest gives way when there are too many."""
        if self._end is not None or self._written(message):
            return
        if len(self._messages) == self._most:
            self._messages.popleft()
            self._missed += 1
        self._messages.append(message)
        self._changed.set()

    def put_state(self, state: Told) -> None:
        """Put a state in the place of the one that still waits."""
        if self._end is not None or self._written(state):
            return
        self._missed += self._state is not None
        self._state = state
        self._changed.set()

    def miss(self, count: int) -> None:
        """Count messages that were missed on their way here; the client is told before the next one."""
        self._missed += count
        self._changed.set()

    def end(self, end: End) -> None:
        """Let the client have what waits, then the end; the first end counts."""
        self._end = self._end or end
        self._changed.set()

    def last(self, messages: list[Told], end: End) -> None:
        """Put the last messages in the place of the state that still waits, and end."""
        self._missed += self._state is not None
        self._state = None
        for message in messages:
            self.put(message)
        self.end(end)

    def cut(self, end: End) -> None:
        """End without what waits."""
        self._messages.clear()
        self._state, self._missed, self._end = None, 0, end
        self._changed.set()

    async def take(self) -> Taken:
        """Wait until there is something, and return all of it."""
        self._taking = True
        try:
            await self._changed.wait()
        finally:
            self._taking = False
        messages = list(self._messages)
        if self._state is not None:
            messages.append(self._state)
        taken = Taken(self._missed, messages, self._end)
        self._messages.clear()
        self._state, self._missed = None, 0
        self._changed.clear()
        return taken

    def _written(self, message: Told) -> bool:
        """Whether a message was written; only where nothing waits that has to go before it."""
        idle = self._taking and not self._changed.is_set() and not self._missed
        return idle and self.direct is not None and self.direct(message)
