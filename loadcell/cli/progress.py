"""What is seen while a run goes on: a live table on a terminal, plain lines elsewhere."""

import sys
import time
from typing import Protocol

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from loadcell.cli.figures import milliseconds, rate, seconds
from loadcell.levels import level_name
from loadcell.v1 import run_pb2

PLAIN_INTERVAL_SECONDS = 2.0
TABLE_WIDTH = 80  # characters


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


def progress_for(console: Console) -> Progress:
    """Return what suits the console: the table needs a terminal that can be drawn on and is wide enough."""
    return LiveProgress(console) if console.is_interactive and console.width >= TABLE_WIDTH else PlainProgress()


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
    """A table with one line for each level, drawn over itself."""

    def __init__(self, console: Console) -> None:
        self._live = Live(console=console, refresh_per_second=8, transient=True)
        self._live.start()

    def update(self, update: run_pb2.WatchRunResponse) -> None:
        """Draw the table anew."""
        titles = ("level", "", "requests", "req/s", "tokens/s", "TTFT p50", "p99", "errors", "ETA")
        table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
        for title in titles:  # the bar gives way where the numbers are long
            table.add_column(title, justify="left" if title in {"level", ""} else "right", no_wrap=title != "")
        for level in update.levels:
            table.add_row(*_cells(level))
        table.caption = f"{len(update.levels)} of {update.level_count} levels, {update.overall_percent:.0f} %"
        self._live.update(table)

    def say(self, text: str) -> None:
        """Print a line above the table."""
        self._live.console.print(text)

    def close(self) -> None:
        """Take the table away and show the cursor again."""
        self._live.stop()


def remaining_seconds(level: run_pb2.LevelProgress) -> float | None:
    """Estimate how long a level still takes at its mean speed so far; None when nothing can be said yet."""
    if level.finished:
        return 0.0
    if level.percent <= 0 or level.elapsed_seconds <= 0:
        return None
    return level.elapsed_seconds * (100 - level.percent) / level.percent


def describe(level: run_pb2.LevelProgress) -> str:
    """Write the state of a level as one line."""
    eta = "" if level.finished else f", ETA {seconds(remaining_seconds(level))}"
    speed = f"{rate(level.request_rate)} requests/s, {rate(level.token_rate)} tokens/s"
    ttft = f"TTFT p50 {_ttft(level, 'p50')} p99 {_ttft(level, 'p99')} ms"
    # One that has ended may have made fewer requests than were planned: nothing of it is to come all the same.
    share = "" if level.finished else f"{level.percent:3.0f} %, "
    done = f"{share}{level.completed:,} requests"
    return f"{_name(level)}: {done}, {speed}, {ttft}, {level.error_count:,} errors{eta}"


def _cells(level: run_pb2.LevelProgress) -> tuple[str | Text | ProgressBar, ...]:
    return (
        _name(level),
        ProgressBar(total=100, completed=100 if level.finished else level.percent, width=10),
        f"{level.completed:,}",
        rate(level.request_rate),
        rate(level.token_rate),
        _ttft(level, "p50"),
        _ttft(level, "p99"),
        Text(f"{level.error_count:,}", style="red" if level.error_count else ""),
        "done" if level.finished else seconds(remaining_seconds(level)),
    )


def _name(level: run_pb2.LevelProgress) -> str:
    return level_name(level.concurrency, level.requested_rate)


def _ttft(level: run_pb2.LevelProgress, name: str) -> str:
    return milliseconds(getattr(level.ttft, name) if level.ttft.HasField(name) else None)
