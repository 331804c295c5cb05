"""What a caller may see, as conditions."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, select

from controller.query.traces.conditions import Condition, Operator
from controller.query.traces.fields import FIELDS
from controller.scope import Scope
from controller.store.among import given, one_of_given_texts
from controller.store.schema import traces
from controller.store.schema_queries import contexts

_PROJECTS = "projects"


def of_projects(scope: Scope) -> Condition | None:
    """Return the condition that a trace is of a project of a scope that has some, None for the scope of all."""
    if scope.projects is None:
        return None
    return Condition(FIELDS["project_id"], Operator.IN, tuple(sorted(scope.projects)))


def in_scope(dialect: str, *, everything: bool) -> list[ColumnElement[bool]]:
    """Return the conditions on rows of `traces` that the caller may see them, of a statement with `given_scope`.

    There are none where the caller may see everything.
    """
    if everything:
        return []
    mine = select(contexts.c.context_key).where(one_of_given_texts(dialect, contexts.c.project_id, _PROJECTS))
    return [traces.c.context_key.in_(mine)]


def given_scope(dialect: str, scope: Scope) -> dict[str, Any]:
    """Return the parameters of a statement with `in_scope`."""
    return {} if scope.projects is None else given(dialect, scope.projects, _PROJECTS)
