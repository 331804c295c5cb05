"""The examples of the pages run as they stand, with only their addresses changed."""

from __future__ import annotations

import ast
import asyncio
import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.patience import PATIENCE_SECONDS

ROOT = Path(__file__).resolve().parents[2]
SHOWN = {"grpc": "127.0.0.1:50051", "http": "localhost:8085", "exporter": "localhost:9090"}
PYTHON = [
    (page, block)
    for page in ("README.md", "docs/api.md")
    for block in re.findall(r"^```python\n(.*?)^```", (ROOT / page).read_text(), flags=re.MULTILINE | re.DOTALL)
]


def free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """A mock server and the whole system, by the addresses the pages show for them."""
    home = tmp_path_factory.mktemp("home")
    mock, *ports = free_ports(4)
    where = dict(zip(SHOWN, (f"127.0.0.1:{port}" for port in ports), strict=True))
    clean = {name: value for name, value in os.environ.items() if not name.startswith("LOADCELL_")}
    loadcell = [sys.executable, "-m", "loadcell.cli"]
    flags = [part for name, address in where.items() for part in (f"--{name}", address)]
    processes = [
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**clean, "XDG_DATA_HOME": str(home)})
        for command in ([*loadcell, "mock-server", "--port", str(mock)], [*loadcell, "up", *flags])
    ]
    try:
        for process in processes:
            assert process.stdout is not None
            assert process.stdout.readline(), "a process ended before it was ready"
        yield {**{SHOWN[name]: address for name, address in where.items()}, "127.0.0.1:8000": f"127.0.0.1:{mock}"}
    finally:
        for process in processes:
            process.send_signal(signal.SIGTERM)
        for process in processes:
            process.communicate(timeout=PATIENCE_SECONDS)


def adapted(example: str, places: dict[str, str]) -> str:
    for shown, address in places.items():
        example = example.replace(shown, address)
    return example.replace("num_prompts=100", "num_prompts=50")


@pytest.mark.parametrize(("page", "block"), PYTHON, ids=[page for page, _ in PYTHON])
async def test_python_examples_run(
    page: str, block: str, places: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    example = adapted(block, places)
    names: dict[str, Any] = {"__name__": "example"}
    if "asyncio.run" in example:
        await asyncio.to_thread(exec, compile(example, page, "exec"), names)
    else:
        await eval(compile(example, page, "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT), names)
    assert "100" in capsys.readouterr().out


@pytest.mark.skipif(
    shutil.which("curl") is None and not os.environ.get("CI"), reason="the examples are for curl, which is missing"
)
async def test_curl_examples_answer(places: dict[str, str]) -> None:
    started, history = await answers_of("api.md", places)
    assert started["status"] == "started"
    assert started["run_id"] in {run["run_id"] for run in history["runs"]}
    listed, price, budget = await answers_of("costs.md", places)
    assert {one["provider"] for one in listed["data"]} == {"openai"}
    assert (price["data"]["model"], price["data"]["completion_cost_per_1k"]) == ("my-model", 0.0016)
    assert (budget["data"]["name"], budget["data"]["amount"]) == ("tests", 50)


async def answers_of(page: str, places: dict[str, str]) -> list[dict[str, Any]]:
    """What the examples for curl on a page are answered."""
    lines = re.findall(r"^curl (?:.*\\\n)*.*$", (ROOT / "docs" / page).read_text(), flags=re.MULTILINE)
    documents = []
    for line in lines:
        words = shlex.split(adapted(line.replace("\\\n", " "), places))
        process = await asyncio.create_subprocess_exec(*words, "--noproxy", "*", stdout=asyncio.subprocess.PIPE)
        said, _ = await process.communicate()
        documents.append(json.loads(said))
    return documents
