"""The whole system with the settings of both older ones, and their clients before it: curl, and programs."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from old_service import MODEL, SETTINGS, OldService

from tests.free_ports import free_address, free_port
from tests.patience import PATIENCE_SECONDS, first_line


@pytest.fixture(scope="session", autouse=True)
def _curl() -> None:
    if shutil.which("curl") is None:
        reason = "curl is not installed (Debian: apt-get install curl)"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)


@pytest.fixture(scope="package")
def model_server() -> Iterator[str]:
    """A server with one model that answers at once."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "loadcell.cli", "mock-server", "--port", str(port), "--model", MODEL],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
    )
    try:
        assert first_line(process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.communicate(timeout=PATIENCE_SECONDS)


@pytest.fixture(scope="package")
def old_service(tmp_path_factory: pytest.TempPathFactory, model_server: str) -> Iterator[OldService]:
    home = tmp_path_factory.mktemp("compat")
    grpc, http, exporter = free_address(), free_address(), free_address()
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("LOADCELL_", "LLM_"))}
    process = subprocess.Popen(
        [sys.executable, "-m", "loadcell.cli", "up", "--grpc", grpc, "--http", http, "--exporter", exporter],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        env={**inherited, "LOADCELL_DATA_DIR": str(home), **SETTINGS},
    )
    try:
        line = first_line(process) or b""
        assert line.startswith(b"loadcell is up"), _logs(home)
        yield OldService(http, exporter, model_server)
    finally:
        process.terminate()
        process.communicate(timeout=PATIENCE_SECONDS)


def _logs(home: Path) -> str:
    return "\n".join(file.read_text() for file in (home / "logs").rglob("*.log"))
