"""Fields that requests have of their contexts.

A context that is stored never changes, so each is read once for a connection that only reads: joining them to the
rows of a page takes a tenth of its time. The key of one that was rolled back may be given to another.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Select, select

from controller.store.among import given, one_of_given
from controller.store.chunks import chunks
from controller.store.database import ONLY_READS
from controller.store.raw_rows import raw_rows
from controller.store.schema_queries import contexts
from controller.store.traces.readings import READINGS

_OF_CONTEXTS = {
    name: reading
    for name, reading in READINGS.items()
    if all(column.table is contexts for column in reading.columns)
}
CONTEXT_FIELDS = frozenset(_OF_CONTEXTS)
_COLUMNS = list(dict.fromkeys(column for reading in _OF_CONTEXTS.values() for column in reading.columns))

KNOWN = "known_contexts"  # to a connection
MOST_KNOWN = 4_000  # a page has a thousand at most


def context_fields(connection: Connection, keys: Collection[int]) -> dict[int, dict[str, Any]]:
    """Return all fields that have a value, by the keys of contexts; they are not to be changed.

    A context that there is not is left out.
    """
    known: dict[int, dict[str, Any]] = {}
    if connection.get_execution_options().get(ONLY_READS):
        known = connection.info.setdefault(KNOWN, known)
    new = [key for key in keys if key not in known]
    if new and len(known) + len(new) > MOST_KNOWN:
        known.clear()
        new = list(keys)
    dialect = connection.dialect.name
    for some in chunks(new):
        for key, *values in raw_rows(connection, _of_keys(dialect), given(dialect, some)):
            known[key] = _fields(values)
    return {key: known[key] for key in keys if key in known}


@lru_cache(maxsize=2)
def _of_keys(dialect: str) -> Select[Any]:
    return select(contexts.c.context_key, *_COLUMNS).where(one_of_given(dialect, contexts.c.context_key))


def _fields(row: Sequence[Any]) -> dict[str, Any]:
    values = dict(zip(_COLUMNS, row, strict=True))
    found = {}
    for name, reading in _OF_CONTEXTS.items():
        (value,) = reading.values(*([values[column]] for column in reading.columns))
        if value is not None:
            found[name] = value
    return found
