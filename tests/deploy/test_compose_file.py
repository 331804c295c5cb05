"""docker-compose.yml: everything it names is there, and is given what it needs."""

from __future__ import annotations

import ast
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.deploy.compose_file import (
    CLI,
    DEV,
    EXAMPLE,
    FILE,
    LASTING,
    OURS,
    ROOT,
    SERVICES,
    Service,
    each,
    images,
    settings,
    stack,
    variables,
)


def test_it_is_what_the_compose_specification_says():
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(FILE)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_docker_compose_understands_it_as_these_tests_do():
    """With a Docker Compose of this machine, which needs no Docker for it."""
    commands = (["docker", "compose"], ["docker-compose"])
    command = next((one for one in commands if version(one) >= (2, 32)), None)
    if command is None:
        pytest.skip("no Docker Compose of 2.32 or newer on this machine")
    words = [*command, "--file", FILE, "--env-file", os.devnull, "--profile", "*", "config", "--format", "json"]
    read = json.loads(subprocess.run(words, capture_output=True, check=True).stdout)["services"]
    assert read.keys() == stack().services.keys()
    for service in SERVICES:
        theirs = read[service.name]
        same = (
            "command",
            "entrypoint",
            "user",
            "read_only",
            "cap_drop",
            "security_opt",
            "restart",
            "logging",
            "tmpfs",
        )
        assert {one: service.fields.get(one) for one in same} == {one: theirs.get(one) for one in same}
        if not (ROOT / ".env").exists():
            assert service.environment == theirs.get("environment", {})
        assert service.secrets == [one["source"] for one in theirs.get("secrets", [])]
        assert set(service.networks) == theirs["networks"].keys()
        assert service.needs == {one: need["condition"] for one, need in theirs.get("depends_on", {}).items()}
        published = [(port["host_ip"], int(port["published"]), port["target"]) for port in theirs.get("ports", [])]
        assert service.ports == published


def version(command: list[str]) -> tuple[int, ...]:
    """Of a Docker Compose; nothing where there is none."""
    if shutil.which(command[0]) is None:
        return ()
    done = subprocess.run([*command, "version", "--short"], capture_output=True, text=True, check=False)
    found = re.match(r"v?(\d+)\.(\d+)", done.stdout)
    return tuple(map(int, found.groups())) if found and done.returncode == 0 else ()


def test_the_profiles_are_those_that_are_documented():
    assert {profile for service in SERVICES for profile in service.profiles} == {
        "demo",
        "monitoring",
        "dev",
        "cli",
    }
    always = {"controller", "gateway", "agent-1", "agent-2", "postgres", "redis"}
    assert {service.name for service in stack().of().values() if not service.ends} == always
    assert {"mock-server", "demo"} == stack().of("demo").keys() - stack().of().keys()
    assert {"prometheus", "alertmanager", "grafana"} == stack().of("monitoring").keys() - stack().of().keys()


# --- what it names is there ---


@each(OURS)
def test_images_are_built_from_targets_of_the_dockerfile(service: Service):
    build = service.fields["build"]
    assert (ROOT / build["context"]).resolve() == ROOT
    assert re.search(
        rf"^FROM service AS {service.target}$", (ROOT / build["dockerfile"]).read_text(), re.MULTILINE
    )
    assert service.fields["image"] == f"loadcell-{service.target}"


@each([service for service in SERVICES if not service.target])
def test_images_of_others_have_a_version(service: Service):
    image, _, tag = service.fields["image"].partition(":")
    assert re.fullmatch(r"v?\d+\.\d+(\.\d+)?(-bookworm)?", tag), f"{image}: {tag!r} can be anything tomorrow"


@each(SERVICES)
def test_W8_mounted_files_are_there_and_cannot_be_written(service: Service):
    for source, _, mode in service.mounts:
        if not source.startswith("."):
            assert source in stack().fields["volumes"]
        else:
            assert (ROOT / source).exists(), f"Docker would make a folder of {source}"
            assert mode == "ro"


def test_every_volume_network_and_secret_is_used():
    mounted = {source for service in SERVICES for source, _, _ in service.mounts if not source.startswith(".")}
    assert mounted == stack().fields["volumes"].keys()
    assert {network for service in SERVICES for network in service.networks} == stack().fields["networks"].keys()
    assert {secret for service in SERVICES for secret in service.secrets} == stack().fields["secrets"].keys()


@each(SERVICES)
def test_what_is_waited_for_is_there_and_can_come_true(service: Service):
    for other, condition in service.needs.items():
        waited = stack().services[other]
        assert not waited.profiles or waited.profiles == service.profiles, f"{other} may not be started with it"
        if condition == "service_completed_successfully":
            assert waited.ends
        else:
            assert condition == "service_healthy"
            assert "healthcheck" in waited.fields


@each([service for service in LASTING if service.target])
def test_whoever_dials_waits_for_whom_it_dials(service: Service):
    dialled = service.environment.get("LOADCELL_CONTROLLER", "").partition(":")[0]
    assert not dialled or service.needs[dialled] == "service_healthy"


@each(DEV)
def test_watched_code_is_mounted_and_found_first(service: Service):
    mounted = {source: place for source, place, _ in service.mounts}
    for rule in service.fields["develop"]["watch"]:
        assert (ROOT / rule["path"]).exists()
        if rule["action"] == "restart":
            assert mounted[rule["path"]] == f"{service.environment['PYTHONPATH']}/{Path(rule['path']).name}"
    assert {rule["path"] for rule in service.fields["develop"]["watch"]} >= {"./loadcell", f"./{service.target}"}


# --- health checks ---


@each(LASTING)
def test_W7_health_is_asked_without_a_shell_by_a_command_that_is_there(service: Service):
    check = service.fields["healthcheck"]
    kind, program, *arguments = check["test"]
    assert kind == "CMD"
    assert not {"||", "&&", ";", "|", "exit"} & set(arguments)
    assert {"interval": "30s", "timeout": "5s", "retries": 3}.items() <= check.items()
    if program != "python":
        assert not service.target
        assert program in ("pg_isready", "redis-cli", "wget"), "what these images have"
    elif arguments[0] == "-m":
        assert arguments == ["-m", service.target, "health"]
        assert check["test"][1:] == images()[service.target].health
        assert importlib.util.find_spec(f"{arguments[1]}.__main__")
    else:
        ast.parse(arguments[1])


@each(OURS)
def test_W6_W7_every_command_is_there(service: Service):
    program, *arguments = service.command
    if program == "loadcell":
        from typer.main import get_command

        from loadcell.cli.app import app

        command, (given, *rest) = get_command(app), arguments
        assert given in command.commands | {"--help": None}  # type: ignore[attr-defined]
        if rest:
            known = {flag for option in command.commands[given].params for flag in option.opts}  # type: ignore[attr-defined]
            assert {one.partition("=")[0] for one in rest if one.startswith("-")} <= known
        return
    assert program == "python"
    if arguments[0] == "-m":
        assert importlib.util.find_spec(f"{arguments[1]}.__main__")
    else:
        assert arguments[0] in {place for _, place, _ in service.mounts}


# --- settings ---


@each(OURS)
def test_W48_every_variable_is_a_setting_of_the_process_that_gets_it(service: Service):
    ours = {variable for variable in service.environment if variable.startswith("LOADCELL_")}
    process = "agent" if service.target == "agent" else service.process
    assert ours <= settings()[process]
    assert service.environment.keys() - ours <= {"PYTHONPATH"}


@each(OURS)
def test_W48_every_service_listens_where_it_is_asked(service: Service):
    listening = {
        int(value.rpartition(":")[2])
        for variable, value in service.environment.items()
        if variable != "LOADCELL_CONTROLLER" and re.fullmatch(r"0\.0\.0\.0:\d+", value)
    }
    if service.ends or service.name == "mock-server":
        assert not listening
    else:
        assert listening == set(images()[service.target].ports)
        assert {inside for _, _, inside in service.ports} <= listening


@pytest.mark.parametrize("variable", sorted(variables()))
def test_every_variable_is_explained_with_its_default(variable: str):
    assert variables()[variable] == {dict(example())[variable]}


def test_every_explained_variable_is_one():
    names = [one for one, _ in example()]
    assert len(names) == len(set(names))
    known = set().union(*settings().values())
    for one in set(names) - variables().keys():
        assert one in known, f"{one} is neither a setting nor a variable of docker-compose.yml"
    said = EXAMPLE.read_text().partition("--- set by docker-compose.yml itself")[2]
    own = {variable for service in OURS for variable in service.environment if variable.startswith("LOADCELL_")}
    assert set(re.findall(r"LOADCELL_[A-Z_]+", said)) == own - {"LOADCELL_LOG_LEVEL", "LOADCELL_WORKERS"}


def example() -> list[tuple[str, str]]:
    """The variables of deploy/env.example with their values."""
    return re.findall(r"(?m)^#?([A-Z_]+)=(.*)$", EXAMPLE.read_text())


def test_all_services_of_ours_read_the_file_of_settings():
    for service in OURS:
        assert service.fields["env_file"] == [{"path": ".env", "required": False}]


def test_every_process_has_settings():
    assert {service.process for service in OURS} == {"controller", "gateway", "agent", CLI}
