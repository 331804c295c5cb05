"""Whose requests a caller may see. Every question about traces has one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

_BETWEEN = "\n"  # names of projects are printable


@dataclass(frozen=True, slots=True)
class Scope:
    """Projects whose requests may be seen; None: of every project, the empty set: none at all."""

    projects: frozenset[str] | None

    @classmethod
    def everything(cls) -> Scope:
        """Return the scope of who may see all projects."""
        return cls(None)

    @classmethod
    def of(cls, projects: Iterable[str]) -> Scope:
        """Return the scope of some projects."""
        return cls(frozenset(projects))

    @classmethod
    def read(cls, written: str) -> Scope:
        """Return the scope that `written` wrote; the name of a project is the scope of it alone."""
        return cls(None) if written == "" else cls.of(name for name in written.split(_BETWEEN) if name)

    def written(self) -> str:
        """Return the scope as a text: the name of its only project, "" for every project."""
        return "" if self.projects is None else _BETWEEN.join(sorted(self.projects)) or _BETWEEN

    @property
    def only(self) -> str:
        """The project of a scope of one, else ""."""
        return next(iter(self.projects)) if self.projects is not None and len(self.projects) == 1 else ""

    def covers(self, other: Scope) -> bool:
        """Whether all that another scope may see may be seen."""
        return self.projects is None or (other.projects is not None and other.projects <= self.projects)

    def holds(self, project_id: str) -> bool:
        """Whether the requests of a project may be seen."""
        return self.projects is None or project_id in self.projects
