"""What a user installs: everything the processes read at run time, and nothing else."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from pathlib import Path

import pytest

import loadcell

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("loadcell", "controller", "agent", "gateway")
CHANGELOG = (ROOT / "CHANGELOG.md").read_text()
SECTIONS = ["Security", "Removed", "Deprecated", "Added", "Changed", "Fixed"]
MIGRATIONS = [path.name for path in (ROOT / "controller" / "store" / "migrations" / "versions").glob("*.py")]


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the sources, which nobody changes while a wheel is built of it."""
    source = tmp_path_factory.mktemp("source")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    for name in (*PACKAGES, "tests", "benchmarks", "scripts"):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    return source


@dataclass(frozen=True)
class Wheel:
    """A wheel built from a copy of the sources."""

    name: str
    files: set[str]
    metadata: Message


@pytest.fixture(scope="module")
def wheel(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Wheel:
    """The wheel."""
    out = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "wheel"]
    subprocess.run(
        [*pip, "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", out, source], check=True, cwd=out
    )
    (built,) = out.glob("*.whl")
    with zipfile.ZipFile(built) as archive:
        files = set(archive.namelist())
        (metadata,) = (name for name in files if name.endswith(".dist-info/METADATA"))
        return Wheel(built.name, files, message_from_bytes(archive.read(metadata)))


def test_F18_the_wheel_holds_every_file_of_the_packages(source: Path, wheel: Wheel) -> None:
    ours = {
        str(path.relative_to(source))
        for package in PACKAGES
        for path in (source / package).rglob("*")
        if path.is_file() and path.suffix != ".md"
    }
    assert {"loadcell/v1/run_pb2.py", "loadcell/v1/run_pb2.pyi", "loadcell/py.typed"} <= ours
    assert sorted(ours - wheel.files) == []


def test_the_wheel_holds_stubs_migrations_pages_and_the_contract(wheel: Wheel) -> None:
    protos = [path.stem for path in (ROOT / "protos" / "loadcell" / "v1").glob("*.proto")]
    stubs = {f"loadcell/v1/{name}_pb2{kind}" for name in protos for kind in (".py", ".pyi", "_grpc.py")}
    assert sorted(stubs - wheel.files) == []
    migrations = {f"controller/store/migrations/versions/{name}" for name in MIGRATIONS}
    assert migrations
    assert migrations <= wheel.files
    assert {"gateway/contract.binpb", "gateway/web/docs.html"} <= wheel.files


def test_every_kind_of_file_of_pages_is_taken_along() -> None:
    kinds = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["package-data"]["*"]
    assert {"*.html", "*.css", "*.js", "*.mjs", "*.svg", "*.pyi", "py.typed"} <= set(kinds)


def test_wheel_holds_neither_tests_nor_benchmarks(wheel: Wheel) -> None:
    foreign = {name.partition("/")[0] for name in wheel.files} - set(PACKAGES)
    assert [name for name in foreign if not name.endswith(".dist-info")] == []
    assert any(name.endswith("licenses/LICENSE") for name in wheel.files)
    assert [name for name in wheel.files if "__pycache__" in name or name.endswith((".db", ".pyc"))] == []


def test_the_version_stands_in_one_place_and_the_changelog_begins_with_it(wheel: Wheel) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert "version" not in project
    assert project["dynamic"] == ["version"]
    assert wheel.metadata["Version"] == loadcell.__version__
    assert wheel.name == f"loadcell-{loadcell.__version__}-py3-none-any.whl"
    versions = re.findall(r"^## (\S+)(?: \((not yet released|\d{4}-\d\d-\d\d)\))?$", CHANGELOG, re.MULTILINE)
    assert versions[0][0] == loadcell.__version__
    assert all(when for _, when in versions)
    assert [when for _, when in versions[1:] if when == "not yet released"] == []


def test_the_changelog_has_its_sections_in_their_order() -> None:
    for release in CHANGELOG.split("\n## ")[1:]:
        sections = re.findall(r"^### (.*)$", release, re.MULTILINE)
        assert sections == sorted(sections, key=SECTIONS.index)
        assert len(sections) == len(set(sections))


def test_the_console_script_and_the_pythons_are_as_documented(wheel: Wheel) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["scripts"] == {"loadcell": "loadcell.cli.__main__:main"}
    assert wheel.metadata["Requires-Python"] == ">=3.11"
    named = {line.rpartition(" ")[2] for line in wheel.metadata.get_all("Classifier", []) if ":: 3." in line}
    assert named == {"3.11", "3.12", "3.13"}
    assert set(wheel.metadata.get_all("Provides-Extra", [])) >= {"controller", "agent", "gateway", "cli", "all"}
