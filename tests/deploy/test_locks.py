"""deploy/locks hold everything that is installed, in versions that pyproject.toml admits, with hashes."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
LOCKS = ROOT / "deploy" / "locks"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = {
    "controller": ("controller", "cli", "parquet", "s3"),
    "gateway": ("gateway", "cli"),
    "agent": ("agent", "cli", "tokenizer"),
    "all": ("controller", "agent", "gateway", "cli", "tokenizer", "parquet", "s3"),
}
ENTRY = re.compile(r"^(?P<pinned>[^\s#].*?) \\\n((?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)", re.MULTILINE)
# Whoever has one of these has a database, or serves the web.
NOT_FOR_AGENTS = {
    *("sqlalchemy", "alembic", "psycopg", "psycopg-binary", "redis", "pyarrow", "obstore", "pyjwt"),
    *("starlette", "uvicorn", "websockets", "strawberry-graphql", "graphql-core", "plotly"),
}


@cache
def locked(name: str) -> list[Requirement]:
    """The requirements of a lock; each is one version."""
    return [Requirement(entry["pinned"]) for entry in ENTRY.finditer((LOCKS / f"{name}.txt").read_text())]


def version(requirement: Requirement) -> str:
    (one,) = requirement.specifier
    assert one.operator == "=="
    return one.version


def asked(extras: tuple[str, ...]) -> list[Requirement]:
    """What pyproject.toml asks for, with these extras."""
    texts = [*PROJECT["dependencies"]]
    for extra in extras:
        texts += PROJECT["optional-dependencies"][extra]
    return [Requirement(text) for text in texts]


@pytest.mark.parametrize("name", EXTRAS)
def test_every_dependency_is_locked_in_a_version_that_is_admitted(name: str):
    found: dict[str, list[str]] = {}
    for requirement in locked(name):
        found.setdefault(canonicalize_name(requirement.name), []).append(version(requirement))
    for wanted in asked(EXTRAS[name]):
        versions = found.get(canonicalize_name(wanted.name), [])
        assert versions, f"{wanted.name} is not in {name}.txt: make locks"
        assert all(map(wanted.specifier.contains, versions)), f"{wanted} is {versions} in {name}.txt: make locks"


@pytest.mark.parametrize("name", [*EXTRAS, "build"])
def test_nothing_but_versions_and_hashes_is_in_a_lock(name: str):
    rest = ENTRY.sub("", (LOCKS / f"{name}.txt").read_text())
    assert [line for line in rest.splitlines() if not line.startswith("#")] == []
    assert "://" not in rest
    assert locked(name)


@pytest.mark.parametrize("name", ["controller", "gateway", "agent"])
def test_all_images_have_the_same_versions(name: str):
    (ours, everybodys) = ({(one.name, version(one)) for one in locked(lock)} for lock in (name, "all"))
    assert ours <= everybodys


def test_the_lock_of_everything_is_of_everything():
    (everything,) = PROJECT["optional-dependencies"]["all"]
    assert Requirement(everything).extras == set(EXTRAS["all"])


def test_agents_have_no_database_and_no_web():
    names = {canonicalize_name(requirement.name) for requirement in locked("agent")}
    assert names & NOT_FOR_AGENTS == set()
    assert {"uvloop", "httptools", "msgspec", "tokenizers", "typer"} <= names


def test_the_lock_of_the_build_is_what_pyproject_asks_for():
    (asked_for,) = tomllib.loads((ROOT / "pyproject.toml").read_text())["build-system"]["requires"]
    (setuptools,) = locked("build")
    assert Requirement(asked_for).specifier.contains(version(setuptools))
    assert f"<<<'{asked_for}'" in (ROOT / "scripts" / "lock").read_text()


def test_the_script_locks_the_extras_that_are_tested():
    lines = (ROOT / "scripts" / "lock").read_text().splitlines()
    found = {words[1]: tuple(words[3::2]) for words in (line.split() for line in lines) if words[:1] == ["only"]}
    assert found == {name: extras for name, extras in EXTRAS.items() if name != "all"}
