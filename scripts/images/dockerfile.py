"""Reads a Dockerfile: the stages, the instructions of each, and what an image says of how it is run."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field

_STAGE = re.compile(r"(?P<base>\S+) AS (?P<name>[a-z-]+)")
_DURATION = re.compile(r"(\d+)s")


class DockerfileError(Exception):
    """A line that is not understood here, so that Docker would do something else than we do."""


@dataclass(frozen=True)
class Instruction:
    """One instruction: `COPY --from=wheel /wheels /wheels` has the flag `from` and two words."""

    line: int
    keyword: str
    flags: Mapping[str, str]
    rest: str

    def words(self) -> list[str]:
        """Return the words of the exec form, or of COPY.

        Raises:
            DockerfileError: It is in shell form.
        """
        if not self.rest.startswith("["):
            if self.keyword != "COPY":
                raise self.refused("is not in exec form, so that a shell would read it")
            return self.rest.split()
        try:
            words = json.loads(self.rest)
        except ValueError:
            words = None
        if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
            # What Docker makes of `CMD ["..."] || exit 1`: a shell that looks for a command named [.
            raise self.refused("looks like exec form and is none, so that a shell would read it")
        return words

    def pairs(self) -> dict[str, str]:
        """Return the names and values of ENV and LABEL."""
        return dict(word.split("=", 1) for word in shlex.split(self.rest))

    def refused(self, why: str) -> DockerfileError:
        """Return the error that says where and why."""
        return DockerfileError(f"line {self.line}: {self.keyword} {self.rest!r} {why}")


@dataclass(frozen=True)
class Stage:
    """A stage: what it begins with, another stage or an image from elsewhere, and what is done then."""

    name: str
    base: str
    instructions: tuple[Instruction, ...]


@dataclass
class Image:
    """What an image says of how it is run."""

    environment: dict[str, str] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    user: str = ""
    folder: str = "/"
    ports: list[int] = field(default_factory=list)
    volumes: list[str] = field(default_factory=list)
    stop_signal: str = ""
    health: list[str] = field(default_factory=list)
    health_seconds: dict[str, int] = field(default_factory=dict)
    entry_point: list[str] = field(default_factory=list)
    arguments: list[str] = field(default_factory=list)

    @property
    def command(self) -> list[str]:
        """What a container runs."""
        return self.entry_point + self.arguments


def read(text: str) -> dict[str, Stage]:
    """Return the stages by their names, in their order."""
    stages: dict[str, Stage] = {}
    for instruction in _instructions(text):
        if instruction.keyword == "FROM":
            named = _STAGE.fullmatch(instruction.rest)
            if named is None:
                raise instruction.refused("must be FROM base AS name")
            stages[named["name"]] = Stage(named["name"], named["base"], ())
        elif not stages:
            raise instruction.refused("stands before the first FROM")
        else:
            last = stages[next(reversed(stages))]
            stages[last.name] = Stage(last.name, last.base, (*last.instructions, instruction))
    return stages


def _instructions(text: str) -> list[Instruction]:
    found, begun = [], ""
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        begun += line.rstrip().removesuffix("\\")
        if line.rstrip().endswith("\\"):
            continue
        keyword, _, rest = begun.strip().partition(" ")
        flags = {}
        while flag := re.match(r"--([a-z-]+)=(\S+)\s+", rest.lstrip()):
            flags[flag[1]], rest = flag[2], rest.lstrip()[flag.end() :]
        found.append(Instruction(number, keyword, flags, rest.strip()))
        begun = ""
    return found


def image(stages: Mapping[str, Stage], target: str) -> Image:
    """Return what the image of a target says, with what it has from the stages it begins with."""
    stage = stages[target]
    found = image(stages, stage.base) if stage.base in stages else Image()
    for instruction in stage.instructions:
        _say(found, instruction)
    return found


def _say(found: Image, instruction: Instruction) -> None:
    match instruction.keyword:
        case "ENV":
            found.environment |= instruction.pairs()
        case "LABEL":
            found.labels |= instruction.pairs()
        case "USER":
            found.user = instruction.rest
        case "WORKDIR":
            found.folder = instruction.rest
        case "EXPOSE":
            found.ports += map(int, instruction.rest.split())
        case "VOLUME":
            found.volumes += instruction.words()
        case "STOPSIGNAL":
            found.stop_signal = instruction.rest
        case "ENTRYPOINT":
            found.entry_point = instruction.words()
        case "CMD":
            found.arguments = instruction.words()
        case "HEALTHCHECK":
            found.health, found.health_seconds = _health(instruction)
        case "COPY" | "RUN":
            pass
        case _:
            raise instruction.refused("is an instruction that is not known here")


def _health(instruction: Instruction) -> tuple[list[str], dict[str, int]]:
    keyword, _, command = instruction.rest.partition(" ")
    if keyword != "CMD":
        raise instruction.refused("must have a CMD")
    seconds = {}
    for name, value in instruction.flags.items():
        duration = _DURATION.fullmatch(value)
        seconds[name] = int(duration[1] if duration else value)
    return Instruction(instruction.line, "HEALTHCHECK", {}, command.strip()).words(), seconds
