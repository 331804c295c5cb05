"""deploy/Dockerfile as it is written: what it copies exists, and no shell has a part in it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

import loadcell
from scripts.images.__main__ import DOCKERFILE, ROOT, TARGETS
from scripts.images.building import Builder
from scripts.images.dockerfile import DockerfileError, image, read
from scripts.images.sources import Sources

STAGES = read(DOCKERFILE.read_text())
PORTS = {"controller": [50051, 9091], "gateway": [8085, 9090], "agent": [9092], "cli": []}
SERVICES = ("controller", "gateway", "agent")


def copied() -> set[str]:
    """The files and folders that are copied from here, not from another stage."""
    copies = [one for stage in STAGES.values() for one in stage.instructions if one.keyword == "COPY"]
    return {name for one in copies if "from" not in one.flags for name in one.words()[:-1]}


def test_W6_everything_copied_is_there_is_kept_in_git_and_is_given_to_docker():
    given = Sources(ROOT)
    tracked = set(subprocess.check_output(["git", "ls-files"], cwd=ROOT, text=True).splitlines())
    assert {"pyproject.toml", "loadcell", "controller", "agent", "gateway"} <= copied()
    for name in copied():
        kept = {path for path in tracked if path == name or path.startswith(f"{name}/")}
        assert kept, f"{name} is not in git"
        assert [path for path in kept if not given.given(path)] == []
    assert not any(">" in one.rest or "||" in one.rest for stage in STAGES.values() for one in stage.instructions)


def test_docker_is_given_nothing_that_is_not_copied():
    given = Sources(ROOT)
    for name in (".git/config", ".env", "deploy/secrets/api_key", "tests/conftest.py", "loadcell.db", ".venv/x"):
        assert not given.given(name), name
    assert not given.given("agent/engine/__pycache__/health.cpython-311.pyc")
    assert given.given("deploy/locks/agent.txt")


@pytest.mark.parametrize("target", SERVICES)
def test_W7_health_checks_are_in_exec_form_and_call_a_command_that_exists(target: str):
    found = image(STAGES, target)
    assert found.health == ["python", "-m", target, "health"]
    assert found.health_seconds == {"interval": 30, "timeout": 5, "start-period": 10, "retries": 3}
    source = (ROOT / target / "__main__.py").read_text()
    assert '["health"]' in source


@pytest.mark.parametrize(
    "line", ['HEALTHCHECK CMD ["python"] || exit 1', "HEALTHCHECK CMD python -m agent health"]
)
def test_W7_a_health_check_that_a_shell_would_read_is_refused(line: str):
    with pytest.raises(DockerfileError, match="a shell"):
        image(read(f"FROM base AS one\n{line}\n"), "one")


@pytest.mark.parametrize("target", TARGETS)
def test_an_image_says_who_runs_it_how_it_is_stopped_and_what_it_is(target: str):
    found = image(STAGES, target)
    assert (found.user, found.stop_signal, found.ports) == ("1000:1000", "SIGTERM", PORTS[target])
    assert found.labels["org.opencontainers.image.title"] == f"loadcell {target}"
    assert found.labels["org.opencontainers.image.version"] == loadcell.__version__
    assert found.labels["org.opencontainers.image.licenses"] == "Apache-2.0"
    assert found.labels["org.opencontainers.image.description"]
    assert found.environment["LOADCELL_DATA_DIR"] == "/data"
    assert found.volumes == (["/data"] if target in ("controller", "agent") else [])
    expected = ["loadcell", "--help"] if target == "cli" else ["python", "-m", target]
    assert found.command == expected


def test_the_user_of_the_images_has_a_number_and_no_shell():
    accounts = [one.words() for one in STAGES["service"].instructions if one.keyword == "RUN"]
    group, user = (next(words for words in accounts if words[0] == name) for name in ("groupadd", "useradd"))
    assert group[1:] == ["--gid", "1000", "loadcell"]
    assert {"1000", "/usr/sbin/nologin", "--no-create-home"} <= set(user)


def test_images_begin_with_one_pinned_slim_python_and_have_locked_dependencies():
    bases = {stage.base for stage in STAGES.values()} - STAGES.keys()
    assert len(bases) == 1
    name, _, tag = bases.pop().partition(":")
    version, *kind = tag.split("-")
    assert (name, version.split(".")[:2], len(version.split(".")), kind[0]) == ("python", ["3", "11"], 3, "slim")
    installs = [
        words
        for stage in STAGES.values()
        for one in stage.instructions
        if one.keyword == "RUN" and "install" in (words := one.words()) and words[0] == "python"
    ]
    assert len(installs) == 2 * len(TARGETS) + 1
    kept = image(STAGES, "python").environment["PIP_CACHE_DIR"]
    mounts = [
        one.flags["mount"] for stage in STAGES.values() for one in stage.instructions if "mount" in one.flags
    ]
    assert mounts == [f"type=cache,target={kept}"] * (len(TARGETS) + 1)
    for words in installs:
        assert {"--require-hashes", "--only-binary=:all:"} <= set(words) or {"--no-deps", "--no-index"} <= set(
            words
        )


@pytest.mark.parametrize(
    ("step", "why"),
    [
        ('RUN ["apt-get", "install", "gcc"]', "cannot be performed"),
        ("RUN pip install loadcell", "exec form"),
        ("COPY no-such-file /there/", "copies no file"),
        ("COPY tests /there", "copies no file"),
    ],
)
def test_a_step_that_cannot_be_carried_out_here_is_refused(step: str, why: str, tmp_path: Path):
    builder = Builder(read(f"FROM base AS one\n{step}\n"), ROOT, tmp_path, "python3")
    with pytest.raises(DockerfileError, match=f"line 2: .*{why}"):
        builder.build("one")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("FROM python:3.11\n", "FROM base AS name"),
        ("RUN []\n", "before the first"),
        ("FROM base AS one\nADD x y\n", "not known"),
    ],
)
def test_what_is_not_understood_is_refused(text: str, why: str):
    with pytest.raises(DockerfileError, match=why):
        image(read(text), "one")
