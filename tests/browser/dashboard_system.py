"""One whole system of real processes, and a target for its runs, that all tests of the dashboard share."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.free_ports import free_address
from tests.patience import PATIENCE_SECONDS, first_line

KEY = "the-key-of-the-administrator"


class DashboardSystem:
    """`loadcell up` and the mock server. With a key, unless it is to be open."""

    def __init__(self, home: Path, *, key: str = KEY) -> None:
        self.key = key
        self._home = home
        self._http, self._grpc, self._exporter = free_address(), free_address(), free_address()
        self._up: subprocess.Popen[bytes] | None = None
        self._target: subprocess.Popen[bytes] | None = None
        self.target = ""

    @property
    def url(self) -> str:
        return f"http://{self._http}/"

    @property
    def grpc(self) -> str:
        """Where the controller listens."""
        return self._grpc

    def start(self) -> None:
        self._target = self._begin("-m", "loadcell.mockserver", "--port", "0", "--ttft-ms", "5", "--itl-ms", "1")
        self.target = self._line(self._target).split()[-1]
        self.start_services()

    def start_services(self) -> None:
        """Start everything but the target; on the same addresses as before, when it was stopped."""
        addresses = ("--http", self._http, "--grpc", self._grpc, "--exporter", self._exporter)
        self._up = self._begin("-m", "loadcell.cli", "up", *addresses)
        self._line(self._up)

    def stop_services(self) -> None:
        self._end(self._up)

    def stop(self) -> None:
        self._end(self._up)
        self._end(self._target)

    def call(self, method: str, path: str, body: Any = None, *, key: str | None = None) -> Any:
        """One call of the HTTP API."""
        headers = {"Content-Type": "application/json", "X-API-Key": self.key if key is None else key}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url[:-1] + path, data, headers, method=method)
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(
            request, timeout=PATIENCE_SECONDS
        ) as answer:
            return json.loads(answer.read() or b"null")

    def run(self, **specification: Any) -> str:
        """Start a run and wait for its end; return its identifier."""
        run_id = self.begin_run(**specification)
        path = f"/api/v1/benchmark/run/{run_id}"
        while self.call("GET", path)["status"] not in ("completed", "failed", "cancelled"):
            time.sleep(0.05)
        return run_id

    def begin_run(self, **specification: Any) -> str:
        load = {} if "rate" in specification else {"concurrency": [1, 2]}
        wanted = {"server_url": self.target, "num_prompts": 20, **load, **specification}
        started: dict[str, Any] = self.call("POST", "/api/v1/benchmark/run", wanted)
        return str(started["run_id"])

    def _begin(self, *arguments: str) -> subprocess.Popen[bytes]:
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("LOADCELL_", "LLM_"))}
        environment = {**clean, "LOADCELL_DATA_DIR": str(self._home)}
        if self.key:
            environment["LOADCELL_API_KEY"] = self.key
        command = [sys.executable, *arguments]
        with (self._home / "processes.log").open("ab") as log:
            return subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, env=environment
            )

    def _line(self, process: subprocess.Popen[bytes]) -> str:
        line = first_line(process)
        assert line, (self._home / "processes.log").read_text()
        return line.decode()

    def _end(self, process: subprocess.Popen[bytes] | None) -> None:
        if process is None:
            return
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=PATIENCE_SECONDS)


def has_come(condition: Callable[[], bool]) -> bool:
    """Wait until something is so that no browser shows."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.05)
    return condition()
