"""When a process must end: a signal, or the end of the process that started it."""

from __future__ import annotations

import asyncio
import os
import signal
import sys

PARENT_EXITED = "parent exited"


_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def end_at_once_on_a_signal() -> None:
    """Let the next signal end the process without a word: it was asked to stop before and takes too long."""
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_DFL)


async def wait_for_stop(*, exit_with_parent: bool) -> str:
    """Wait until the process must end and return why.

    Args:
        exit_with_parent: also end when standard input reaches its end. A parent that keeps the other end of a
            pipe open takes its children with it however it dies, even by SIGKILL.
    """
    loop = asyncio.get_running_loop()
    stopped: asyncio.Future[str] = loop.create_future()

    def stop(why: str) -> None:
        if not stopped.done():
            stopped.set_result(why)

    def stdin_readable() -> None:
        if not os.read(sys.stdin.fileno(), 4096):
            loop.remove_reader(sys.stdin.fileno())
            stop(PARENT_EXITED)

    for number in _SIGNALS:
        loop.add_signal_handler(number, stop, signal.Signals(number).name)
    if exit_with_parent:
        loop.add_reader(sys.stdin.fileno(), stdin_readable)
    try:
        return await stopped
    finally:
        for number in _SIGNALS:
            loop.remove_signal_handler(number)
        if exit_with_parent:
            loop.remove_reader(sys.stdin.fileno())
