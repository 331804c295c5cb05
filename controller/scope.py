"""Whose requests a caller may see. Every question about traces has one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


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

    def holds(self, project_id: str) -> bool:
        """Whether the requests of a project may be seen."""
        return self.projects is None or project_id in self.projects
