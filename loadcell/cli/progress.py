"""What is seen while a run goes on: a live view on a terminal, plain lines elsewhere."""

import asyncio
import os
import signal
import sys
import time
from typing import Protocol

from rich.console import Console, ConsoleOptions, RenderResult
from rich.live import Live
from rich.text import Text

from loadcell.cli.live.history import RunHistory
from loadcell.cli.live.line import BLOCKS, PLAIN_BLOCKS
from loadcell.cli.live.screen import remaining_seconds, screen
from loadcell.figures import milliseconds, rate, seconds
from loadcell.levels import level_name
from loadcell.v1 import run_pb2

PLAIN_INTERVAL_SECONDS = 2.0
LEAST_WIDTH = 40  # characters
LEAST_HEIGHT = 8  # lines


class Progress(Protocol):
    """Shows how far a run is."""

    def update(self, update: run_pb2.WatchRunResponse) -> None:
        """Show a new state."""
        ...

    def say(self, text: str) -> None:
        """Show a line that stays."""
        ...

    def close(self) -> None:
        """Leave the terminal as it was."""
        ...


def progress_for(console: Console, *, quiet: bool = False) -> Progress:
    """Return what suits the console: the view needs a terminal that can be drawn on and has room for it."""
    if quiet:
        return NoProgress()
    if console.is_interactive and console.width >= LEAST_WIDTH and console.height >= LEAST_HEIGHT:
        return LiveProgress(console)
    return PlainProgress()


class NoProgress:
    """Nothing."""

    def update(self, update: run_pb2.WatchRunResponse) -> None:
        """Show nothing."""

    def say(self, text: str) -> None:
        """Show nothing."""

    def close(self) -> None:
        """Nothing is to put back."""


class PlainProgress:
    """A line every two seconds and one at the end of each level, on standard error."""

    def __init__(self) -> None:
        self._last = time.monotonic()
        self._finished: set[int] = set()

    def update(self, update: run_pb2.WatchRunResponse) -> None:
        """Print what is due."""
        for level in update.levels:
            if level.finished and level.index not in self._finished:
                self._finished.add(level.index)
                self.say(f"{describe(level)}, done")
                self._last = time.monotonic()
        present = update.levels[-1] if update.levels else None
        if present and not present.finished and time.monotonic() - self._last >= PLAIN_INTERVAL_SECONDS:
            self._last = time.monotonic()
            self.say(describe(present))

    def say(self, text: str) -> None:
        """Print a line."""
        print(text, file=sys.stderr, flush=True)

    def close(self) -> None:
        """Nothing is left to put back."""


class LiveProgress:
    """The view of a run, on the other screen of the terminal from the first update on.

    A terminal keeps two screens. What was there before, and what is said, stay whole on the usual one, and on the
    other nothing is left of lines that a terminal breaks or joins when its width changes. The shell has the usual
    one whenever it has the terminal: after Ctrl-Z, and while the command goes on in the background.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._history = RunHistory()
        self._live: Live | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._unsaid: list[str] = []

    def update(self, update: run_pb2.WatchRunResponse) -> None:
        """Draw the view anew."""
        self._history.take(update, time.monotonic())
        if self._live is None and self._has_terminal():
            self._live = self._begun()
        if self._live is not None:
            self._live.refresh()

    def say(self, text: str) -> None:
        """Show a line, and print it where it stays."""
        if self._live is None:
            self._console.print(text)
        else:
            self._history.said.append(text)
            self._unsaid.append(text)
            self._live.refresh()

    def close(self) -> None:
        """Leave the other screen and show the cursor again."""
        if self._live is None:
            return
        live, self._live = self._live, None
        if self._loop is not None:
            for number in (signal.SIGWINCH, signal.SIGTSTP):
                self._loop.remove_signal_handler(number)
        live.stop()
        for text in self._unsaid:
            self._console.print(text)
        self._unsaid.clear()

    def _begun(self) -> Live:
        live = Live(
            _View(self._history),
            console=self._console,
            screen=True,
            auto_refresh=False,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        live.start()
        self._loop = asyncio.get_running_loop()
        self._loop.add_signal_handler(signal.SIGWINCH, live.refresh)
        self._loop.add_signal_handler(signal.SIGTSTP, self._stand_still)
        return live

    def _stand_still(self) -> None:
        """Give the terminal back and stop, as Ctrl-Z asks for; the next update takes it again."""
        self.close()
        signal.raise_signal(signal.SIGTSTP)  # nobody listens any more: it stops us until somebody has us go on

    def _has_terminal(self) -> bool:
        """Whether we are in the foreground of the terminal, if that is one with a foreground for us."""
        try:
            return os.tcgetpgrp(self._console.file.fileno()) == os.getpgrp()
        except OSError:
            return True


class _View:
    """The lines of the view, made for the terminal as it is when they are drawn."""

    def __init__(self, history: RunHistory) -> None:
        self._history = history

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        height = options.height or console.height
        blocks = BLOCKS if options.encoding.startswith("utf") else PLAIN_BLOCKS
        for shown in screen(self._history, options.max_width, height, blocks):
            yield Text.assemble(*shown, no_wrap=True, overflow="crop", end="\n")


def describe(level: run_pb2.LevelProgress) -> str:
    """Write the state of a level as one line."""
    eta = "" if level.finished else f", ETA {seconds(remaining_seconds(level))}"
    speed = f"{rate(level.request_rate)} requests/s, {rate(level.token_rate)} tokens/s"
    ttft = f"TTFT p50 {_ttft(level, 'p50')} p99 {_ttft(level, 'p99')} ms"
    # One that has ended may have made fewer requests than were planned: nothing of it is to come all the same.
    share = "" if level.finished else f"{level.percent:3.0f} %, "
    done = f"{share}{level.completed:,} requests"
    name = level_name(level.concurrency, level.requested_rate)
    return f"{name}: {done}, {speed}, {ttft}, {level.error_count:,} errors{eta}"


def _ttft(level: run_pb2.LevelProgress, name: str) -> str:
    return milliseconds(getattr(level.ttft, name) if level.ttft.HasField(name) else None)
