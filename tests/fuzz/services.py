"""Services of ours as processes of their own: what they take of memory, and what they complain of."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil

from tests.patience import PATIENCE_SECONDS

_NO_AGENTS = ("benchmark_failed", "recommendation_failed")  # as every run does here
_LONGEST_LINE = 64 * 1024  # characters; who sends something huge must not have it logged


class Service:
    """A process whose log goes to a file.

    Args:
        module: What is run, such as "controller".
        log: Where the log goes.
        settings: Its environment.
    """

    def __init__(self, module: str, log: Path, **settings: str) -> None:
        self._log = log
        kept = {name: value for name, value in os.environ.items() if not name.startswith("LOADCELL_")}
        with log.open("wb") as sink:
            command = [sys.executable, "-m", module]
            self._process = subprocess.Popen(
                command, env={**kept, **settings}, stdin=subprocess.DEVNULL, stderr=sink, stdout=sink
            )
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not (began := [line for line in self.log() if line.get("event") == "application_started"]):
            assert self._process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.02)
        self.started: dict[str, Any] = began[0]

    def log(self) -> list[dict[str, Any]]:
        """Return the lines of the log; what is not one of ours is an error."""
        # A line ends with a line feed and with nothing else, whatever callers have put into it.
        with self._log.open(encoding="utf-8", errors="replace", newline="\n") as lines:
            return [_read(line) for line in lines]

    def complaints(self) -> list[str]:
        """Return the lines that tell of an error of ours, or are too long."""
        return [
            str(line)[:4_000]
            for line in self.log()
            if (line.get("level") in ("error", "critical") and line["event"] not in _NO_AGENTS)
            or "exception" in line
            or len(str(line)) > _LONGEST_LINE
        ]

    def resident_bytes(self) -> int:
        """Return how much memory it has."""
        return int(psutil.Process(self._process.pid).memory_info().rss)

    def stop(self) -> int:
        """End it as its user does; return its exit code."""
        self._process.terminate()
        try:
            return self._process.wait(PATIENCE_SECONDS)
        finally:
            self._process.kill()


def _read(line: str) -> dict[str, Any]:
    if not line.endswith("\n"):
        return {}  # it is being written
    try:
        found = json.loads(line)
    except ValueError:
        found = None
    return found if isinstance(found, dict) else {"level": "error", "event": line}
