"""Following a run to its end, with everything that may happen on the way."""

import asyncio
import os
import signal
import stat
import sys
import time
from collections.abc import Callable, Iterable
from typing import Self

from loadcell.cli.failure import EXIT_INTERRUPTED
from loadcell.cli.progress import Progress
from loadcell.cli.sdk import Client, LoadcellError
from loadcell.protocol import WAITING_FOR
from loadcell.stack import ChildError, Stack
from loadcell.v1 import run_pb2

CANCEL_PATIENCE_SECONDS = 60.0
WAITING_PATIENCE_SECONDS = 1.0
_SUPERVISION_SECONDS = 0.25


class Interrupts:
    """What Ctrl-C and SIGTERM do: the first asks to stop and save, the next one ends everything at once.

    As long as there is nothing to save, the first one ends everything, too. The end of the terminal (SIGHUP) asks
    to stop and save, however often it comes.

    Attributes:
        asked: Set when a stop is asked for.
        saving: Whether there is something to save.
    """

    def __init__(self, give_up: Callable[[], None]) -> None:
        self.asked = asyncio.Event()
        self.saving = False
        self._give_up = give_up
        self._heeds_hang_up = signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN  # as nohup has it
        self._hung_up = False

    def __enter__(self) -> Self:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._interrupt)
        if self._heeds_hang_up:
            loop.add_signal_handler(signal.SIGHUP, self._hang_up)
        return self

    def __exit__(self, *_: object) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().remove_signal_handler(number)
        if self._heeds_hang_up:
            # The kernel and the shell may both say it, and what was measured is still to be saved.
            signal.signal(signal.SIGHUP, signal.SIG_IGN if self._hung_up else signal.SIG_DFL)

    def _interrupt(self) -> None:
        if self.asked.is_set() or not self.saving:
            self._give_up()
            os._exit(EXIT_INTERRUPTED)
        self.asked.set()

    def _hang_up(self) -> None:
        self._hung_up = True
        nowhere = os.open(os.devnull, os.O_WRONLY)
        for stream in (sys.stdout, sys.stderr):
            if stat.S_ISCHR(os.fstat(stream.fileno()).st_mode):
                os.dup2(nowhere, stream.fileno())  # a terminal that has gone fails every write
        os.close(nowhere)
        if not self.saving:
            self._interrupt()
        self.asked.set()


async def follow(
    client: Client, run_id: str, progress: Progress, asked_to_stop: asyncio.Event, stack: Stack | None
) -> run_pb2.Run:
    """Show the progress of a run until it ends, cancel it when asked to, and return its last state.

    Raises:
        LoadcellError: The controller is away for too long or refuses.
        ChildError: Our own controller died, or an agent before the run began.
    """
    state = run_pb2.Run()
    waiting = _Waiting()

    async def watch() -> None:
        async for update in client.watch(run_id):
            state.CopyFrom(update.run)
            waiting.take(update.notes)
            progress.update(update)

    watching = asyncio.create_task(watch())
    stopping = asyncio.create_task(asked_to_stop.wait())
    failing = asyncio.create_task(_supervise(stack, state, waiting, progress))
    try:
        await asyncio.wait([watching, stopping, failing], return_when=asyncio.FIRST_COMPLETED)
        if not watching.done() and not failing.done():
            progress.say("stopping; press Ctrl-C again to give up what was measured")
            await client.cancel_run(run_id)
            await asyncio.wait(
                [watching, failing], timeout=CANCEL_PATIENCE_SECONDS, return_when=asyncio.FIRST_COMPLETED
            )
        if watching.done():
            watching.result()
        elif failing.done():
            failing.result()
        else:
            raise LoadcellError("REQUEST_TIMEOUT", f"the run did not stop within {CANCEL_PATIENCE_SECONDS:g} s")
    finally:
        for task in (watching, stopping, failing):
            task.cancel()
        await asyncio.gather(watching, stopping, failing, return_exceptions=True)
    return state


class _Waiting:
    """What the run waits for; agents that are just starting are waited for without a word."""

    def __init__(self) -> None:
        self._note = ""
        self._since = 0.0
        self._said = ""

    def take(self, notes: Iterable[str]) -> None:
        """Note what the run says now."""
        note = next((note for note in notes if note.startswith(WAITING_FOR)), "")
        if note != self._note:
            self._note, self._since = note, time.monotonic()

    def due(self) -> str:
        """Return what the user should be told, each sentence once; empty when there is nothing."""
        if self._note in ("", self._said) or time.monotonic() - self._since < WAITING_PATIENCE_SECONDS:
            return ""
        self._said = self._note
        return self._note


async def _supervise(stack: Stack | None, state: run_pb2.Run, waiting: _Waiting, progress: Progress) -> None:
    """Watch our own processes and what a run waits for; returns never, fails when it cannot end well any more."""
    mourned: set[int] = set()
    while True:
        await asyncio.sleep(_SUPERVISION_SECONDS)
        if note := waiting.due():
            progress.say(note)
        if stack is None:
            continue
        stack.controller.check()
        for agent in stack.agents:
            if agent.exit_code is None or agent.pid in mourned:
                continue
            if not state.HasField("started_at"):
                raise ChildError(agent.epitaph())
            mourned.add(agent.pid)
            progress.say(f"{agent.epitaph()}; the run ends with what has arrived")
