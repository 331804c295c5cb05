"""Which of an engine's many sockets have something to read."""

from __future__ import annotations

import asyncio
import select
import sys
from collections.abc import Callable

# The loop's other work, such as the next arrival, comes in between.
_READS_AT_ONCE = 64


class Poller:
    """Calls back when sockets can be read, as `add_reader` of the loop does, at a fraction of its cost.

    The loop watches one descriptor, which tells that any of the sockets can be read.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._callbacks: dict[int, Callable[[], None]] = {}
        self._epoll = select.epoll() if sys.platform == "linux" else None
        if self._epoll is not None:
            loop.add_reader(self._epoll.fileno(), self._call_back)

    def add(self, fd: int, callback: Callable[[], None]) -> None:
        """Call back whenever the socket with this descriptor can be read."""
        if self._epoll is None:
            self._loop.add_reader(fd, callback)
            return
        self._callbacks[fd] = callback
        self._epoll.register(fd, select.EPOLLIN)

    def remove(self, fd: int) -> None:
        """Never call back again for a socket, which is still open."""
        if self._epoll is None:
            self._loop.remove_reader(fd)
            return
        del self._callbacks[fd]
        self._epoll.unregister(fd)

    def close(self) -> None:
        """Never call back again at all."""
        if self._epoll is not None:
            self._loop.remove_reader(self._epoll.fileno())
            self._epoll.close()
            self._epoll = None

    def _call_back(self) -> None:
        if self._epoll is None:
            return
        callbacks = self._callbacks
        for fd, _ in self._epoll.poll(0, _READS_AT_ONCE):
            callback = callbacks.get(fd)
            if callback is not None:  # closed by one that was called before it
                callback()
