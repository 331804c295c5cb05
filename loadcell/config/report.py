"""What the environment says to one process, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Generic, TypeVar

from loadcell.settings import Reading, SettingsClass, SettingsError, describe, load, readings

SECRET_SHOWN = "***"  # noqa: S105 - what stands for one
_MOST_CHARACTERS = 200

S = TypeVar("S", bound=SettingsClass)
Check = Callable[[Any], None]


@dataclass(frozen=True, slots=True)
class Shown:
    """A setting that is set: where, and to what; a secret's value never."""

    name: str
    value: str
    file: str = ""


@dataclass(slots=True)
class Report:
    """What a process would find.

    Attributes:
        service: Its name.
        settings: What is set.
        errors: Why it would not start.
        warnings: What is probably not meant.
        known: Every variable it reads.
    """

    service: str
    settings: list[Shown] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    known: list[str] = field(default_factory=list)

    def document(self) -> dict[str, Any]:
        """Return it for programs."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Checks(Generic[S]):
    """What is looked at of settings that can each be used. Every function raises SettingsError.

    Attributes:
        errors: What keeps the process from starting. Nothing is touched.
        warnings: What is probably not meant. Nothing is touched.
        connections: What it needs of others.
    """

    errors: tuple[Callable[[S], None], ...]
    warnings: tuple[Callable[[S], None], ...] = ()
    connections: tuple[Callable[[S], None], ...] = ()

    def refuse(self, settings: S) -> None:
        """Do as the process does before it touches anything.

        Raises:
            SettingsError: It cannot start with these.
        """
        for check in self.errors:
            check(settings)


def look(
    service: str, cls: type[S], environ: Mapping[str, str], checks: Checks[S], *, connect: bool = False
) -> Report:
    """Return what a process would find in an environment; `connect`: and of those it depends on."""
    report = Report(service, known=sorted(_known(cls)))
    found = list(readings(cls, environ))
    for reading in found:
        report.settings.append(_shown(reading, environ))
        report.warnings += _unread(reading, environ)
        if reading.problem is not None:
            report.errors.append(str(reading.problem))
    if report.errors:
        return report  # what cannot be read cannot be held against the rest
    try:
        settings = load(cls, environ)
    except SettingsError as contradiction:
        report.errors.append(str(contradiction))
        return report
    report.errors += _problems(checks.errors, settings)
    report.warnings += _problems(checks.warnings, settings)
    if connect and not report.errors:
        report.errors += _problems(checks.connections, settings)
    return report


def _problems(checks: Iterable[Check], settings: Any) -> Iterator[str]:
    for check in checks:
        try:
            check(settings)
        except SettingsError as problem:
            yield str(problem)


def _known(cls: type[SettingsClass]) -> Iterator[str]:
    for info, _ in describe(cls):
        for name in info.names:
            yield name
            if info.hidden:
                yield f"{name}_FILE"


def _shown(reading: Reading, environ: Mapping[str, str]) -> Shown:
    file = environ.get(f"{reading.name}_FILE", "") if reading.info.hidden else ""
    if reading.info.hidden:
        return Shown(f"{reading.name}_FILE" if file else reading.name, SECRET_SHOWN, file)
    return Shown(reading.name, environ[reading.name][:_MOST_CHARACTERS])


def _unread(reading: Reading, environ: Mapping[str, str]) -> Iterator[str]:
    """Tell of other names of the same setting that are set as well."""
    for other in reading.info.names:
        if other != reading.name and environ.get(other):
            yield f"{other} is not read: {reading.name} says the same and is set"
