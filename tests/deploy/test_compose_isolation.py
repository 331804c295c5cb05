"""docker-compose.yml: secrets, ports and networks, and that nothing may do more than it must."""

from __future__ import annotations

import re
import subprocess
from collections import Counter
from pathlib import Path

from tests.deploy.compose_file import (
    DEV,
    LASTING,
    OURS,
    ROOT,
    SECRETS,
    SERVICES,
    Service,
    each,
    load,
    stack,
)

BYTES = {"m": 2**20, "g": 2**30}


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
