"""The page on running with many agents, carried out from top to bottom with only its addresses changed."""

from __future__ import annotations

import asyncio
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from loadcell.client import Client
from tests.free_ports import free_address
from tests.pages.test_examples import ROOT, ended
from tests.patience import PATIENCE_SECONDS, first_line

BLOCK = re.compile(r"^```\n(.*?)^```", flags=re.MULTILINE | re.DOTALL)


def lines() -> list[str]:
    """Every command of the page, in its order."""
    blocks = BLOCK.findall((ROOT / "docs" / "agents.md").read_text())
    return [line for block in blocks for line in block.replace("\\\n", " ").splitlines()]


class Reader:
    """Somebody who types what the page shows, on one machine."""

    def __init__(self, home: Path, processes: ExitStack) -> None:
        mock, grpc, http, exporter = (free_address() for _ in range(4))
        self._places = {
            "/var/lib/loadcell": str(home / "agents"),
            "controller.example:50051": grpc,
            "localhost:8085": http,
            "10.0.0.7:8000": mock,
        }
        clean = {name: value for name, value in os.environ.items() if not name.startswith("LOADCELL_")}
        self._environ = {**clean, "LOADCELL_DATA_DIR": str(home)}
        self._processes = processes
        self._begin("-m", "loadcell.cli", "mock-server", "--port", mock.rpartition(":")[2])
        up = ("--grpc", grpc, "--http", http, "--exporter", exporter, "--agents", "0")
        self._begin("-m", "loadcell.cli", "up", *up)

    def _begin(self, *words: str, listens: bool = True) -> None:
        process = subprocess.Popen([sys.executable, *words], stdout=subprocess.PIPE, text=True, env=self._environ)
        self._processes.callback(ended, process)
        self._processes.callback(process.send_signal, signal.SIGTERM)
        assert not listens or first_line(process), "a process ended before it was ready"

    def type(self, line: str) -> tuple[int, str]:
        """Carry out a line; return its exit status and all it says."""
        for shown, place in self._places.items():
            line = line.replace(shown, place)
        words = shlex.split(line, comments=True)
        settings = dict(word.split("=", 1) for word in words if re.match(r"LOADCELL_\w+=", word))
        if words[0] == "export":
            self._environ |= settings
            return 0, ""
        words = words[len(settings) :]
        if words[:3] == ["python", "-m", "agent"]:
            self._environ, kept = {**self._environ, **settings, "LOADCELL_WORKERS": "1"}, self._environ
            self._begin(*words[1:], listens=False)
            self._environ = kept
            asyncio.run(_registered(settings["LOADCELL_CONTROLLER"], settings["LOADCELL_AGENT_ID"]))
            return 0, ""
        command = {"loadcell": [sys.executable, "-m", "loadcell.cli"], "curl": ["curl", "--noproxy", "*"]}
        done = subprocess.run(
            [*command[words[0]], *words[1:]],
            env={**self._environ, **settings},
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr


async def _registered(address: str, agent_id: str) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS), Client(address) as client:
        while agent_id not in {agent.agent_id async for agent in client.agents()}:
            await asyncio.sleep(0.05)


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Reader]:
    with ExitStack() as processes:
        yield Reader(tmp_path, processes)


@pytest.mark.skipif(
    shutil.which("curl") is None and not os.environ.get("CI"), reason="an example is for curl, which is missing"
)
def test_the_page_is_true_from_top_to_bottom(reader: Reader) -> None:
    said: dict[str, str] = {}
    for line in lines():
        code, words = reader.type(line)
        assert code == (1 if "# refused" in line else 0), f"{line}\n{words}"
        said[line] = words
    by_command = {" ".join(line.split("#")[0].split()): words for line, words in said.items()}
    assert '"max_requests_per_sec"' in by_command["LOADCELL_DATA_DIR=/var/lib/loadcell loadcell calibrate"]
    listed = by_command["loadcell agents list"]
    assert "eu-a-1" in listed
    assert "eu-b-1" in listed
    assert "region=eu,zone=a" in by_command["loadcell agents show eu-a-1"]
    run = "loadcell run http://10.0.0.7:8000 --agents "
    both = by_command[run + "region=eu,count=2 --rate 100"]
    assert "eu-a-1" in both
    assert "eu-b-1" in both
    assert "calibrated for" in by_command[run + "2 --rate 5000000"]
    assert (
        "forced beyond the capacity of the agents"
        in by_command[run + "2 --rate 5000000 --force --acknowledge-load"]
    )
    assert '"started"' in next(words for line, words in said.items() if line.startswith("curl"))
    assert "agent eu-a-1: draining" in by_command["loadcell agents drain eu-a-1"]
    assert "takes work again" in by_command["loadcell agents drain eu-a-1 --resume"]
