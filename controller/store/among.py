"""Conditions on columns by any number of keys, which both engines look up in an index."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    BindParameter,
    ColumnElement,
    Connection,
    FromClause,
    Integer,
    TableValuedAlias,
    Text,
    and_,
    any_,
    bindparam,
    cast,
    func,
    literal,
    select,
    tuple_,
)
from sqlalchemy.dialects.postgresql import ARRAY

_GIVEN, _ROWS = "keys", "rows"  # parameters of statements that are built once
FIRST_RUN, LAST_RUN = "first_run", "last_run"  # others: no request that is asked for is of a run outside of them


def one_of(connection: Connection, column: ColumnElement[Any], keys: Collection[int]) -> ColumnElement[bool]:
    """Whether a column is one of some keys, however many they are."""
    if len(keys) == 1:
        return column == next(iter(keys))
    if connection.dialect.name == "sqlite":
        return column.in_(select(cast(each_of(connection, keys).c.value, Integer)))
    return column == any_(_array(_values(keys)))


def each_of(connection: Connection, keys: Collection[int]) -> TableValuedAlias:
    """Return keys as a table with the column `value`."""
    if connection.dialect.name == "sqlite":
        return func.json_each(json.dumps(list(keys))).table_valued("value", name="each")
    return func.unnest(_array(_values(keys))).table_valued("value", name="each").render_derived()


def each_given(dialect: str) -> TableValuedAlias:
    """Return the keys that a statement is given when it is carried out as a table with the column `value`."""
    if dialect == "sqlite":
        return func.json_each(bindparam(_GIVEN)).table_valued("value", name="each")
    keys = _array(bindparam(_GIVEN, type_=ARRAY(BigInteger)))
    return func.unnest(keys).table_valued("value", name="each").render_derived()


def given_rows(dialect: str, width: int) -> FromClause:
    """Return rows of `width` numbers each as a table with the columns "0", "1", ...

    The statement is given them, one at least, when it is carried out: see `rows`.
    """
    if dialect == "sqlite":
        each = func.json_each(bindparam(_ROWS)).table_valued("value", name="each")
        numbers = (cast(func.json_extract(each.c.value, f"$[{place}]"), Integer) for place in range(width))
        return select(*(number.label(str(place)) for place, number in enumerate(numbers))).cte("wanted")
    columns = (_array(bindparam(f"{_ROWS}_{place}", type_=ARRAY(BigInteger))) for place in range(width))
    return func.unnest(*columns).table_valued(*map(str, range(width)), name="wanted").render_derived()


def rows(dialect: str, numbers: Sequence[tuple[int, ...]]) -> dict[str, Any]:
    """Return the parameters of a statement with `given_rows`."""
    if dialect == "sqlite":
        return {_ROWS: json.dumps(numbers)}
    return {f"{_ROWS}_{place}": list(column) for place, column in enumerate(zip(*numbers, strict=True))}


def with_keys(
    connection: Connection, columns: Sequence[ColumnElement[Any]], keys: Collection[tuple[int, ...]]
) -> ColumnElement[bool]:
    """Whether columns are, together, one of some keys of as many numbers each; at least one."""
    if len(keys) == 1:
        (key,) = keys
        return tuple_(*columns) == tuple_(*key)
    if connection.dialect.name == "sqlite":
        return _in_json(columns, literal(json.dumps(list(keys))))
    return tuple_(*columns).in_(list(keys))


def among_rows(columns: Sequence[ColumnElement[Any]], keys: Sequence[tuple[int, ...]]) -> ColumnElement[bool]:
    """Whether columns are, together, one of some keys, in PostgreSQL: it looks each up in its partition only."""
    wanted = func.unnest(*(_array(_values(numbers)) for numbers in zip(*keys, strict=True)))
    names = map(str, range(len(columns)))
    return tuple_(*columns).in_(select(*wanted.table_valued(*names, name="wanted").render_derived().c))


def with_given_keys(dialect: str, columns: Sequence[ColumnElement[Any]]) -> ColumnElement[bool]:
    """Whether columns are, together, one of the keys that a statement is given when it is carried out."""
    if dialect == "sqlite":
        return _in_json(columns, bindparam(_GIVEN))
    return tuple_(*columns).in_(bindparam(_GIVEN, expanding=True))


def with_given_requests(dialect: str, columns: Sequence[ColumnElement[Any]]) -> ColumnElement[bool]:
    """Whether columns are, together, one of the keys of requests that a statement is given."""
    if dialect == "sqlite":
        return with_given_keys(dialect, columns)
    # PostgreSQL leaves out the partitions of other days, which it cannot tell from keys of several columns. As
    # arrays they are a statement that is the same for any number of them.
    run_key, *_ = columns
    first, last = (bindparam(name, type_=BigInteger) for name in (FIRST_RUN, LAST_RUN))
    wanted = select(*given_rows(dialect, len(columns)).c)
    return and_(tuple_(*columns).in_(wanted), run_key >= first, run_key <= last)


def given_requests(dialect: str, keys: Collection[tuple[int, ...]]) -> dict[str, Any]:
    """Return the parameters of a statement that is given the keys of requests, one at least.

    FIRST_RUN and LAST_RUN are among them, for what belongs to the requests as well.
    """
    runs = [run_key for run_key, *_ in keys]
    named = given(dialect, keys) if dialect == "sqlite" else rows(dialect, list(keys))
    return named | {FIRST_RUN: min(runs), LAST_RUN: max(runs)}


def one_of_given(dialect: str, column: ColumnElement[Any], name: str = _GIVEN) -> ColumnElement[bool]:
    """Whether a column is one of the keys that a statement is given by a name when it is carried out."""
    if dialect == "sqlite":
        each = func.json_each(bindparam(name)).table_valued("value", name="each")
        return column.in_(select(cast(each.c.value, Integer)))
    return column == any_(_array(bindparam(name, type_=ARRAY(BigInteger))))


def one_of_given_texts(dialect: str, column: ColumnElement[Any], name: str) -> ColumnElement[bool]:
    """Whether a column is one of the texts that a statement is given by a name when it is carried out."""
    if dialect == "sqlite":
        each = func.json_each(bindparam(name)).table_valued("value", name="each")
        return column.in_(select(cast(each.c.value, Text)))
    return column == any_(cast(bindparam(name, type_=ARRAY(Text)), ARRAY(Text)))


def given(dialect: str, keys: Collection[Any], name: str = _GIVEN) -> dict[str, Any]:
    """Return the parameter of a statement that is given keys or texts; of `with_given_keys` one at least."""
    return {name: json.dumps(list(keys)) if dialect == "sqlite" else list(keys)}


def _in_json(columns: Sequence[ColumnElement[Any]], keys: ColumnElement[str]) -> ColumnElement[bool]:
    """Whether columns are, together, one of the keys of a JSON text."""
    # Of values without a type, SQLite does not look for each in the index of the columns but reads all rows.
    each = func.json_each(keys).table_valued("value", name="each")
    parts = (cast(func.json_extract(each.c.value, f"$[{place}]"), Integer) for place in range(len(columns)))
    return tuple_(*columns).in_(select(*parts))


def _array(keys: BindParameter[Any]) -> ColumnElement[Any]:
    """Return keys as an array of PostgreSQL."""
    return cast(keys, ARRAY(BigInteger))


def _values(keys: Collection[int]) -> BindParameter[Any]:
    return bindparam(None, list(keys), type_=ARRAY(BigInteger))
