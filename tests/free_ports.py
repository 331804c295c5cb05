"""Ports for what tests start, from below those that the system gives to connections.

One that the system itself has found free may be that of anybody's connection by the time somebody listens there.
"""

import itertools
import os
import socket

_FIRST, _LAST = 10_000, 32_000  # Linux gives connections those from 32768 on, others higher ones
_STRIDE = 7_919  # the processes of one run of the tests, which follow one another, begin far apart

_numbers = itertools.count(os.getpid() * _STRIDE)


def free_port() -> int:
    """Return a port of the loopback interface that nobody listens on, another one each time."""
    for number in _numbers:
        port = _FIRST + number % (_LAST - _FIRST)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port
    raise AssertionError  # there is always another number


def free_address() -> str:
    """Return such a port as host:port."""
    return f"127.0.0.1:{free_port()}"
