"""docker-compose.yml: everything it names is there, and nothing in it may do more than it must."""

from __future__ import annotations

import ast
import importlib.util
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.deploy.compose_file import (
    CLI,
    EXAMPLE,
    FILE,
    ROOT,
    SECRETS,
    Service,
    images,
    load,
    settings,
    stack,
    variables,
)

SERVICES = list(stack().services.values())
OURS = [service for service in SERVICES if service.target]
LASTING = [service for service in SERVICES if not service.ends]
DEV = [service for service in SERVICES if service.profiles == ["dev"]]
BYTES = {"m": 2**20, "g": 2**30}


def name(service: Service) -> str:
    return service.name


def each(services: list[Service]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("service", services, ids=name)


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


# --- secrets ---


@each(SERVICES)
def test_secrets_are_files_that_the_service_is_given(service: Service):
    named = {text.partition(SECRETS)[2] for text in service.texts() if SECRETS in text}
    for source, _, _ in service.mounts:
        if source.startswith("./deploy/") and (ROOT / source).is_file():
            named |= set(re.findall(rf"{SECRETS}(\w+)", (ROOT / source).read_text()))
    named -= {"alert_webhook_url", "slack_webhook_url", "pagerduty_key"}  # of an example
    assert named == set(service.secrets)
    for variable, value in service.environment.items():
        if re.search(r"KEY|SECRET|TOKEN|PASSWORD|DATABASE_URL|REDIS_URL", variable) and value != "true":
            assert variable.endswith("_FILE"), f"{variable} would be seen by everybody who may look at containers"
            assert value.startswith((SECRETS, "/data/"))


def test_secrets_are_made_once_for_nobody_else(tmp_path: Path):
    folder = tmp_path / "secrets"
    for _ in range(2):
        done = subprocess.run(["sh", ROOT / "deploy" / "make-secrets", folder], capture_output=True, check=True)
        made = {file.name: file.read_text() for file in folder.iterdir()}
        assert made.keys() == stack().fields["secrets"].keys()
        assert folder.stat().st_mode & 0o777 == 0o700
        assert not any(text.encode() in done.stdout + done.stderr for text in made.values())
    kept = b"".join(sorted(done.stdout.splitlines(keepends=True)))
    assert kept == b"".join(sorted(b"%s: kept\n" % one.encode() for one in made))
    assert len(set(made.values())) == len(made)
    assert all(len(text) >= 44 for text in made.values())
    (folder / "jwt_secret").unlink()
    subprocess.run(["sh", ROOT / "deploy" / "make-secrets", folder], capture_output=True, check=True)
    again = {file.name: file.read_text() for file in folder.iterdir()}
    assert {one for one in made if made[one] != again[one]} == {"jwt_secret"}
    assert made["database_password"] in made["database_url"]


def test_no_secret_is_under_version_control():
    ignored = (ROOT / ".gitignore").read_text().splitlines()
    assert {".env", "deploy/secrets/"} <= set(ignored)
    assert stack().fields["secrets"]["api_key"]["file"].startswith("./deploy/secrets/")


# --- ports ---


def test_W8_no_two_services_of_any_profile_have_a_port():
    taken = Counter(outside for service in SERVICES for _, outside, _ in service.ports)
    assert taken
    assert taken.most_common(1)[0][1] == 1


@each(SERVICES)
def test_nothing_is_published_to_other_machines_by_itself(service: Service):
    assert all(address == "127.0.0.1" for address, _, _ in service.ports)
    elsewhere = load({"PUBLISH_ADDRESS": "0.0.0.0"}).services[service.name]
    assert all(address == ("127.0.0.1" if service in DEV else "0.0.0.0") for address, _, _ in elsewhere.ports)


# --- networks ---


def on(network: str) -> set[str]:
    return {service.name for service in SERVICES if network in service.networks}


def test_only_the_controller_reaches_the_database_and_the_cache():
    assert on("database") == {"controller", "postgres"}
    assert on("cache") == {"controller", "redis"}


def test_only_who_must_reaches_the_world():
    inside = {one for one, of in stack().fields["networks"].items() if of and of.get("internal")}
    assert inside == {"control", "database", "cache", "metrics"}
    outside = {service.name for service in SERVICES if set(service.networks) - inside}
    watching = {"prometheus", "alertmanager", "grafana"}
    assert outside == {"controller", "gateway", "agent-1", "agent-2", "mock-server"} | watching | {
        service.name for service in DEV
    }


@each(SERVICES)
def test_whoever_is_named_can_be_reached(service: Service):
    texts = list(service.texts())
    for source, _, _ in service.mounts:
        if source.startswith("./deploy/"):
            files = [ROOT / source] if (ROOT / source).is_file() else (ROOT / source).rglob("*.y*ml")
            texts += [re.sub(r"(?m)#.*$", "", file.read_text()) for file in files]
    for other in stack().services.values():
        if any(re.search(rf"(?<![\w.-]){other.name}:\d+", text) for text in texts):
            # A run names a target that its agents reach.
            if (service.name, other.name) == ("demo", "mock-server"):
                assert "load" in set(other.networks) & set(stack().services["agent-1"].networks)
                continue
            assert set(service.networks) & set(other.networks), f"{service.name} cannot reach {other.name}"


# --- what each may do ---


@each(SERVICES)
def test_nobody_may_do_more_than_it_must(service: Service):
    fields = service.fields
    assert fields["security_opt"] == ["no-new-privileges:true"]
    assert fields["cap_drop"] == ["ALL"]
    assert "cap_add" not in fields
    assert "privileged" not in fields
    assert fields["read_only"] is True
    user = fields["user"].partition(":")[0]
    assert user == ("1000" if service.target else user)
    assert user.isdecimal()
    assert int(user) > 0
    temporary = [one.split(":", 1) for one in fields["tmpfs"]]
    assert "/tmp" in [place for place, _ in temporary]
    assert all({"noexec", "nosuid"} <= set(options.split(",")) for _, options in temporary)
    assert all("size=" in options for _, options in temporary)


@each(OURS)
def test_what_is_written_goes_to_a_volume(service: Service):
    places = [place for _, place, mode in service.mounts if mode == "rw"]
    places += [one.partition(":")[0] for one in service.fields["tmpfs"]]
    written = service.environment.get("LOADCELL_DATA_DIR")
    assert written is None or written in places
    for variable, value in service.environment.items():
        if variable.endswith("_FILE") and not value.startswith(SECRETS):
            assert str(Path(value).parent) in places


@each(SERVICES)
def test_everybody_is_bounded(service: Service):
    limits, reserved = (service.fields["deploy"]["resources"][part] for part in ("limits", "reservations"))
    assert float(limits["cpus"]) >= float(reserved["cpus"]) > 0
    assert size(limits["memory"]) >= size(reserved["memory"]) > 0
    assert limits["pids"] > 0
    logging = service.fields["logging"]
    assert logging == {"driver": "json-file", "options": {"max-size": "100m", "max-file": "10"}}


def size(text: str) -> int:
    return int(text[:-1]) * BYTES[text[-1]]


@each(SERVICES)
def test_who_ends_stays_ended_and_all_others_come_back(service: Service):
    assert service.fields["restart"] == ("no" if service.ends else "unless-stopped")
    assert service.ends or "healthcheck" in service.fields


@each(LASTING)
def test_everybody_has_time_to_end(service: Service):
    given = int(service.fields["stop_grace_period"].removesuffix("s"))
    for variable in ("LOADCELL_STOP_SECONDS", "LOADCELL_DELIVERY_SECONDS"):
        assert given >= int(service.environment.get(variable, 0)) + 5 or variable not in service.environment


def test_agents_have_as_many_cores_as_workers():
    for cores in ("", "4"):
        agent = load({"AGENT_CPUS": cores, "LOADCELL_WORKERS": cores}).services["agent-1"]
        assert agent.environment["LOADCELL_WORKERS"] == agent.fields["deploy"]["resources"]["limits"]["cpus"]


def test_the_stack_is_open_to_nobody():
    services = stack().services
    controller = services["controller"].environment
    assert controller["LOADCELL_REQUIRE_AGENT_TOKEN"] == "true"
    assert {"LOADCELL_API_KEY_FILE", "LOADCELL_JWT_SECRET_FILE"} <= controller.keys()
    assert "LOADCELL_EXPORTER_KEY_FILE" in services["gateway"].environment
    # The key of the stack is where somebody acts with it, and with nobody who is reached from outside.
    holders = {
        service.name
        for service in stack().of("demo", "monitoring", "cli").values()
        if "api_key" in service.secrets
    }
    assert holders == {"controller", "cli", "demo", "enrol-gateway", "enrol-agent-1", "enrol-agent-2"}
    assert services["agent-1"].environment["LOADCELL_AGENT_TOKEN_FILE"] == services["enrol-agent-1"].command[-1]
    assert services["gateway"].environment["LOADCELL_API_KEY_FILE"] == services["enrol-gateway"].command[-1]


def test_every_process_has_settings():
    assert {service.process for service in OURS} == {"controller", "gateway", "agent", CLI}


# --- what is said of it ---


def documented() -> list[list[str]]:
    """Every command of Docker Compose on any page, in its words."""
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), FILE]
    text = "\n".join(page.read_text() for page in pages)
    shown = re.findall(r"docker compose [^`\n]*", re.sub(r"\\\n\s*", "", text))
    return [shlex.split(re.split(r" {2,}", line)[0].rstrip(":.,")) for line in shown]


@pytest.mark.parametrize("words", [one for one in documented() if len(one) > 2], ids=" ".join)
def test_documented_commands_name_what_there_is(words: list[str]):
    profiles = [words[at + 1] for at, word in enumerate(words) if word == "--profile"]
    assert set(profiles) <= {"*"} | {profile for service in SERVICES for profile in service.profiles}
    rest = [word for at, word in enumerate(words[2:], 2) if word != "--profile" and words[at - 1] != "--profile"]
    command, *named = rest
    assert command in ("up", "down", "stop", "run", "exec", "logs", "cp")
    names = [word.partition(":")[0] for word in named if not word.startswith("-")]
    for one in names[:1] if command in ("run", "exec", "cp") else names:
        assert one in stack().services


def test_every_port_that_is_documented_is_published():
    text = (ROOT / "docs" / "compose.md").read_text()
    published = {outside for service in SERVICES for _, outside, _ in service.ports}
    assert {
        int(port) for port in re.findall(r"127\.0\.0\.1:(\d+)|port (\d+)", text) for port in port if port
    } <= published


def test_the_page_names_every_secret_that_cannot_stand_in_the_environment_as_well():
    page = (ROOT / "docs" / "compose.md").read_text()
    (sentence,) = re.findall(r"cannot be given there as a plain variable(.*?)\. ", page, re.DOTALL)
    of_files = {name for one in OURS for name in one.environment if name.endswith("_FILE")}
    assert set(re.findall(r"`(LOADCELL_\w+)`", sentence)) == {name.removesuffix("_FILE") for name in of_files}
