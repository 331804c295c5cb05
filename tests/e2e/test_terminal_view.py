"""The whole command on a terminal: the live view, its size, Ctrl-C, Ctrl-Z, and what a shell offers meanwhile."""

import asyncio
import contextlib
import fcntl
import os
import pty
import shlex
import struct
import termios
from collections.abc import Callable

import pyte
from system import PATIENCE_SECONDS, System

from loadcell.mockserver import Behavior, serve

LONG = ("-c", "4", "-d", "600", "--input-len", "16", "--output-len", "4", "--warmup", "0")


class Person:
    """Who sits at a terminal and sees its screen."""

    def __init__(self, columns: int, rows: int) -> None:
        self.ours, self.theirs = pty.openpty()
        os.set_blocking(self.ours, False)
        self.attributes = termios.tcgetattr(self.theirs)
        self.written = b""
        self._screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self._screen)
        self.resize(columns, rows)
        self._arrived = asyncio.Event()
        # All the time: who writes to a terminal that nobody reads is held up.
        asyncio.get_running_loop().add_reader(self.ours, self._read)

    def resize(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self.theirs, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self._screen.resize(rows, columns)
        self._screen.reset()

    def _read(self) -> None:
        with contextlib.suppress(BlockingIOError):
            piece = os.read(self.ours, 65_536)
            self.written += piece
            self._stream.feed(piece)
            self._arrived.set()

    def shown(self) -> str:
        return "\n".join(row.rstrip() for row in self._screen.display)

    async def sees(self, wanted: Callable[[str], bool]) -> str:
        """Look until the screen is as it is wanted, and return its lines."""
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                while not wanted(self.shown()):
                    self._arrived.clear()
                    await self._arrived.wait()
        except TimeoutError:
            raise AssertionError(f"never seen; last was:\n{self.shown()}") from None
        return self.shown()

    def press_ctrl_c(self) -> None:
        os.write(self.ours, b"\x03")

    def press_ctrl_z(self) -> None:
        os.write(self.ours, b"\x1a")

    def type(self, line: str) -> None:
        os.write(self.ours, line.encode() + b"\n")

    def close(self) -> None:
        asyncio.get_running_loop().remove_reader(self.ours)
        os.close(self.ours)
        os.close(self.theirs)


async def test_a_run_is_watched_on_a_terminal_and_stopped_there(shared: System):
    person = Person(40, 24)
    terminal = {"stdin": person.theirs, "stdout": person.theirs, "stderr": person.theirs}
    clean = {name: value for name, value in shared.environment.items() if name not in ("COLUMNS", "LINES")}
    async with serve(Behavior(ttft_ms=5)) as server:
        process = await asyncio.create_subprocess_exec(
            *("setsid", "--ctty", "--wait", *shared.command, "run", server.url, *LONG),
            env={**clean, "TERM": "xterm"},
            **terminal,
        )
        try:
            narrow = await person.sees(
                lambda shown: "client  " in shown and "agent" in shown and "4 in flight" in shown
            )
            assert server.url not in narrow
            run_id = narrow.split()[0]
            person.resize(120, 40)
            wide = await person.sees(lambda shown: server.url in shown)
            assert wide.startswith(f"{run_id}  running  mock-model  {server.url}")
            words = f"loadcell runs show {run_id[:8]}"
            offered = await shared.run(_LOADCELL_COMPLETE="complete_bash", COMP_WORDS=words, COMP_CWORD="3")
            assert run_id in offered.out.split()
            person.press_ctrl_c()
            assert await asyncio.wait_for(process.wait(), PATIENCE_SECONDS) == 130
            shown = await person.sees(lambda shown: "interrupted;" in shown)
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
            left = termios.tcgetattr(person.theirs)
            person.close()
    assert left == person.attributes
    order = [person.written.rindex(mark) for mark in (b"\x1b[?1049h", b"\x1b[?25h", b"\x1b[?1049l", b"TTFT p50")]
    assert order == sorted(order)
    assert f"see it again with: {shared.command[0]}" in shown
    assert "stopping; press Ctrl-C again" in shown
    assert "in short" in shown


async def test_a_run_that_is_stopped_by_ctrl_z_leaves_the_screen_to_the_shell_and_comes_back(shared: System):
    person = Person(100, 30)
    terminal = {"stdin": person.theirs, "stdout": person.theirs, "stderr": person.theirs}
    clean = {name: value for name, value in shared.environment.items() if name not in ("COLUMNS", "LINES")}
    async with serve(Behavior(ttft_ms=5)) as server:
        shell = await asyncio.create_subprocess_exec(
            *("setsid", "--ctty", "--wait", "bash", "--norc", "--noprofile", "-i"),
            env={**clean, "TERM": "xterm", "PS1": "shell$ ", "HISTFILE": ""},
            **terminal,
        )
        try:
            await person.sees(lambda shown: "shell$" in shown)
            person.type(shlex.join([*shared.command, "run", server.url, *LONG]))
            await person.sees(lambda shown: "4 in flight" in shown)
            began = len(person.written)
            person.press_ctrl_z()
            await person.sees(lambda _: b"shell$" in person.written[began:])
            assert is_usual(person.written), "the shell is on the other screen"
            stopped = len(person.written)
            person.type("fg")
            await person.sees(lambda shown: "4 in flight" in shown and not is_usual(person.written[stopped:]))
            person.press_ctrl_c()
            await person.sees(lambda _: b"interrupted;" in person.written and is_usual(person.written))
            person.type("exit 0")
            assert await asyncio.wait_for(shell.wait(), PATIENCE_SECONDS) == 0
        finally:
            if shell.returncode is None:
                shell.kill()
                await shell.wait()
            person.close()


def is_usual(written: bytes) -> bool:
    """Whether a terminal shows its usual screen after all that was written, and not the other one."""
    return written.rfind(b"\x1b[?1049h") <= written.rfind(b"\x1b[?1049l")
