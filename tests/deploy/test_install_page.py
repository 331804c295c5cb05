"""docs/install.md from top to bottom: its commands are carried out in their order, with other places and ports.

What needs a Docker engine is held against the Dockerfile and docker-compose.yml. systemctl and journalctl are
ourselves: we start what a unit says, as it says. Packages of the system are there already, or what needs them is
skipped. Everything else is executed as it is written.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.images.__main__ import DOCKERFILE
from scripts.images.dockerfile import read
from tests.deploy.compose_file import load
from tests.deploy.programs import program
from tests.deploy.units import ROOT, Unit
from tests.free_ports import free_port
from tests.patience import PATIENCE_SECONDS

pytestmark = pytest.mark.timeout(600)  # packages are installed, with whatever index there is

PAGE = (ROOT / "docs" / "install.md").read_text()
BLOCK = re.compile(r"^```\n(.*?)^```", flags=re.MULTILINE | re.DOTALL)
LINES = [line for block in BLOCK.findall(PAGE) for line in block.replace("\\\n", " ").splitlines()]
PROMETHEUS = shutil.which("prometheus")
COPIED = (
    "pyproject.toml",
    "README.md",
    "LICENSE",
    "deploy",
    "scripts",
    "loadcell",
    "controller",
    "agent",
    "gateway",
)


class Operator:
    """Somebody who types what the page shows, on a machine of their own."""

    def __init__(self, home: Path) -> None:
        self._home, self._checkout, self.state = home, home / "checkout", home / "var/lib"
        self._checkout.mkdir()
        ignored = shutil.ignore_patterns("__pycache__", "secrets", "node_modules")
        for name in COPIED:
            source = ROOT / name
            copy = shutil.copytree if source.is_dir() else shutil.copy
            copy(source, self._checkout / name, **({"ignore": ignored} if source.is_dir() else {}))
        ports = {port: str(free_port()) for port in ("50051", "8085", "9090", "9091", "9092", "9190")}
        self._ports = re.compile(r"(?<=:)(" + "|".join(ports) + r")\b"), lambda found: ports[found[1]]
        folders = (
            "/opt/loadcell",
            "/etc/loadcell",
            "/etc/systemd/system",
            "/etc/prometheus",
            "/etc/default",
            "/root",
        )
        self._folders = re.compile("(" + "|".join(folders) + "|/var/lib)(?=/|$|[\\s'\"])")
        for folder in ("/opt", "/etc/systemd/system", "/etc/prometheus", "/etc/default", "/root"):
            (home / folder.lstrip("/")).mkdir(parents=True, exist_ok=True)
        for unit in (self._checkout / "deploy/systemd").iterdir():
            unit.write_text(self._here(unit.read_text()))
        # Two would find each other by what they leave for this user.
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith("LOADCELL_")}
        self.environment |= {
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "XDG_DATA_HOME": str(home / "data"),
            "XDG_RUNTIME_DIR": str(home / "data"),
        }
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self.said: dict[str, str] = {}

    def _here(self, text: str) -> str:
        pattern, port = self._ports
        return self._folders.sub(lambda found: f"{self._home}{found[1]}", pattern.sub(port, text))

    def type(self, line: str) -> None:
        """Carry out a line as a shell would."""
        here = self._here(line)
        words = shlex.split(here)
        if words[0] == "export":
            self.environment |= dict(word.split("=", 1) for word in words[1:])
        elif words[0] == "systemctl":
            self._systemctl(words[1:])
        elif words[0] == "journalctl":
            assert self._log(words[words.index("--unit") + 1]).read_text()
        elif words[0] == "curl" or words[1:] == ["agents", "list"]:
            self.said[line] = self._patiently(here)
        else:
            self.said[line] = self._carried_out(here)

    def _carried_out(self, line: str) -> str:
        done = subprocess.run(
            ["sh", "-c", line],
            cwd=self._checkout,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
        return done.stdout

    def _patiently(self, line: str) -> str:
        """Ask until there is an answer: what was started is not up at once."""
        until = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                return self._carried_out(line)
            except AssertionError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.2)

    def _log(self, name: str) -> Path:
        return self._home / f"{name}.log"

    def _systemctl(self, words: list[str]) -> None:
        verb, *names = [word for word in words if word != "--now"]
        assert verb in ("daemon-reload", "enable", "restart"), verb
        for name in names:
            if name in self.running:
                self.stop(name)
            self.running[name] = self._prometheus() if name == "prometheus" else self._start(name)

    def _start(self, name: str) -> subprocess.Popen[bytes]:
        unit = Unit.read(self._home / f"etc/systemd/system/{name}.service")
        return unit.start(self.state, self._log(name))

    def _prometheus(self) -> subprocess.Popen[bytes]:
        assert PROMETHEUS is not None
        (arguments,) = re.findall(
            '^ARGS="(.*)"$', (self._home / "etc/default/prometheus").read_text(), re.MULTILINE
        )
        place = [
            f"--config.file={self._home}/etc/prometheus/prometheus.yml",
            f"--storage.tsdb.path={self._home}/tsdb",
        ]
        with self._log("prometheus").open("wb") as log:
            return subprocess.Popen([PROMETHEUS, *shlex.split(arguments), *place], stdout=log, stderr=log)

    def ask_until(self, line: str, right: str) -> None:
        """Ask again until an answer has some text."""
        until = time.monotonic() + PATIENCE_SECONDS
        while right not in self._carried_out(self._here(line)):
            assert time.monotonic() < until, f"{right!r} is not in the answer to {line}"
            time.sleep(0.2)

    def stop(self, name: str) -> None:
        """Stop what runs under a name, and hold it to ending in good order."""
        process = self.running.pop(name)
        process.terminate()
        assert process.wait(PATIENCE_SECONDS) == 0, self._log(name).read_text()[-2000:]


def needs_prometheus(line: str) -> bool:
    return "prometheus" in line or ":9190" in line or line.startswith("promtool")


@pytest.fixture(scope="module")
def operator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Operator]:
    operator = Operator(tmp_path_factory.mktemp("operator"))
    yield operator
    for process in operator.running.values():
        process.kill()
        process.wait()


def test_every_command_of_the_page_works_in_its_order(operator: Operator):
    typed = 0
    for line in LINES:
        if line.startswith(("docker ", "apt-get ", "deploy/make-secrets")):
            continue  # below
        if PROMETHEUS is None and needs_prometheus(line):
            continue
        operator.type(line)
        typed += 1
    assert typed > 25 if PROMETHEUS else typed > 15
    operator.ask_until("/opt/loadcell/bin/loadcell agents list", "ready")
    scraped = [said for line, said in operator.said.items() if line.endswith("/metrics")]
    assert len(scraped) == 3
    assert all("loadcell_" in text for text in scraped)


def test_prometheus_sees_all_three_and_has_the_rules(operator: Operator):
    program("prometheus", "prometheus")
    for job in ("loadcell-gateway", "loadcell-controller", "loadcell-agent"):
        query = f'query=up{{job="{job}"}} == 1'
        operator.ask_until(
            f"curl -sf http://127.0.0.1:9190/api/v1/query --data-urlencode {shlex.quote(query)}", f'"job":"{job}"'
        )
    rules = json.loads(operator.said["curl -sf http://127.0.0.1:9190/api/v1/rules"])
    kinds = {rule["type"] for group in rules["data"]["groups"] for rule in group["rules"]}
    assert kinds == {"alerting", "recording"}


def test_what_was_installed_ends_when_it_is_told_to(operator: Operator):
    assert operator.running.keys() >= {"loadcell-controller", "loadcell-gateway", "loadcell-agent"}
    for name in ("loadcell-agent", "loadcell-gateway", "loadcell-controller"):
        operator.stop(name)


def test_docker_is_told_of_targets_and_services_that_are_there():
    stages, compose = read(DOCKERFILE.read_text()), load({})
    services = {service.name for service in compose.services.values()}
    tags = set()
    for line in LINES:
        words = shlex.split(line)
        if words[:2] == ["docker", "build"]:
            target = words[words.index("--target") + 1]
            assert target in stages
            assert words[words.index("--file") + 1] == str(DOCKERFILE.relative_to(ROOT))
            tags.add(words[words.index("--tag") + 1])
        elif words[:2] == ["docker", "run"]:
            assert tags & set(words), f"{line} names no image that was built"
        elif words[:3] == ["docker", "compose", "run"]:
            assert words[4] in services
    assert tags == {"loadcell-controller", "loadcell-gateway", "loadcell-agent", "loadcell-cli"}


def test_packages_of_the_system_have_the_names_they_have():
    named = [word for line in LINES if line.startswith("apt-get ") for word in line.split()[2:] if word[0] != "-"]
    assert named == ["prometheus", "prometheus-alertmanager"]
