"""What cannot work ends a process at once, with one line that names the setting, before anything is touched."""

from __future__ import annotations

import dataclasses
import errno
import os
import shutil
import socket
import subprocess
import sys
from collections import namedtuple
from pathlib import Path

import pytest

import agent.checks
import controller.checks
import gateway.checks
import loadcell.config.clock
import loadcell.config.places
from agent.settings import AgentSettings
from controller.settings import ControllerSettings
from gateway.settings import Settings
from loadcell.config.places import check_free
from loadcell.config.report import look
from loadcell.settings import Address, NotNowError, Secret, SettingsError, load
from loadcell.stack.child import search_path
from tests.free_ports import free_address
from tests.patience import PATIENCE_SECONDS

CONTROLLER = ("controller", ControllerSettings, controller.checks.CHECKS)
GATEWAY = ("gateway", Settings, gateway.checks.CHECKS)
AGENT = ("agent", AgentSettings, agent.checks.CHECKS)
ALL = [CONTROLLER, GATEWAY, AGENT]


def refusal(service, environ: dict[str, object], folder: Path, kind: type = SettingsError) -> str:
    """Start with settings in a folder; return why that is refused, and see that nothing was touched."""
    _, cls, checks = service
    before = sorted(folder.rglob("*"))
    usual = {"LOADCELL_DATA_DIR": folder / "data"}
    with pytest.raises(SettingsError) as refused:
        checks.refuse(load(cls, {name: str(value) for name, value in (usual | environ).items()}))
    assert type(refused.value) is kind
    assert sorted(folder.rglob("*")) == before
    said = str(refused.value)
    assert "\n" not in said
    return said


@pytest.mark.parametrize(
    ("service", "environ", "expected"),
    [
        (CONTROLLER, {"LOADCELL_TLS_CERT": "{file}"}, "LOADCELL_TLS_CERT={file}: set LOADCELL_TLS_KEY as well"),
        (CONTROLLER, {"LOADCELL_TLS_CLIENT_CA": "{file}"}, "set LOADCELL_TLS_CERT and LOADCELL_TLS_KEY as well"),
        (CONTROLLER, {"LOADCELL_JWT_KEYS": "{none}"}, "LOADCELL_JWT_KEYS={none}: not a JSON Web Key Set"),
        (CONTROLLER, {"LOADCELL_ANALYSIS_MODEL": "m"}, "LOADCELL_ANALYSIS_MODEL=m: set LOADCELL_ANALYSIS_URL"),
        (CONTROLLER, {"LOADCELL_LEASE_SECONDS": "1"}, "must be above LOADCELL_HEARTBEAT_SECONDS=2"),
        (
            CONTROLLER,
            {"LOADCELL_CONTROLLER_METRICS": "127.0.0.1:50051"},
            "LOADCELL_GRPC and LOADCELL_CONTROLLER_METRICS are both 127.0.0.1:50051",
        ),
        (CONTROLLER, {"LOADCELL_CONTROLLER_METRICS": "unix:/x"}, "LOADCELL_CONTROLLER_METRICS='unix:/x': must be"),
        (CONTROLLER, {"LOADCELL_GRPC": "no.invalid:1"}, "LOADCELL_GRPC=no.invalid:1: the host no.invalid is not"),
        (CONTROLLER, {"LOADCELL_GRPC": "0.0.0.0:1"}, "LOADCELL_GRPC=0.0.0.0:1 can be reached from other machines"),
        (CONTROLLER, {"LOADCELL_DATA_DIR": "{file}"}, "{file} is no directory; set LOADCELL_DATA_DIR"),
        (CONTROLLER, {"LOADCELL_DATABASE_URL": "{folder}"}, "{folder}: is a directory; set LOADCELL_DATABASE_URL"),
        (CONTROLLER, {"LOADCELL_DATABASE_URL": "{file}"}, "{file}: file is not a database; set LOADCELL_DATABASE"),
        (GATEWAY, {"LOADCELL_EXPORTER": "127.0.0.1:8085"}, "LOADCELL_HTTP and LOADCELL_EXPORTER are both"),
        (GATEWAY, {"LOADCELL_TLS_CA": "{none}"}, "LOADCELL_TLS_CA={none}: No such file or directory"),
        (
            GATEWAY,
            {"LOADCELL_HTTP_TLS_CERT": "{file}", "LOADCELL_HTTP_TLS_KEY": "{file}"},
            "not a PEM certificate and its key",
        ),
        (AGENT, {"LOADCELL_TLS_CA": "{file}"}, "LOADCELL_TLS_CA={file}: it holds no certificate in PEM form"),
        (AGENT, {"LOADCELL_TLS_CLIENT_CERT": "{file}"}, "set LOADCELL_TLS_CLIENT_KEY as well"),
        (AGENT, {"LOADCELL_DATA_DIR": "{file}"}, "{file} is no directory; set LOADCELL_DATA_DIR"),
        (AGENT, {"LOADCELL_CONTROLLER": "no.invalid:1,127.0.0.1:2"}, "the host no.invalid is not known"),
    ],
)
def test_files_contradictions_and_addresses(tmp_path, service, environ: dict[str, str], expected: str):
    names = {"file": tmp_path / "file", "none": tmp_path / "none", "folder": tmp_path}
    names["file"].write_text("x")
    made = {name: value.format(**names) for name, value in environ.items()}
    assert expected.format(**names) in refusal(service, made, tmp_path)


@pytest.mark.parametrize("service", ALL, ids=lambda service: service[0])
@pytest.mark.parametrize("year", [1970, 2150])
def test_a_clock_that_cannot_be_right(monkeypatch, tmp_path, service, year: int):
    monkeypatch.setattr(loadcell.config.clock.time, "time", lambda: (year - 1970) * 365.2425 * 86_400 + 86_400)
    assert f"the clock of this machine says {year}-01-0" in refusal(service, {}, tmp_path)


@pytest.mark.parametrize("service", [CONTROLLER, AGENT], ids=lambda service: service[0])
def test_a_full_disk_and_a_directory_that_cannot_be_written(monkeypatch, tmp_path, service):
    with monkeypatch.context() as full:
        usage = namedtuple("usage", "total used free")  # noqa: PYI024
        full.setattr(shutil, "disk_usage", lambda _: usage(1 << 40, 1 << 40, 4_096))
        said = refusal(service, {}, tmp_path, NotNowError)
        full.setattr(shutil, "disk_usage", lambda _: usage(0, 0, 0))  # as /proc says, and others that do not count
        service[2].refuse(load(service[1], {"LOADCELL_DATA_DIR": str(tmp_path)}))
    assert "is full, 4,096 bytes are left; free some or set LOADCELL_DATA_DIR" in said
    # Tests may run as root, whom the system lets write everywhere.
    monkeypatch.setattr(loadcell.config.places.os, "access", lambda *_: False)
    assert "cannot be written by this user; set LOADCELL_DATA_DIR" in refusal(service, {}, tmp_path)


@pytest.mark.parametrize("service", [CONTROLLER, AGENT], ids=lambda service: service[0])
def test_a_directory_that_may_not_be_looked_into(monkeypatch, tmp_path, service):
    closed = tmp_path / "closed"
    closed.mkdir()
    look = os.stat

    def not_within(path, *arguments, **options):
        # Tests may run as root, whom the system lets look everywhere.
        if isinstance(path, str | Path) and closed in Path(path).parents:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
        return look(path, *arguments, **options)

    with monkeypatch.context() as shut:
        shut.setattr(os, "stat", not_within)
        shut.setattr(loadcell.config.places.os, "access", lambda path, _: Path(path) != closed)
        _, cls, checks = service
        with pytest.raises(SettingsError, match=f"{closed} cannot be written by this user; set LOADCELL_DATA_DIR"):
            checks.refuse(load(cls, {"LOADCELL_DATA_DIR": str(closed / "in" / "it")}))


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("{folder}/file", "is another file"),
        ("{folder}/none/s", "is no directory"),
        ("/" + "x" * 120, "longer"),
    ],
)
def test_a_unix_socket_that_cannot_be_made(tmp_path, path: str, why: str):
    (tmp_path / "file").write_text("x")
    with pytest.raises(SettingsError, match=why):
        check_free("LOADCELL_GRPC", Address("", 0, path.format(folder=tmp_path)))


def test_what_is_right_is_not_refused_and_what_may_not_be_meant_is_told(tmp_path):
    for service, cls, checks in ALL:
        checks.refuse(dataclasses.replace(cls(), data_dir=tmp_path) if cls is not Settings else cls())
        assert look(service, cls, {}, checks).errors == []
    environ = {"LOADCELL_GRPC": "0.0.0.0:1", "LOADCELL_API_KEY": "k", "LOADCELL_DAY_RETENTION_DAYS": "30"}
    report = look("controller", ControllerSettings, {**environ, "API_KEY": "other"}, controller.checks.CHECKS)
    assert report.errors == []
    alias, days, network = sorted(report.warnings)
    assert alias == "API_KEY is not read: LOADCELL_API_KEY says the same and is set"
    assert "LOADCELL_TLS_CERT" in network
    assert "LOADCELL_DAY_RETENTION_DAYS=30" in days
    assert "'k'" not in str(report.document())


def test_a_reading_does_not_show_a_secret():
    assert "geheim" not in repr(load(ControllerSettings, {"LOADCELL_API_KEY": "geheim"}))
    assert load(ControllerSettings, {"LOADCELL_API_KEY": "geheim"}).api_key == Secret("geheim")


@pytest.mark.parametrize(
    ("service", "name"),
    [
        ("controller", "LOADCELL_CONTROLLER_METRICS"),
        ("gateway", "LOADCELL_EXPORTER"),
        ("agent", "LOADCELL_AGENT_METRICS"),
    ],
)
def test_a_taken_port_ends_the_process_with_one_line_and_leaves_nothing(tmp_path, service: str, name: str):
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LOADCELL_")}
    usual = {"LOADCELL_GRPC": free_address(), "LOADCELL_HTTP": free_address(), "LOADCELL_DATA_DIR": str(tmp_path)}
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        done = subprocess.run(
            [sys.executable, "-m", service],
            env={**kept, **search_path(), **usual, name: address},
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
            check=False,
        )
    (line,) = done.stderr.splitlines()
    # It may be free in a while: a unit of systemd starts it again.
    assert (done.returncode, done.stdout, list(tmp_path.iterdir())) == (1, "", [])
    assert f"{name}={address}: " in line
    assert f"Address already in use; set {name} to an address of this machine that is free" in line
