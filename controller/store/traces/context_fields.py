"""Fields that requests have of their contexts.

A context never changes, so each is read once for a connection: joining them to the rows of a page takes a tenth of
its time.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Select, select

from controller.store.among import given, one_of_given
from controller.store.chunks import chunks
from controller.store.raw_rows import raw_rows
from controller.store.schema_queries import contexts
from controller.store.traces.readings import READINGS

_READINGS = {
    name: reading
    for name, reading in READINGS.items()
    if all(column.table is contexts for column in reading.columns)
}
CONTEXT_FIELDS = frozenset(_READINGS)
_COLUMNS = list(contexts.c)

KNOWN = "contexts"  # to a connection
MOST_KNOWN = 10_000


def context_fields(connection: Connection, keys: Collection[int]) -> dict[int, dict[str, Any]]:
    """Return all fields that have a value, by the keys of contexts; they are not to be changed.

    A context that there is not is left out.
    """
    known: dict[int, dict[str, Any]] = connection.info.setdefault(KNOWN, {})
    new = [key for key in keys if key not in known]
    if new:
        if len(known) + len(new) > MOST_KNOWN:
            known = connection.info[KNOWN] = {}
            new = list(keys)
        dialect = connection.dialect.name
        for some in chunks(new):
            for row in raw_rows(connection, _of_keys(dialect), given(dialect, some)):
                known[row[0]] = _fields(row)
    return {key: known[key] for key in keys if key in known}


@lru_cache(maxsize=2)
def _of_keys(dialect: str) -> Select[Any]:
    return select(*_COLUMNS).where(one_of_given(dialect, contexts.c.context_key))


def _fields(row: Sequence[Any]) -> dict[str, Any]:
    values = dict(zip(_COLUMNS, row, strict=True))
    found = {}
    for name, reading in _READINGS.items():
        (value,) = reading.values(*([values[column]] for column in reading.columns))
        if value is not None:
            found[name] = value
    return found
