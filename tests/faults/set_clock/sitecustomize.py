"""Loaded by Python before anything else: a wall clock that a test can set, the kernel's stamps included.

FAULTS_CLOCK names a file of eight bytes: by how many nanoseconds the wall clock is wrong at the moment.
"""

import mmap
import os
import socket
import struct
import time
from pathlib import Path

with Path(os.environ["FAULTS_CLOCK"]).open("rb") as file:
    _error = mmap.mmap(file.fileno(), 8, access=mmap.ACCESS_READ)

_time_ns = time.time_ns
_recvmsg = socket.socket.recvmsg
_STAMP = struct.Struct("@ll")


def _wrong_by() -> int:
    return struct.unpack("q", _error[:8])[0]


def _wrong_time_ns() -> int:
    return _time_ns() + _wrong_by()


def _wrong_recvmsg(self, *arguments):
    data, ancillary, flags, address = _recvmsg(self, *arguments)
    return data, [(level, kind, _shift(stamp)) for level, kind, stamp in ancillary], flags, address


def _shift(stamp: bytes) -> bytes:
    seconds, nanoseconds = _STAMP.unpack(stamp)
    return _STAMP.pack(*divmod(seconds * 10**9 + nanoseconds + _wrong_by(), 10**9))


time.time_ns = _wrong_time_ns
time.time = lambda: _wrong_time_ns() / 1e9
socket.socket.recvmsg = _wrong_recvmsg
