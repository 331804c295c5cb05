"""What a caller may see, as conditions."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Connection, false, true

from controller.query.traces.conditions import Condition, Operator
from controller.query.traces.fields import FIELDS
from controller.scope import Scope
from controller.store.traces.compiler import on_traces


def of_projects(scope: Scope) -> Condition | None:
    """Return the condition that a trace is of a project of a scope that has some, None for the scope of all."""
    if scope.projects is None:
        return None
    return Condition(FIELDS["project_id"], Operator.IN, tuple(sorted(scope.projects)))


def in_scope(connection: Connection, scope: Scope) -> ColumnElement[bool]:
    """Return the condition on rows of `traces` that the caller may see them."""
    if scope.projects is not None and not scope.projects:
        return false()
    mine = of_projects(scope)
    return true() if mine is None else on_traces(connection, mine)
