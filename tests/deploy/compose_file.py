"""docker-compose.yml, as Docker Compose understands it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import pytest
import yaml

from scripts.images.dockerfile import Image, image, read
from scripts.reference import settings_classes

ROOT = Path(__file__).resolve().parents[2]
FILE = ROOT / "docker-compose.yml"
EXAMPLE = ROOT / "deploy" / "env.example"
VARIABLE = re.compile(r"\$(?:\$|\{(?P<name>\w+)(?::-(?P<default>[^}]*))?\})")
SECRETS = "/run/secrets/"
CLI = "loadcell.cli"


@dataclass(frozen=True)
class Service:
    """One service with its variables replaced."""

    name: str
    fields: Mapping[str, Any]

    @property
    def profiles(self) -> list[str]:
        return self.fields.get("profiles", [])

    @property
    def environment(self) -> dict[str, str]:
        """What the file itself sets."""
        return {name: str(value) for name, value in self.fields.get("environment", {}).items()}

    @property
    def secrets(self) -> list[str]:
        return self.fields.get("secrets", [])

    @property
    def target(self) -> str:
        """Of deploy/Dockerfile; empty where the image is somebody else's."""
        return self.fields.get("build", {}).get("target", "")

    @property
    def ends(self) -> bool:
        """Whether it does one thing and ends."""
        return self.fields["restart"] == "no"

    @cached_property
    def image(self) -> Image:
        return images()[self.target]

    @property
    def command(self) -> list[str]:
        """What it runs, where the image is ours."""
        entry_point = self.fields.get("entrypoint", self.image.entry_point)
        own = [] if "entrypoint" in self.fields else self.image.arguments
        return [*entry_point, *self.fields.get("command", own)]

    @property
    def process(self) -> str:
        """Whose settings it reads: controller, gateway, agent or loadcell.cli."""
        return CLI if self.target == "cli" else self.target

    @property
    def mounts(self) -> list[tuple[str, str, str]]:
        """Volumes as source, place and mode; a source with a dot first is of this folder."""
        split = [volume.split(":") for volume in self.fields.get("volumes", [])]
        return [(source, place, mode[0] if mode else "rw") for source, place, *mode in split]

    @property
    def ports(self) -> list[tuple[str, int, int]]:
        """What is published: address, port of this machine, port of the container."""
        split = [port.rsplit(":", 2) for port in self.fields.get("ports", [])]
        return [(address, int(outside), int(inside)) for address, outside, inside in split]

    @property
    def networks(self) -> list[str]:
        return self.fields["networks"]

    @property
    def needs(self) -> dict[str, str]:
        """What must be there before it, with the condition."""
        return {name: need["condition"] for name, need in self.fields.get("depends_on", {}).items()}

    def texts(self) -> Iterator[str]:
        """Everything that is said to its processes."""
        yield from self.environment.values()
        for part in ("entrypoint", "command"):
            yield from self.fields.get(part, [])
        yield from self.fields.get("healthcheck", {}).get("test", [])


@dataclass(frozen=True)
class Stack:
    """The whole file."""

    fields: Mapping[str, Any]

    @property
    def services(self) -> dict[str, Service]:
        return {name: Service(name, fields) for name, fields in self.fields["services"].items()}

    def of(self, *profiles: str) -> dict[str, Service]:
        """What is started with these profiles."""
        services = self.services.items()
        return {name: one for name, one in services if not one.profiles or set(one.profiles) & set(profiles)}


@cache
def stack() -> Stack:
    """The file with its defaults."""
    return load({})


def load(variables: Mapping[str, str]) -> Stack:
    """The file with variables of .env."""

    def replace(found: re.Match[str]) -> str:
        if found["name"] is None:
            return "$"
        return variables.get(found["name"]) or found["default"] or ""

    return Stack(_everywhere(yaml.safe_load(FILE.read_text()), lambda text: VARIABLE.sub(replace, text)))


def _everywhere(value: Any, change: Any) -> Any:
    if isinstance(value, dict):
        return {name: _everywhere(one, change) for name, one in value.items()}
    if isinstance(value, list):
        return [_everywhere(one, change) for one in value]
    return change(value) if isinstance(value, str) else value


def variables() -> dict[str, set[str]]:
    """Every variable of the file, with its defaults."""
    found: dict[str, set[str]] = {}
    for one in VARIABLE.finditer(re.sub(r"(?m)^\s*#.*$", "", FILE.read_text())):
        if one["name"]:
            found.setdefault(one["name"], set()).add(one["default"] or "")
    return found


@cache
def images() -> dict[str, Image]:
    """The images of deploy/Dockerfile, as far as the stack uses them."""
    stages = read((ROOT / "deploy" / "Dockerfile").read_text())
    return {name: image(stages, name) for name in ("controller", "gateway", "agent", "cli")}


@cache
def settings() -> dict[str, set[str]]:
    """The variables that each process reads, those of files among them."""
    from loadcell.settings import describe

    found: dict[str, set[str]] = {}
    for process, cls in settings_classes():
        for info, _ in describe(cls):
            names = {*info.names, *(f"{name}_FILE" for name in info.names if info.hidden)}
            found.setdefault(process, set()).update(names)
    return found


SERVICES = list(stack().services.values())
OURS = [service for service in SERVICES if service.target]
DEV = [service for service in SERVICES if service.profiles == ["dev"]]
LASTING = [service for service in SERVICES if not service.ends]


def each(services: list[Service]) -> pytest.MarkDecorator:
    """Have a test for each of some services."""
    return pytest.mark.parametrize("service", services, ids=lambda service: service.name)
