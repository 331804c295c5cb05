"""The worker processes of an agent, seen from the main process."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog

from agent.worker.framing import Link
from agent.worker.messages import FROM_WORKER, FromWorker, ToWorker

_EXIT_SECONDS = 5.0
_RESTART_SECONDS = 1.0
_READ_BYTES = 256 * 1024

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Spawned:
    """A worker process and our end of its socket."""

    process: subprocess.Popen[bytes]
    end: socket.socket


def spawn() -> Spawned:
    """Start one worker process. It ends when our end of the socket is closed, even by our death."""
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    try:
        process = subprocess.Popen(  # noqa: S603  our own interpreter and module
            [sys.executable, "-m", "agent.worker", str(theirs.fileno())],
            stdin=subprocess.DEVNULL,
            pass_fds=(theirs.fileno(),),
        )
    except BaseException:
        ours.close()
        raise
    finally:
        theirs.close()
    return Spawned(process, ours)


class WorkerPool:
    """Speaks with the workers, reaps them, and starts a new one for each that dies.

    Args:
        spawned: The processes, already started so that their start-up overlaps with ours.
        on_message: Called with the position of a worker and its message.
        on_death: Called with the position of a worker and a sentence that says how it died.

    Attributes:
        restarts: Workers that died and were started again.
    """

    def __init__(
        self,
        spawned: Sequence[Spawned],
        *,
        on_message: Callable[[int, FromWorker], None],
        on_death: Callable[[int, str], None],
    ) -> None:
        self._spawned = list(spawned)
        self._on_message = on_message
        self._on_death = on_death
        self._links: list[Link[FromWorker]] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._alive: set[int] = set()
        self._connected = asyncio.Event()
        self._paused = False
        self._closing = False
        self.restarts = 0

    def __len__(self) -> int:
        return len(self._spawned)

    def alive(self) -> list[int]:
        """Return the positions of the workers that can be given work."""
        return sorted(self._alive)

    async def some_alive(self) -> list[int]:
        """Wait until a worker can be given work; return the positions of all that can."""
        while not self._alive:
            self._connected.clear()
            await self._connected.wait()
        return self.alive()

    async def open(self) -> None:
        """Connect to the processes; messages may be sent before they have come up."""
        for position in range(len(self._spawned)):
            self._links.append(await self._connect(position))

    def send(self, position: int, message: ToWorker) -> None:
        """Send a message to a worker."""
        self._links[position].send(message)

    def pause(self, paused: bool) -> None:
        """Stop or go on reading from the workers; they stop making load when their sockets are full."""
        self._paused = paused
        for link in self._links:
            link.pause(paused)

    async def close(self) -> None:
        """End all workers and reap them."""
        self._closing = True
        for link in self._links:
            link.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.gather(*(asyncio.to_thread(_reap, spawned.process) for spawned in self._spawned))

    async def _connect(self, position: int) -> Link[FromWorker]:
        end = self._spawned[position].end
        # A write to a dead worker ends the connection before all that it has sent is read: the rest is read here.
        rest = end.dup()
        link: Link[FromWorker] = Link(
            FROM_WORKER,
            on_message=lambda message: self._on_message(position, message),
            on_closed=lambda: self._lost(position, link, rest),
        )
        link.pause(self._paused)
        await asyncio.get_running_loop().create_unix_connection(lambda: link, sock=end)
        self._alive.add(position)
        self._connected.set()
        return link

    def _lost(self, position: int, link: Link[FromWorker], rest: socket.socket) -> None:
        with rest, contextlib.suppress(OSError):
            while not self._closing and (data := rest.recv(_READ_BYTES)):
                link.data_received(data)
        self._alive.discard(position)
        if self._closing:
            return
        task = asyncio.get_running_loop().create_task(self._replace(position))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _replace(self, position: int) -> None:
        process = self._spawned[position].process
        code = await asyncio.to_thread(_reap, process)
        how = f"was killed by signal {-code}" if code < 0 else f"ended with status {code}"
        why = f"worker process {position} (pid {process.pid}) {how}"
        log.error("worker_died", worker=position, pid=process.pid, returncode=code)
        self._on_death(position, why)
        while True:
            # One that dies at its start, or cannot be started now, must not be started in a tight loop.
            await asyncio.sleep(_RESTART_SECONDS)
            try:
                self._spawned[position] = spawn()
            except OSError as error:
                log.error("worker_not_started", worker=position, reason=str(error))  # noqa: TRY400  it is told whole
                continue
            self._links[position] = await self._connect(position)
            self.restarts += 1
            return


def _reap(process: subprocess.Popen[bytes]) -> int:
    with contextlib.suppress(subprocess.TimeoutExpired):
        return process.wait(_EXIT_SECONDS)
    process.kill()
    return process.wait()
