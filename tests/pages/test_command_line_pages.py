"""The commands of pages that are about runs and keys, carried out one after another as they stand.

Only addresses differ from what is shown, names of what was made before, and how much load there is.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from loadcell.cli.failure import EXIT_GATE_MISSED, EXIT_OK
from tests.command_server import CommandServer
from tests.free_ports import free_address
from tests.pages.test_examples import ROOT, ended
from tests.patience import first_line

BLOCK = re.compile(r"^```\n(.*?)^```", flags=re.MULTILINE | re.DOTALL)
LESS = {
    "--concurrency 1,10,50": "--concurrency 1,2",
    "--num-prompts 100": "--num-prompts 4",
    "--duration 60": "--duration 1",
}
# What is for another machine, another shell or a controller that signs tokens; servers have tests of their own.
ELSEWHERE = re.compile(
    r"loadcell (demo|mock-server|up|calibrate|token|--install-completion)|.*controller\.example|.*JWT|.*GITHUB"
)
GATES = re.compile(r"--gate|--validate")  # what they find depends on the pace of the machine


def commands(page: str) -> list[str]:
    """The lines of a page that call `loadcell`, or set what it is called with."""
    text = (ROOT / page).read_text()
    found = [line for block in BLOCK.findall(text) for line in block.replace("\\\n", " ").splitlines()]
    ours = [line.removeprefix(".venv/bin/") for line in found]
    return [line for line in ours if re.match(r"loadcell |export ", line) and not ELSEWHERE.match(line)]


class Reader:
    """Somebody who types what the pages show, on one machine."""

    def __init__(self, home: Path, commands: CommandServer) -> None:
        self._commands = commands
        self._home = home
        self._mock, self._grpc = free_address(), free_address()
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("LOADCELL_", "LLM_"))}
        self._environment = {**clean, "LOADCELL_DATA_DIR": str(home), "LOADCELL_CONTROLLER": self._grpc}
        self.names: dict[str, str] = {}

    def files(self) -> set[str]:
        return {path.name for path in self._home.iterdir()}

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Keep the whole system up, and a server of the model that the pages name."""
        up = ("up", "--grpc", self._grpc, "--http", free_address(), "--exporter", free_address())
        mock = ("mock-server", "--port", self._mock.rpartition(":")[2], "--model", "my-model")
        with ExitStack() as processes:
            for words in (mock, up):
                command = [sys.executable, "-m", "loadcell.cli", *words]
                process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=self._environment)
                processes.callback(ended, process)
                processes.callback(process.send_signal, signal.SIGTERM)
                assert first_line(process), "a process ended before it was ready"
            yield

    async def type(self, line: str) -> str:
        """Carry out a line and return what it says."""
        for shown, place in {"127.0.0.1:8000": self._mock, **LESS, **self.names}.items():
            line = line.replace(shown, place)
        words = shlex.split(line, comments=True)
        if words[0] == "export":
            self._environment |= dict(word.split("=", 1) for word in words[1:])
            return ""
        kept = [
            str(self._home / word) if re.search(r"\.(xlsx|html|md|xml)$", word) else word for word in words[1:]
        ]
        code, out, err = await self._commands.run(kept, self._environment)
        assert code in ((EXIT_OK, EXIT_GATE_MISSED) if GATES.search(line) else (EXIT_OK,)), (
            f"{line}\n{err.decode()}"
        )
        for what, name in re.findall(r"^(key|token) ([\w-]+)", err.decode(), re.MULTILINE):
            self.names[f"{what.upper()}_ID"] = name
        return out.decode()


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory, command_server: CommandServer) -> Iterator[Reader]:
    reader = Reader(tmp_path_factory.mktemp("reader"), command_server)
    with reader.at_work():
        yield reader


async def test_runs_are_carried_out_looked_at_and_judged_as_shown(reader: Reader) -> None:
    pages = ("README.md", "docs/terminal.md", "docs/validation.md", "docs/comparing.md", "docs/reports.md")
    first = json.loads(await reader.type("loadcell run http://127.0.0.1:8000 -c 1,2 -n 4 --json"))["run_id"]
    reader.names["RUN_ID"] = first
    await reader.type("loadcell runs update RUN_ID --baseline")
    second = json.loads(await reader.type("loadcell run http://127.0.0.1:8000 -c 1,2 -n 4 --json"))["run_id"]
    reader.names = {"RUN_ID RUN_ID": f"{first} {second}", "RUN_ID": second}
    for page in (*pages, "docs/guide.md"):
        shown = commands(page)
        assert shown, page
        for line in shown:
            await reader.type(line)
    assert {"result.xlsx", "report.html", "summary.md", "gates.xml"} <= reader.files()
    assert second not in await reader.type("loadcell runs list --json"), "the last line of the guide deletes it"


async def test_limits_are_set_and_callers_let_in_and_out_as_shown(reader: Reader) -> None:
    for line in [line for line in commands("docs/limits.md") if line.startswith("loadcell")]:
        await reader.type(line)
    for line in commands("docs/security.md"):
        said = await reader.type(line)
        if made := re.search(r"lc_live_\S+", said):
            reader.names.setdefault("lc_live_...", made[0])
