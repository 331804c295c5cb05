"""Another gateway of a system, which is stopped and started by itself while the runs of the system go on."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

from tests.browser.dashboard_system import DashboardSystem, has_come
from tests.free_ports import free_address
from tests.patience import PATIENCE_SECONDS


class SecondGateway:
    """`python -m gateway` on addresses of its own, the same after each start."""

    def __init__(self, system: DashboardSystem, home: Path) -> None:
        self.key = system.key
        self._home = home
        self._http = free_address()
        self._process: subprocess.Popen[bytes] | None = None
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("LOADCELL_", "LLM_"))}
        self._environment = {
            **clean,
            "LOADCELL_DATA_DIR": str(home),
            "LOADCELL_API_KEY": system.key,
            "LOADCELL_CONTROLLER": system.grpc,
            "LOADCELL_HTTP": self._http,
            "LOADCELL_EXPORTER": free_address(),
        }

    @property
    def url(self) -> str:
        return f"http://{self._http}/"

    def start(self) -> None:
        command = [sys.executable, "-m", "gateway"]
        with (self._home / "gateway.log").open("ab") as log:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self._environment
            )
        assert has_come(self._answers), (self._home / "gateway.log").read_text()

    def stop(self) -> None:
        if self._process is None:
            return
        self._process.send_signal(signal.SIGINT)
        self._process.wait(timeout=PATIENCE_SECONDS)
        self._process = None

    def _answers(self) -> bool:
        host, _, port = self._http.rpartition(":")
        try:
            with socket.create_connection((host, int(port)), timeout=PATIENCE_SECONDS):
                return True
        except ConnectionRefusedError:
            return False
