"""Which contexts conditions are about.

Most questions name values. The statements for these are built once: building one takes as long as the answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, TypeGuard

from sqlalchemy import BigInteger, ColumnElement, Connection, Select, bindparam, select

from controller.query.traces.conditions import And, Condition, Node, Operator
from controller.query.traces.fields import Kind
from controller.store.among import given, one_of_given_texts
from controller.store.raw_rows import raw_rows
from controller.store.schema_queries import context_tags, contexts
from controller.store.traces.compiler import on_shared

_REMEMBERED = 256  # statements
_NAMING = {Kind.TEXT: (Operator.EQ, Operator.IN), Kind.TAGS: (Operator.CONTAINS, Operator.IN)}


def context_keys(connection: Connection, parts: Sequence[Node], most: int) -> list[int]:
    """Return the keys, ascending, of contexts for which all parts of a filter hold; some where there are too many.

    Args:
        connection: to read through.
        parts: of a filter, each about contexts and nothing else.
        most: one more is returned where there are more.
    """
    named = [part for part in parts if _names_values(part)]
    if len(named) < len(parts):
        every = select(contexts.c.context_key).where(on_shared(connection, And(tuple(parts)))).limit(most + 1)
        return sorted(connection.execute(every).scalars())
    dialect, asked = connection.dialect.name, dict[str, Any]()
    for place, part in enumerate(named):
        asked |= given(dialect, part.value if isinstance(part.value, tuple) else (part.value,), f"values_{place}")
    statement = _with_values(dialect, tuple((part.field.name, part.field.kind) for part in named))
    return sorted(key for (key,) in raw_rows(connection, statement, asked | {"most": most + 1}))


def _names_values(part: Node) -> TypeGuard[Condition]:
    return (
        isinstance(part, Condition)
        and part.value is not None
        and part.operator in _NAMING.get(part.field.kind, ())
    )


@lru_cache(maxsize=_REMEMBERED)
def _with_values(dialect: str, fields: tuple[tuple[str, Kind], ...]) -> Select[Any]:
    conditions = (_has_one_of(dialect, name, kind, f"values_{place}") for place, (name, kind) in enumerate(fields))
    return select(contexts.c.context_key).where(*conditions).limit(bindparam("most", type_=BigInteger))


def _has_one_of(dialect: str, name: str, kind: Kind, values: str) -> ColumnElement[bool]:
    """Return the condition that a field of a context has one of the values that are given under a name."""
    if kind is not Kind.TAGS:
        return one_of_given_texts(dialect, contexts.c[name], values)
    tagged = select(context_tags.c.context_key).where(one_of_given_texts(dialect, context_tags.c.tag, values))
    return contexts.c.context_key.in_(tagged)
