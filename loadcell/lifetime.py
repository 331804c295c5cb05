"""When a process must end: a signal, or the end of the process that started it."""

from __future__ import annotations

import asyncio
import os
import signal
import sys

PARENT_EXITED = "parent exited"


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

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop, signal.Signals(number).name)
    if exit_with_parent:
        loop.add_reader(sys.stdin.fileno(), stdin_readable)
    try:
        return await stopped
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)
        if exit_with_parent:
            loop.remove_reader(sys.stdin.fileno())
