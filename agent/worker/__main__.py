"""Entry point of a worker process: `python -m agent.worker FD`, started by the agent's main process only."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import socket
import sys
from typing import TYPE_CHECKING

import uvloop

from agent.engine.stamps import keep_stamping
from agent.worker.framing import Link
from agent.worker.messages import TO_WORKER, Cancel, Extend, Prepare, Start, ToWorker
from loadcell.open_files import raise_open_files_limit

if TYPE_CHECKING:
    from agent.worker.driver import Driver

# Young objects of the load are freed by counting; the collector's own runs would only add pauses.
_GC_THRESHOLDS = (100_000, 50, 100)


class Worker:
    """Runs the drivers of this process until the main process is gone."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._drivers: dict[str, Driver] = {}
        self._gone = asyncio.Event()
        self._link: Link[ToWorker] = Link(
            TO_WORKER, on_message=self._on_message, on_closed=self._gone.set, on_writable=self._on_writable
        )

    async def run(self, end: socket.socket) -> None:
        """Serve the main process at the other end of a socket until it closes it."""
        await self._loop.create_unix_connection(lambda: self._link, sock=end)
        _driver_class()
        await self._gone.wait()
        for driver in list(self._drivers.values()):
            driver.cancel()
            await driver.closed()

    def _on_message(self, message: ToWorker) -> None:
        if isinstance(message, Prepare):
            self._drivers[message.lease_id] = _driver_class()(
                self._loop,
                message,
                send=self._link.send,
                gate=lambda: self._link.writable,
                forget=self._forget,
            )
            return
        driver = self._drivers.get(message.lease_id)
        if driver is None:
            return  # it has just ended by itself
        if isinstance(message, Start):
            driver.start(message.start_ns, message.begin_ns)
        elif isinstance(message, Extend):
            driver.fence(message.fence_ns)
        elif isinstance(message, Cancel):
            driver.cancel()

    def _forget(self, lease_id: str) -> None:
        self._drivers.pop(lease_id, None)

    def _on_writable(self) -> None:
        for driver in list(self._drivers.values()):
            driver.wake()


def _driver_class() -> type[Driver]:
    # A slow import, so it comes when Ctrl-C is ignored already and the main process can see this one's end.
    from agent.worker.driver import Driver  # noqa: PLC0415

    return Driver


def main() -> None:
    """Run a worker on the socket whose descriptor is the only argument."""
    # Ctrl-C reaches the whole process group; ending is the main process's decision, told by its socket.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.set_threshold(*_GC_THRESHOLDS)
    # A tokenizer would take all cores of the machine for itself: the target's, the other workers' and our own.
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    raise_open_files_limit()
    end = socket.socket(fileno=int(sys.argv[1]))
    end.setblocking(False)
    loop = uvloop.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        with keep_stamping():
            loop.run_until_complete(Worker(loop).run(end))
        loop.run_until_complete(loop.shutdown_default_executor())
    finally:
        loop.close()


if __name__ == "__main__":
    main()
