"""From the tree of conditions to SQL, with the meaning that controller.query.traces.conditions gives it.

Every part is true or false for every row, never unknown, so the opposite of a part is its negation. What many
requests share is asked of the rows they share, and of the requests only whether they have the key of one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from sqlalchemy import ColumnElement, Connection, and_, not_, or_, select

from controller.query.traces.conditions import And, Condition, Node, Not, Operator, Or
from controller.query.traces.fields import Group
from controller.query.traces.question import conditions
from controller.store.full_text import has_words
from controller.store.schema import benchmark_runs, leases, traces
from controller.store.schema_queries import contexts
from controller.store.traces.parts import condition
from controller.store.traces.word_trees import words_of

SHARED = {
    Group.CONTEXT: (contexts.c.context_key, traces.c.context_key),
    Group.RUN: (benchmark_runs.c.run_key, traces.c.run_key),
    Group.LEASE: (leases.c.lease_key, traces.c.lease_key),
}
_OPPOSITES = {
    Operator.NE: Operator.EQ,
    Operator.NOT_IN: Operator.IN,
    Operator.NOT_CONTAINS: Operator.CONTAINS,
}


def shared_by(node: Node) -> Group | None:
    """Return the group of rows, shared by many requests, that a tree is about and about nothing else."""
    groups = {
        Group.TEXTS if asked.operator is Operator.SEARCH else asked.field.group for asked in conditions(node)
    }
    group = groups.pop()
    return group if not groups and group in SHARED else None


def on_traces(connection: Connection, node: Node) -> ColumnElement[bool]:
    """Return a tree as a condition on rows of `traces`."""
    group = shared_by(node)
    if group is not None:
        key, traces_key = SHARED[group]
        return traces_key.in_(select(key).where(on_shared(connection, node)))
    match node:
        case And(children):
            return and_(*(on_traces(connection, child) for child in _gathered(children, And)))
        case Or(children):
            return or_(*(on_traces(connection, child) for child in _gathered(children, Or)))
        case Not(child):
            words = words_of(connection, child)
            # Most requests pass: those that are reached are looked up, not all found first that do not pass.
            return not_(on_traces(connection, child) if words is None else has_words(connection, words))
        case Condition():
            return _on_table(connection, node)


def on_shared(connection: Connection, node: Node) -> ColumnElement[bool]:
    """Return a tree about one group of shared rows as a condition on these rows."""
    match node:
        case And(children):
            return and_(*(on_shared(connection, child) for child in children))
        case Or(children):
            return or_(*(on_shared(connection, child) for child in children))
        case Not(child):
            return not_(on_shared(connection, child))
        case Condition():
            return _on_table(connection, node)


def _gathered(children: Iterable[Node], join: type[And | Or]) -> list[Node]:
    """Return the parts of a group, those about the same shared rows as one part."""
    alone: list[Node] = []
    together: dict[Group, list[Node]] = {}
    for child in children:
        group = shared_by(child)
        if group is None:
            alone.append(child)
        else:
            together.setdefault(group, []).append(child)
    return alone + [parts[0] if len(parts) == 1 else join(tuple(parts)) for parts in together.values()]


def _on_table(connection: Connection, asked: Condition) -> ColumnElement[bool]:
    if asked.operator in _OPPOSITES:
        return not_(condition(connection, replace(asked, operator=_OPPOSITES[asked.operator])))
    return condition(connection, asked)
