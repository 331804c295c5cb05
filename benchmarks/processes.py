"""Processes under test: started with an environment, killed, and started again as they were."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from benchmarks.nullserver import CannotMeasureError

STOP_SECONDS = 30
LINE_SECONDS = 120
_QUIET = {"LOADCELL_LOG_LEVEL": "warning", "LOADCELL_EXIT_WITH_PARENT": "true"}


@dataclass
class Service:
    """One process of ours, `python -m MODULE ARGUMENTS`; what it logs goes to a file in `folder`."""

    module: str
    folder: Path
    environ: dict[str, str] = field(default_factory=dict)
    arguments: Sequence[str] = ()
    name: str = ""
    _process: asyncio.subprocess.Process | None = None

    @property
    def log(self) -> Path:
        """File of what the process says on standard error."""
        return self.folder / f"{self.name or self.module}.log"

    @property
    def process(self) -> psutil.Process:
        """The running process."""
        return psutil.Process(self.running.pid)

    @property
    def running(self) -> asyncio.subprocess.Process:
        """The process with its pipes."""
        if self._process is None:
            raise CannotMeasureError(f"{self.module} was not started")
        return self._process

    async def start(self) -> None:
        """Start the process; after `kill`, start it again with the same environment."""
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", self.module, *self.arguments),
                env={**os.environ, **_QUIET, **self.environ},
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
            )

    async def kill(self) -> None:
        """Kill the process and its children at once (SIGKILL), as a machine that fails does."""
        family = [*self.process.children(recursive=True), self.process]
        for process in family:
            process.kill()
        await self.running.wait()

    async def stop(self) -> None:
        """Ask the process to end and wait for it."""
        if self._process is None:
            return
        if self._process.returncode is None:
            self._process.terminate()
        await asyncio.wait_for(self._process.communicate(), STOP_SECONDS)

    def check(self) -> None:
        """Raise CannotMeasureError with its last words when the process has ended."""
        if self._process is not None and self._process.returncode is not None:
            said = self.log.read_text(encoding="utf-8").splitlines()
            raise CannotMeasureError(
                f"the {self.name or self.module} ended with {self._process.returncode}: {' '.join(said[-1:])}"
            )

    async def line(self) -> str:
        """Return the next line it prints; CannotMeasureError when it ends instead."""
        assert self.running.stdout is not None  # it was started with a pipe
        try:
            said = await asyncio.wait_for(self.running.stdout.readline(), LINE_SECONDS)
        except TimeoutError:
            raise CannotMeasureError(f"{self.module} said nothing for {LINE_SECONDS} s") from None
        if not said:
            await self.running.wait()
            self.check()
        return said.decode().strip()

    def say(self, line: str) -> None:
        """Write a line to its standard input."""
        assert self.running.stdin is not None  # it was started with a pipe
        self.running.stdin.write(line.encode() + b"\n")

    def cpu_seconds(self) -> float:
        """CPU time the process has used so far, without its children."""
        times = self.process.cpu_times()
        return times.user + times.system


@asynccontextmanager
async def started(*services: Service) -> AsyncIterator[None]:
    """Start services one after another and stop them in the opposite order."""
    async with AsyncExitStack() as stack:
        for service in services:
            stack.push_async_callback(service.stop)
            await service.start()
        yield
