"""Each extra of the wheel, alone in a clean environment, has what its code imports, on each Python we name."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.images.building import Builder
from scripts.images.dockerfile import read
from tests.deploy.units import ROOT

pytestmark = pytest.mark.timeout(600)  # packages are installed, with whatever index there is

NAMED = re.findall(r"Python :: (3\.\d+)", (ROOT / "pyproject.toml").read_text())
# All other tests run on this one.
OTHERS = [version for version in NAMED if version != f"{sys.version_info[0]}.{sys.version_info[1]}"]
SERVICES = ("controller", "gateway", "agent")
# What an extra beside that of the service is needed for, and who says so when it is not there.
OPTIONAL = {"controller.exports.formats.parquet": "pyarrow", "controller.exports.bucket": "obstore"}
# What is shared by services and is not for whoever has the command alone.
OF_SERVICES = {"httptools", "prometheus_client"}
OF_NOTEBOOKS = {"pandas"}

# Imports every module of a package and says which could not be, and for want of what.
IMPORT = """
import importlib, json, pkgutil, sys
name, missing = sys.argv[1], {}
for module in pkgutil.walk_packages(importlib.import_module(name).__path__, f"{name}."):
    if module.name.endswith(("__main__", ".migrations.env")):  # which are run, not imported
        continue
    try:
        importlib.import_module(module.name)
    except ModuleNotFoundError as error:
        missing[module.name] = error.name
json.dump(missing, sys.stdout)
"""


def interpreter(version: str) -> str | None:
    """A Python of this version, from PATH or from where managers of versions put them."""
    kept = Path.home().glob(f".pyenv/versions/{version}.*/bin/python{version}")
    uv = Path.home().glob(f".local/share/uv/python/cpython-{version}.*/bin/python{version}")
    for found in (shutil.which(f"python{version}"), *map(str, sorted(kept)), *map(str, sorted(uv))):
        if found and subprocess.run([found, "-c", ""], check=False, capture_output=True).returncode == 0:
            return found
    return None


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, as the Dockerfile builds it."""
    stages = read((ROOT / "deploy" / "Dockerfile").read_text())
    root = Builder(stages, ROOT, tmp_path_factory.mktemp("wheel"), sys.executable).build("wheel")
    (built,) = (root / "wheels").iterdir()
    return built


class Environment:
    """A clean environment with some extras."""

    def __init__(self, folder: Path, python: str, wheel: Path, extras: str) -> None:
        subprocess.run([python, "-m", "venv", "--without-pip", folder], check=True)
        self.bin = folder / "bin"
        pip = [sys.executable, "-m", "pip", "--python", self.bin / "python", "install", "--quiet", "--no-compile"]
        subprocess.run([*pip, "--only-binary=:all:", f"{wheel}[{extras}]"], check=True)
        ours = {name: value for name, value in os.environ.items() if not name.startswith(("LOADCELL_", "PYTHON"))}
        # Whatever is left there is of this environment alone.
        home = {"XDG_DATA_HOME": str(folder / "data"), "XDG_RUNTIME_DIR": str(folder / "data")}
        self._environment = ours | home | {"PYTHONDONTWRITEBYTECODE": "1"}

    def run(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.bin / program, *arguments],
            cwd=self.bin,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    def missing(self, package: str) -> dict[str, str]:
        """Modules of a package that cannot be imported, each with the module that is not there."""
        done = self.run("python", "-W", "error", "-c", IMPORT, package)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_needs_its_own_extra_and_no_other(service: str, wheel: Path, tmp_path: Path):
    clean = Environment(tmp_path / "clean", sys.executable, wheel, service)
    expected = {name: needs for name, needs in OPTIONAL.items() if name.startswith(f"{service}.")}
    assert clean.missing(service) == expected
    helped = clean.run("python", "-m", service, "--help")
    assert (helped.returncode, helped.stderr) == (0, "")
    for other in {*SERVICES} - {service}:
        refused = clean.run("python", "-m", other)
        assert (refused.returncode, len(refused.stderr.splitlines())) == (1, 1), refused.stderr
        assert f"install loadcell[{other}]" in refused.stderr
    refused = clean.run("loadcell", "runs", "list")
    assert (refused.returncode, len(refused.stderr.splitlines())) == (1, 1), refused.stderr
    assert "install loadcell[cli]" in refused.stderr


def test_the_command_needs_its_own_extra_and_what_makes_load_the_rest(wheel: Path, tmp_path: Path):
    clean = Environment(tmp_path / "clean", sys.executable, wheel, "cli")
    assert set(clean.missing("loadcell").values()) <= OF_SERVICES | OF_NOTEBOOKS
    assert clean.run("loadcell", "--version").returncode == 0
    asked = clean.run("loadcell", "runs", "list", "--controller", "127.0.0.1:1")
    assert (asked.returncode, "Traceback" in asked.stderr) == (4, False), asked.stderr
    refused = clean.run("loadcell", "mock-server")
    assert (refused.returncode, len(refused.stderr.splitlines())) == (1, 1), refused.stderr
    assert "install loadcell[all]" in refused.stderr


@pytest.mark.parametrize("version", OTHERS)
def test_a_whole_run_on_every_python_we_name(version: str, wheel: Path, tmp_path: Path):
    python = interpreter(version)
    if python is None:
        pytest.skip(f"there is no Python {version} on this machine")
    # Without parquet, which is larger than all the rest and is not about the version.
    clean = Environment(tmp_path / "clean", python, wheel, "controller,agent,gateway,cli,tokenizer,s3")
    for package in (*SERVICES, "loadcell"):
        assert set(clean.missing(package).values()) <= {"pyarrow"} | OF_NOTEBOOKS
    done = clean.run("loadcell", "demo")
    assert done.returncode == 0, done.stderr
    assert "verdict" in done.stdout
