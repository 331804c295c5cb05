"""Receive times: the kernel's stamps, brought from its wall clock onto the worker's monotonic clock.

The kernel stamps a received segment with CLOCK_REALTIME (SO_TIMESTAMPNS). Everything else here is CLOCK_MONOTONIC.
The distance of the two clocks is taken every ANCHOR_INTERVAL_NS and whenever a converted stamp makes no sense, so
a step of the wall clock is noticed and does not reach a measurement.
"""

from __future__ import annotations

import socket
import struct
import sys
import time
from collections.abc import Callable
from typing import Any

from loadcell.clock import STEP_NS, is_step, wall_distance

# linux/include/uapi/asm-generic/socket.h; the socket module has no name for it.
SO_TIMESTAMPNS = 35
_TIMESPEC = struct.Struct("@ll")
ANCILLARY_BYTES = socket.CMSG_SPACE(_TIMESPEC.size)

ANCHOR_INTERVAL_NS = 50_000_000
# A stamp this old is possible (the client lags) but rare enough to take a fresh anchor before it is believed.
_SUSPICIOUS_NS = 5_000_000
# An anchor as young as this is: when many streams are read late at once, one is enough for all of them.
_FRESH_NS = 1_000_000

_unpack_timespec = _TIMESPEC.unpack


def keep_stamping() -> socket.socket:
    """Return a socket that keeps the kernel stamping as long as it is open.

    The kernel begins to stamp a moment after the first socket of the machine has asked for it, and stops when the
    last one is closed: the first reads of a lease would fall back to the time of user space.
    """
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    ReceiveClock.enable(sock)
    return sock


class ReceiveClock:
    """Says when received bytes arrived, in nanoseconds of the monotonic clock.

    `steps` counts the steps of the wall clock that were noticed, `kernel_stamps` says whether the kernel has ever
    given a stamp.
    """

    __slots__ = ("_anchored_at", "_before", "_monotonic", "_offset", "_realtime", "kernel_stamps", "steps")

    def __init__(
        self, monotonic: Callable[[], int] = time.monotonic_ns, realtime: Callable[[], int] = time.time_ns
    ) -> None:
        self._monotonic = monotonic
        self._realtime = realtime
        self.steps = 0
        self.kernel_stamps = False
        self._anchored_at, self._offset = wall_distance(realtime, monotonic)
        self._before = self._offset

    @property
    def source(self) -> str:
        """Where receive times come from: "kernel" or "user"."""
        return "kernel" if self.kernel_stamps else "user"

    @staticmethod
    def enable(sock: socket.socket) -> bool:
        """Ask the kernel for stamps of what this socket receives; return False where it cannot."""
        if sys.platform != "linux":
            return False
        try:
            sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        except OSError:
            return False
        return True

    def refresh(self, now_ns: int) -> None:
        """Take a new anchor if the present one is older than ANCHOR_INTERVAL_NS."""
        if now_ns - self._anchored_at >= ANCHOR_INTERVAL_NS:
            self._anchor()

    def received_at(self, ancillary: list[Any], now_ns: int, floor_ns: int) -> int:
        """Return the receive time of a read.

        Args:
            ancillary: Ancillary data of `recvmsg`; only SO_TIMESTAMPNS is ever enabled.
            now_ns: Monotonic time right after the read.
            floor_ns: The bytes cannot have arrived before this (send time or last stamp of the connection).
        """
        if not ancillary:
            return now_ns
        seconds, nanoseconds = _unpack_timespec(ancillary[0][2])
        real = seconds * 1_000_000_000 + nanoseconds
        stamp: int = real - self._offset
        plausible = now_ns - stamp < _SUSPICIOUS_NS or now_ns - self._anchored_at < _FRESH_NS
        if plausible and floor_ns <= stamp <= now_ns and self.kernel_stamps:
            return stamp
        return self._settle(real, now_ns, floor_ns)

    def _settle(self, real: int, now_ns: int, floor_ns: int) -> int:
        """Return the best reading of a stamp that made no sense by the present anchor."""
        self.kernel_stamps = True
        self._anchor()
        # Stamped before a step and read after it: only the anchor before the step fits.
        for offset in (self._offset, self._before):
            stamp = real - offset
            if floor_ns - STEP_NS <= stamp <= now_ns + STEP_NS:
                return min(max(stamp, floor_ns), now_ns)
        return now_ns

    def _anchor(self) -> None:
        taken_at, offset = wall_distance(self._realtime, self._monotonic)
        if is_step(offset - self._offset, taken_at - self._anchored_at):
            self.steps += 1
            self._before = self._offset
        self._anchored_at, self._offset = taken_at, offset
