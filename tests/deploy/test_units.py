"""The units of systemd are hardened, start what there is, and give it settings that exist."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.deploy.programs import program
from tests.deploy.units import ROOT, UNITS, Unit, environment_file

NAMES = [path.stem.removeprefix("loadcell-") for path in UNITS]
# What is on the left is asked of every unit.
HARDENED = {
    "DynamicUser": "yes",
    "NoNewPrivileges": "yes",
    "ProtectSystem": "strict",
    "ProtectHome": "yes",
    "PrivateTmp": "yes",
    "PrivateDevices": "yes",
    "CapabilityBoundingSet": "",
    "MemoryDenyWriteExecute": "yes",
    "RestrictNamespaces": "yes",
    "SystemCallFilter": "@system-service",
    "SystemCallArchitectures": "native",
    "RestrictAddressFamilies": "AF_INET AF_INET6 AF_UNIX",
    "UMask": "0077",
    "Restart": "on-failure",
    "RestartPreventExitStatus": "2",
    "StartLimitIntervalSec": "0",
}
EXPOSURE = 20  # of 100, where an unhardened service has 96


@pytest.fixture(params=UNITS, ids=NAMES)
def path(request: pytest.FixtureRequest) -> Path:
    return request.param


def settings(service: str) -> dict[str, str]:
    """The settings of a service with their defaults, as docs/settings.md lists them."""
    page = (ROOT / "docs" / "settings.md").read_text()
    section = re.search(rf"^## {service}\n(.*?)^(?:## |<!--)", page, re.MULTILINE | re.DOTALL)
    assert section
    rows = re.findall(r"^\| (`[^|]+) \| ([^|]*) \|", section[1], re.MULTILINE)
    return {name: default.strip("` ") for names, default in rows for name in re.findall(r"`(\w+)`", names)}


def test_there_is_a_unit_and_an_example_of_settings_for_each_service():
    assert NAMES == ["agent", "controller", "gateway"]
    assert sorted(one.stem for one in (ROOT / "deploy" / "systemd").glob("*.env")) == NAMES


def test_a_unit_is_hardened(path: Path):
    unit = Unit.read(path)
    assert {key: unit.one(key) for key in HARDENED} == HARDENED


def test_a_unit_starts_its_service_with_settings_that_exist(path: Path):
    unit, name = Unit.read(path), path.stem.removeprefix("loadcell-")
    assert unit.one("ExecStart") == f"/opt/loadcell/bin/python -m {name}"
    assert unit.one("EnvironmentFile") == f"/etc/loadcell/{name}.env"
    known = settings(name).keys()
    given = dict(word.split("=", 1) for word in unit.one("Environment").split())
    assert {key for key in given if not key.startswith("PYTHON")} <= known
    example = (ROOT / "deploy" / "systemd" / f"{name}.env").read_text()
    assert environment_file(example.replace("#LOADCELL", "LOADCELL")).keys() <= known
    if "LOADCELL_DATA_DIR" in given:
        assert given["LOADCELL_DATA_DIR"] == f"%S/{unit.one('StateDirectory')}"


def test_a_unit_leaves_its_service_the_time_that_it_takes_to_stop(path: Path):
    name = path.stem.removeprefix("loadcell-")
    takes = settings(name)["LOADCELL_DELIVERY_SECONDS" if name == "agent" else "LOADCELL_STOP_SECONDS"]
    assert int(Unit.read(path).one("TimeoutStopSec").removesuffix("s")) > float(takes)


def test_systemd_takes_a_unit_and_thinks_it_safe(path: Path, tmp_path: Path):
    analyze = program("systemd-analyze", "systemd")
    unit = tmp_path / path.name
    unit.write_text(path.read_text().replace("/opt/loadcell/bin/python", sys.executable))
    verified = subprocess.run([analyze, "verify", "--man=no", unit], capture_output=True, text=True, check=False)
    assert (verified.returncode, verified.stderr) == (0, "")
    asked = [analyze, "security", "--offline=true", "--no-pager", f"--threshold={EXPOSURE}", unit]
    judged = subprocess.run(asked, capture_output=True, text=True, check=False)
    assert judged.returncode == 0, judged.stdout.splitlines()[-1:]


# prctl(2): whoever has it cannot make memory executable, as MemoryDenyWriteExecute= has it; exec keeps it.
DENY = """
import ctypes, os, sys
sys.exit(77) if ctypes.CDLL(None).prctl(65, 1, 0, 0, 0) else os.execv(sys.argv[1], sys.argv[1:])
"""
IMPORTED = {
    "agent": "agent.main, agent.worker.driver, tokenizers",
    "controller": "controller.server, controller.exports.formats.parquet, controller.exports.bucket",
    "gateway": "gateway.app",
}


@pytest.mark.parametrize("name", NAMES)
def test_a_service_needs_no_memory_that_is_written_and_executed(name: str):
    command = [sys.executable, "-c", DENY, sys.executable, "-W", "error", "-c", f"import {IMPORTED[name]}"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, env=dict(os.environ))
    if done.returncode == 77:
        pytest.skip("this kernel cannot deny it (Linux 6.3 can)")
    assert done.returncode == 0, done.stderr
