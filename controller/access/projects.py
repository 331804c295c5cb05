"""Which project something new belongs to."""

from __future__ import annotations

from controller.access.principal import note_project
from controller.scope import Scope
from controller.store.contexts import DEFAULT_PROJECT
from loadcell.errors import LoadcellError


def project_of_new(asked: str, scope: Scope) -> str:
    """Return the project asked for, or else the caller's own: the default one if it is theirs, or their first.

    It is noted as what the call is about.

    Raises:
        LoadcellError: PROJECT_ACCESS_DENIED.
    """
    found = _chosen(asked, scope)
    note_project(found)
    return found


def _chosen(asked: str, scope: Scope) -> str:
    if asked:
        if not scope.holds(asked):
            raise LoadcellError(
                "PROJECT_ACCESS_DENIED",
                f"the project {asked[:64]!r} is none of the caller's",
                field="project_id",
            )
        return asked
    if scope.holds(DEFAULT_PROJECT):
        return DEFAULT_PROJECT
    if not scope.projects:
        raise LoadcellError("PROJECT_ACCESS_DENIED", "the caller has no project", field="project_id")
    return min(scope.projects)
