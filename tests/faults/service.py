"""One process of the system under test, started as an operator starts it."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from tests.patience import PATIENCE_SECONDS

MARK = "LOADCELL_FAULTS"  # a variable that tells our processes, and theirs, from all others


async def until(reached: Callable[[], object], what: str) -> None:
    """Wait for a condition; `what` says in the message of a failure what never came."""
    deadline = asyncio.get_running_loop().time() + PATIENCE_SECONDS
    while not reached():
        assert asyncio.get_running_loop().time() < deadline, f"not within {PATIENCE_SECONDS:g} s: {what}"
        await asyncio.sleep(0.02)


async def until_async(reached: Callable[[], Awaitable[object]], what: str) -> None:
    deadline = asyncio.get_running_loop().time() + PATIENCE_SECONDS
    while not await reached():
        assert asyncio.get_running_loop().time() < deadline, f"not within {PATIENCE_SECONDS:g} s: {what}"
        await asyncio.sleep(0.05)


class Service:
    """A process that can be killed and started again; its log goes on in the same file.

    Args:
        name: What to call it; the log is `folder`/name.log.
        module: Python module to run.
        folder: Where logs lie; the mark of its processes as well.
        settings: Environment beside ours.
    """

    def __init__(self, name: str, module: str, folder: Path, settings: Mapping[str, str]) -> None:
        self.name = name
        self.module = module
        self.log = folder / f"{name}.log"
        clean = {key: value for key, value in os.environ.items() if not key.startswith(("LOADCELL_", "LLM_"))}
        # Whatever happens to the test, nothing survives it: the pipe to standard input ends with this process.
        self.environment = {**clean, MARK: str(folder), "LOADCELL_EXIT_WITH_PARENT": "true", **settings}
        self._process: asyncio.subprocess.Process | None = None
        self._read_from = 0

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.returncode is None

    async def start(self) -> None:
        self._read_from = self.log.stat().st_size if self.log.exists() else 0
        with self.log.open("ab") as sink:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                self.module,
                env=self.environment,
                stdin=asyncio.subprocess.PIPE,
                stdout=sink,
                stderr=sink,
            )

    async def said(self, event: str, times: int = 1) -> None:
        """Wait until an event is in the log since the last start."""

        def there() -> bool:
            assert self.running, f"{self.name} has ended:\n{self.text()}"
            return sum(f'"event":"{event}"' in line for line in self.text().splitlines()) >= times

        await until(there, f"{event} of {self.name}")

    def text(self) -> str:
        """What it has written since its last start."""
        with self.log.open("rb") as file:
            file.seek(self._read_from)
            return file.read().decode()

    def events(self) -> list[dict[str, Any]]:
        """Everything it has ever logged. A line that is no JSON is a traceback nobody caught, and fails."""
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        for line in lines:
            assert line.startswith("{"), f"{self.name} wrote something that is no event:\n{self.log.read_text()}"
        return [json.loads(line) for line in lines]

    def send(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    async def kill(self) -> None:
        """SIGKILL, as an out-of-memory killer does it."""
        self.send(signal.SIGKILL)
        await self.ended()

    async def ended(self) -> int:
        """Wait until it has ended, by itself or by what was done to it."""
        assert self._process is not None
        code = await asyncio.wait_for(self._process.wait(), PATIENCE_SECONDS)
        if self._process.stdin is not None:
            self._process.stdin.close()
        return code

    async def close(self) -> None:
        """Take it away, whatever it is doing."""
        if self.running:
            await self.kill()
        elif self._process is not None:
            await self.ended()


def marked(folder: Path) -> dict[int, str]:
    """Processes of a folder that are still there, with their command."""
    mark = f"{MARK}={folder}".encode()
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                if mark in (entry / "environ").read_bytes().split(b"\0"):
                    found[int(entry.name)] = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:
                continue
    return found


def children(pid: int) -> list[int]:
    """Direct children of a process, in the order they were started."""
    try:
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def open_files(pid: int) -> list[str]:
    """What a process has open, sockets by the kind of thing they are."""
    found = []
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        try:
            found.append(str(entry.readlink()).partition(":[")[0])
        except OSError:
            continue
    return sorted(found)


def told(log: Path) -> list[str]:
    """A log for the reader of a failed test: without calls that went well, and without what repeats."""
    lines = []
    for line in log.read_text().splitlines():
        if not line.startswith("{"):
            lines.append(line)
            continue
        event = json.loads(line)
        for word in ("log_level", "service", "request_id"):
            event.pop(word, None)
        if event["event"] not in ("request_started", "request_completed"):
            lines.append(f"{event.pop('timestamp')[11:23]} {event.pop('level')} {event.pop('event')} {event}")
    return lines[-100:]
