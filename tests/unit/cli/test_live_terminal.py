"""The live view on a real pseudo-terminal, and what is left of it afterwards."""

import asyncio
import contextlib
import fcntl
import os
import pty
import signal
import struct
import sys
import termios
from collections.abc import Iterator

import pyte
import pytest

from loadcell.cli import layout
from loadcell.cli.progress import LiveProgress, PlainProgress, Progress, progress_for
from tests.unit.cli.test_live_screen import RUN_ID, update


class Terminal:
    """A pseudo-terminal that standard error is connected to, and the screen a person sees on it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, columns: int, rows: int) -> None:
        self.ours, self.theirs = pty.openpty()
        os.set_blocking(self.ours, False)
        self.file = os.fdopen(self.theirs, "w", encoding="utf-8")
        self._monkeypatch = monkeypatch
        self.attributes = termios.tcgetattr(self.theirs)
        self.written = b""
        self.resize(columns, rows)

    def progress(self) -> Progress:
        """What a command that is started here shows its progress with."""
        self._monkeypatch.setattr(sys, "stderr", self.file)
        return progress_for(layout.console(stderr=True))

    def resize(self, columns: int, rows: int) -> None:
        self.columns, self.rows = columns, rows
        fcntl.ioctl(self.theirs, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def read(self) -> bytes:
        """What was written since this was last asked."""
        self.file.flush()
        piece = b""
        with contextlib.suppress(BlockingIOError):
            while more := os.read(self.ours, 65_536):
                piece += more
        self.written += piece
        return piece

    def shown(self) -> list[str]:
        """What is seen of what was written since this was last asked, on a screen of its own."""
        screen = pyte.Screen(self.columns, self.rows)
        pyte.ByteStream(screen).feed(self.read())
        return [row.rstrip() for row in screen.display]

    def close(self) -> None:
        self.file.close()
        os.close(self.ours)


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[Terminal]:
    for name in ("COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    made = Terminal(monkeypatch, 80, 30)
    yield made
    made.close()


@pytest.mark.parametrize("columns", [40, 60, 80, 132])
async def test_the_view_fits_every_width_and_goes_without_a_trace(terminal: Terminal, columns: int):
    terminal.resize(columns, 30)
    progress = terminal.progress()
    progress.say(f"run {RUN_ID}")
    assert terminal.shown()[0] == f"run {RUN_ID}"
    progress.update(update())
    shown = terminal.shown()
    assert shown[0].startswith(RUN_ID)
    assert any(row.startswith("agent-1") for row in shown)
    assert any("98.2 of 200.0 req/s" in row for row in shown)
    progress.say("stopping")
    assert "stopping" in terminal.shown()
    progress.close()
    left = terminal.read()
    assert left.startswith(b"\x1b[?25h\x1b[?1049l")  # the cursor, then the usual screen
    assert left.endswith(b"stopping\r\n")
    assert termios.tcgetattr(terminal.theirs) == terminal.attributes
    assert terminal.written.count(b"\x1b[?1049h") == terminal.written.count(b"\x1b[?1049l") == 1
    progress.close()
    assert terminal.read() == b""


async def test_the_view_follows_the_size_of_the_terminal(terminal: Terminal):
    progress = terminal.progress()
    progress.update(update())
    terminal.read()
    for columns, rows in ((40, 20), (120, 40), (30, 5)):
        terminal.resize(columns, rows)
        os.kill(os.getpid(), signal.SIGWINCH)
        while not (piece := terminal.read()):
            await asyncio.sleep(0)
        screen = pyte.Screen(columns, rows)
        pyte.ByteStream(screen).feed(piece)
        shown = "\n".join(screen.display)
        assert RUN_ID[:20] in shown
        assert ("http://127.0.0.1:8000" in shown.splitlines()[0]) == (columns == 120)
    progress.close()
    os.kill(os.getpid(), signal.SIGWINCH)  # nobody listens any more
    await asyncio.sleep(0)
    assert terminal.read().endswith(b"\x1b[?1049l")


async def test_ctrl_z_leaves_the_usual_screen_to_the_shell(terminal: Terminal, monkeypatch: pytest.MonkeyPatch):
    left: list[bytes] = []
    monkeypatch.setattr(signal, "raise_signal", lambda number: left.append(terminal.read()))
    progress = terminal.progress()
    progress.update(update())
    progress.say("kept")
    terminal.read()
    os.kill(os.getpid(), signal.SIGTSTP)
    while not left:
        await asyncio.sleep(0)
    assert left == [b"\x1b[?25h\x1b[?1049lkept\r\n"]
    assert signal.getsignal(signal.SIGTSTP) is signal.SIG_DFL
    # The terminal of somebody else is not drawn on.
    with monkeypatch.context() as background:
        background.setattr(os, "tcgetpgrp", lambda _file: os.getpgrp() + 1)
        progress.update(update())
        progress.say("in the background")
        assert terminal.read() == b"in the background\r\n"
    progress.update(update())
    assert b"\x1b[?1049h" in terminal.read()
    progress.close()


@pytest.mark.parametrize(("no_color", "colored"), [("", True), ("1", False)])
async def test_no_color_is_heeded(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, no_color: str, *, colored: bool
):
    monkeypatch.setenv("NO_COLOR", no_color)
    progress = terminal.progress()
    progress.update(update())
    progress.close()
    assert (b"\x1b[31m" in terminal.read()) == colored


def test_terminals_that_cannot_be_drawn_on_have_lines(terminal: Terminal, monkeypatch: pytest.MonkeyPatch):
    assert isinstance(terminal.progress(), LiveProgress)
    terminal.resize(39, 30)
    assert isinstance(terminal.progress(), PlainProgress)
    terminal.resize(80, 30)
    monkeypatch.setenv("TERM", "dumb")
    progress = terminal.progress()
    ended = update(begun=1)
    ended.levels[0].finished = True
    progress.update(ended)
    progress.close()
    assert b"\x1b" not in terminal.read()
    assert b"100/s: 98,765,432 requests" in terminal.written


def test_a_terminal_without_unicode_has_bars_of_ascii(terminal: Terminal, monkeypatch: pytest.MonkeyPatch):
    async def drawn() -> None:
        progress = terminal.progress()
        progress.update(update())
        progress.close()

    terminal.file.reconfigure(encoding="ascii")  # type: ignore[attr-defined]
    asyncio.run(drawn())
    assert terminal.read().isascii()
