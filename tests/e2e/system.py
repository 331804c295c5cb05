"""The whole system through its command line, as a user has it."""

import asyncio
import contextlib
import fcntl
import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from loadcell.mockserver import MockServer
from tests.command_server import CommandServer
from tests.free_ports import free_address
from tests.patience import PATIENCE_SECONDS


@dataclass(frozen=True)
class Done:
    code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        """Standard output as exactly one JSON document."""
        return json.loads(self.out)


class System:
    """A user with a data directory of his own."""

    def __init__(self, home: Path, commands: CommandServer) -> None:
        self.home = home
        self._commands = commands
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("LOADCELL_", "LLM_"))}
        self.command = (sys.executable, "-W", "error", "-m", "loadcell.cli")
        self.environment = {**clean, "LOADCELL_DATA_DIR": str(home)}
        self.grpc = ""
        """Address of the controller, where the system is up already."""
        self._started: list[asyncio.subprocess.Process] = []

    async def start(self, *arguments: str, **environment: str) -> asyncio.subprocess.Process:
        process = await asyncio.create_subprocess_exec(
            *self.command,
            *arguments,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env={**self.environment, **environment},
        )
        self._started.append(process)
        return process

    def unfinished(self) -> bool:
        """Whether a command that a test has started goes on, which is so when the test has failed."""
        return any(process.returncode is None for process in self._started)

    async def close(self) -> list[int]:
        """End everything; return the processes that a test without a failure has left behind."""
        if not self.unfinished() and await self.has_no_processes():
            return []
        killed = self.kill()
        for process in self._started:
            if process.returncode is None:
                await asyncio.wait_for(process.communicate(), PATIENCE_SECONDS)
        return killed

    def kill(self) -> list[int]:
        """Kill all that works for this user, whoever started it; return the processes."""
        killed: list[int] = []
        deadline = time.monotonic() + PATIENCE_SECONDS
        while (left := self.processes()) and time.monotonic() < deadline:
            for pid in left:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            killed += (pid for pid in left if pid not in killed)
            time.sleep(0.01)
        return killed

    async def finish(self, process: asyncio.subprocess.Process) -> Done:
        out, err = await asyncio.wait_for(process.communicate(), PATIENCE_SECONDS)
        assert process.returncode is not None
        return Done(process.returncode, out.decode(), err.decode())

    async def run(self, *arguments: str, **environment: str) -> Done:
        """Carry out a command to its end, which takes half of what it takes when it is started."""
        code, out, err = await self._commands.run(arguments, {**self.environment, **environment})
        return Done(code, out.decode(), err.decode())

    @asynccontextmanager
    async def up(self, *flags: str, **environment: str) -> AsyncIterator[str]:
        """Keep the whole system up; yields its one ready line."""
        addresses = ("--grpc", free_address(), "--http", free_address(), "--exporter", free_address())
        process = await self.start("up", *addresses, *flags, **environment)
        assert process.stdout is not None
        assert process.stderr is not None
        try:
            line = await asyncio.wait_for(process.stdout.readline(), PATIENCE_SECONDS)
            assert line, (await asyncio.wait_for(process.stderr.read(), PATIENCE_SECONDS)).decode() + self.logs()
            yield line.decode()
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGINT)
            done = await self.finish(process)
            assert (done.code, done.out, done.err) == (0, "", "")

    def logs(self) -> str:
        """Everything the processes logged, for messages of failed tests."""
        return "\n".join(f"--- {file.name}\n{file.read_text()}" for file in (self.home / "logs").rglob("*.log"))

    def processes(self) -> list[int]:
        """Processes that still belong to this data directory."""
        mark = f"LOADCELL_DATA_DIR={self.home}".encode()
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdecimal() and int(entry.name) != os.getpid():
                try:
                    environment = (entry / "environ").read_bytes().split(b"\0")
                except OSError:
                    continue
                if mark in environment:
                    found.append(int(entry.name))
        return found

    async def has_no_processes(self) -> bool:
        """Wait until nothing is left; processes that end with a pipe need a moment."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE_SECONDS):
                while self.processes():
                    await asyncio.sleep(0.02)
                return True
        return False


def command_of(pid: int) -> bytes:
    """The command line of a process; empty when it has gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


async def says(process: asyncio.subprocess.Process, pattern: str) -> str:
    """Wait for a line on standard error, and return it; the lines before it are gone."""
    assert process.stderr is not None
    async with asyncio.timeout(PATIENCE_SECONDS):
        while line := (await process.stderr.readline()).decode():
            if re.search(pattern, line):
                return line
    raise AssertionError(f"the command has ended without {pattern}")


async def under_load(server: MockServer, command: asyncio.subprocess.Process, requests: int = 60) -> None:
    """Wait until a server has been asked so often by the run of a command."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while server.requests < requests:
            if command.returncode is not None:
                raise AssertionError(
                    f"the command has ended by {command.returncode} without load: {await told(command)}"
                )
            await asyncio.sleep(0.002)


async def told(command: asyncio.subprocess.Process) -> str:
    """What a command that has ended wrote to standard error; empty when that is not ours to read."""
    return (await command.stderr.read()).decode() if command.stderr else ""


def on_terminal(command: Sequence[str], environment: dict[str, str], *, columns: int) -> str:
    """What a command shows on a terminal of this width, without styles."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    clean = {name: value for name, value in environment.items() if name not in ("COLUMNS", "LINES")}
    with subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, env={**clean, "TERM": "xterm", "NO_COLOR": "1"}
    ):
        os.close(theirs)
        shown = b""
        with contextlib.suppress(OSError):  # the other end is closed
            while select.select([ours], [], [], PATIENCE_SECONDS)[0] and (piece := os.read(ours, 65536)):
                shown += piece
        os.close(ours)  # which ends a command that goes on
    return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]|\r", "", shown.decode())


def figures(document: dict[str, Any]) -> list[dict[str, Any]]:
    """The measured part of a result document."""
    return document["results"]
