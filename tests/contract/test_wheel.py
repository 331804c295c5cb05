"""What a user installs: everything the processes read at run time, and nothing else."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("loadcell", "controller", "agent", "gateway")


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the sources, which nobody changes while a wheel is built of it."""
    source = tmp_path_factory.mktemp("source")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    for name in (*PACKAGES, "tests", "benchmarks", "scripts"):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    return source


@pytest.fixture(scope="module")
def wheel(source: Path, tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Names of the files in a wheel built from a copy of the sources."""
    out = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "wheel"]
    subprocess.run(
        [*pip, "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", out, source], check=True, cwd=out
    )
    (built,) = out.glob("*.whl")
    with zipfile.ZipFile(built) as archive:
        return set(archive.namelist())


def test_F18_the_wheel_holds_every_file_of_the_packages(source: Path, wheel: set[str]) -> None:
    ours = {
        str(path.relative_to(source))
        for package in PACKAGES
        for path in (source / package).rglob("*")
        if path.is_file() and path.suffix != ".md"
    }
    assert {"loadcell/v1/run_pb2.py", "loadcell/v1/run_pb2.pyi", "loadcell/py.typed"} <= ours
    assert sorted(ours - wheel) == []


def test_wheel_holds_neither_tests_nor_benchmarks(wheel: set[str]) -> None:
    foreign = {name.partition("/")[0] for name in wheel} - set(PACKAGES)
    assert [name for name in foreign if not name.endswith(".dist-info")] == []
    assert any(name.endswith("licenses/LICENSE") for name in wheel)


def test_console_script_and_version_agree_with_the_changelog() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["scripts"] == {"loadcell": "loadcell.cli.__main__:main"}
    changelog = (ROOT / "CHANGELOG.md").read_text()
    assert f"## {project['version']}" in changelog
