"""Decision 0002 names every dependency, and nothing is installed that nobody imports."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = ("controller", "agent", "gateway", "cli", "tokenizer", "parquet", "pandas", "s3")
# What a package is imported as, and which folder an extra is for, where it is not the name itself.
MODULES = {
    "grpcio": "grpc",
    "google-re2": "re2",
    "googleapis-common-protos": "google.api",
    "protobuf": "google.protobuf",
    "grpcio-health-checking": "grpc_health",
    "grpcio-reflection": "grpc_reflection",
    "prometheus-client": "prometheus_client",
    "pyjwt": "jwt",
    "strawberry-graphql": "strawberry",
    "graphql-core": "graphql",
}
FOLDERS = {
    "core": "loadcell",
    "cli": "loadcell/cli",
    "tokenizer": "agent",
    "parquet": "controller",
    "pandas": "loadcell/client",
    "s3": "controller",
}


def names(requirements: list[str]) -> set[str]:
    return {re.split(r"[<>=\[; ]", requirement)[0] for requirement in requirements}


def installed() -> set[tuple[str, str]]:
    """Each dependency with its extra."""
    found = {("core", name) for name in names(PROJECT["dependencies"])}
    return found | {(extra, name) for extra in EXTRAS for name in names(PROJECT["optional-dependencies"][extra])}


def decided() -> set[str]:
    text = (ROOT / "docs/decisions/0002-dependencies.md").read_text()
    rows = [line.split("|")[1] for line in text.splitlines() if line.startswith("| ")][1:]
    return {name.strip() for row in rows for name in row.split(",")}


def test_every_dependency_has_a_reason_and_every_reason_a_dependency():
    assert {name for _, name in installed()} == decided()


@pytest.mark.parametrize(("extra", "name"), sorted(installed()))
def test_every_dependency_is_used_where_it_is_installed(extra: str, name: str):
    module = re.escape(MODULES.get(name, name))
    pattern = re.compile(rf"^\s*(import|from) {module}\b", re.MULTILINE)
    sources = (ROOT / FOLDERS.get(extra, extra)).rglob("*.py")
    # The gateway has it through uvicorn, whose protocol on httptools it extends.
    # Of plotly it serves a file, and imports nothing.
    used = (extra, name) in {("gateway", "httptools"), ("gateway", "plotly")}
    assert used or any(pattern.search(source.read_text(encoding="utf-8")) for source in sources)
