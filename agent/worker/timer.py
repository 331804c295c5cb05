"""A one-shot timer with an absolute due time.

uvloop's own timers tick in milliseconds; on Linux a timerfd wakes the loop within tens of microseconds.
"""

from __future__ import annotations

import asyncio
import ctypes
import os
import struct
import sys
import time
from collections.abc import Callable

_NONBLOCK_CLOEXEC = os.O_NONBLOCK | getattr(os, "O_CLOEXEC", 0)
_ABSOLUTE = 1
_SECOND = 1_000_000_000


class Timer:
    """Calls back once for each `set`, at or after the due time.

    Args:
        loop: The event loop.
        callback: What is called.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, callback: Callable[[], None]) -> None:
        self._loop = loop
        self._callback = callback
        self._handle: asyncio.TimerHandle | None = None
        self._fd = _open_timerfd()
        if self._fd >= 0:
            loop.add_reader(self._fd, self._on_readable)

    def set(self, due_ns: int) -> None:
        """Fire at a time of CLOCK_MONOTONIC, in nanoseconds, instead of at the time set before."""
        if self._fd >= 0:
            _arm_timerfd(self._fd, max(due_ns, 1))  # 0 would disarm
            return
        if self._handle is not None:
            self._handle.cancel()
        self._handle = self._loop.call_later(max(0, due_ns - time.monotonic_ns()) / _SECOND, self._callback)

    def close(self) -> None:
        """Never fire again."""
        if self._fd >= 0:
            self._loop.remove_reader(self._fd)
            os.close(self._fd)
            self._fd = -1
        if self._handle is not None:
            self._handle.cancel()

    def _on_readable(self) -> None:
        try:
            os.read(self._fd, 8)
        except BlockingIOError:
            return  # set again since it became readable
        self._callback()


_libc = ctypes.CDLL(None, use_errno=True)


def _open_timerfd() -> int:
    """Return a descriptor, -1 where there is none or a sandbox refuses it. os.timerfd_create is of 3.13."""
    if sys.platform != "linux":
        return -1
    return int(_libc.timerfd_create(time.CLOCK_MONOTONIC, _NONBLOCK_CLOEXEC))


def _arm_timerfd(fd: int, due_ns: int) -> None:
    seconds, nanoseconds = divmod(due_ns, _SECOND)
    spec = struct.pack("@qqqq", 0, 0, seconds, nanoseconds)  # struct itimerspec: interval, value
    if _libc.timerfd_settime(fd, _ABSOLUTE, spec, None) != 0:
        raise OSError(ctypes.get_errno(), "timerfd_settime failed")
