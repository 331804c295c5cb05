"""Adding to the rollups of the database. Reading them is a matter of the questions."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import fields
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import Connection, Executable, Row, select
from sqlalchemy.dialects import postgresql, sqlite

from controller.store.among import given, with_given_keys
from controller.store.schema_queries import rollups
from loadcell.stats.rollup import Rollup, add_up, at_every_grain

_NAMES = [field.name for field in fields(Rollup)]
_KEY = (rollups.c.grain, rollups.c.bucket, rollups.c.context_key)
KEYS_AT_ONCE = 200  # below the number of parameters SQLite takes


def add_rollups(connection: Connection, minutes: Iterable[Rollup]) -> None:
    """Add rollups of minutes to what is stored of these minutes, and of their hours and days."""
    added = at_every_grain(minutes)
    for first in range(0, len(added), KEYS_AT_ONCE):
        _add(connection, added[first : first + KEYS_AT_ONCE])


class _Statements(NamedTuple):
    """What adding takes: rollups that are new, those that are not, and what these have become."""

    insert: Executable
    find: Executable
    update: Executable


@lru_cache
def _statements(dialect: str) -> _Statements:
    """Return the statements; making them anew for each batch would take longer than carrying them out."""
    insert = (postgresql if dialect == "postgresql" else sqlite).insert(rollups)
    find = select(*(rollups.c[name] for name in _NAMES)).where(with_given_keys(dialect, _KEY)).order_by(*_KEY)
    sums = {name: insert.excluded[name] for name in _NAMES if name not in rollups.primary_key.columns}
    return _Statements(
        insert.on_conflict_do_nothing().returning(*_KEY),
        find.with_for_update(),
        insert.on_conflict_do_update(index_elements=list(_KEY), set_=sums),
    )


def _add(connection: Connection, added: Sequence[Rollup]) -> None:
    """Add rollups with different keys, in the order of their keys, so that two who do it wait for each other."""
    statements = _statements(connection.dialect.name)
    while added:
        stored = connection.execute(statements.insert, [values_of(rollup) for rollup in added])
        new = {tuple(row) for row in stored}
        old = {rollup.key: rollup for rollup in added if rollup.key not in new}
        if not old:
            return
        asked = given(connection.dialect.name, list(old))
        found = [rollup_of(row) for row in connection.execute(statements.find, asked)]
        if found:
            sums = add_up([*found, *(old[one.key] for one in found)])
            connection.execute(statements.update, [values_of(sum_) for sum_ in sums])
        # What others have deleted in between is new again, for one of those who add it.
        there = {one.key for one in found}
        added = [rollup for key, rollup in old.items() if key not in there]


def rollup_of(row: Row[Any]) -> Rollup:
    """Return a row with the columns of a rollup as one."""
    values = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's documented name
    classes = json.loads(values["error_classes"])
    values["error_classes"] = Counter({int(number): count for number, count in classes.items()})
    return Rollup(**values)


def values_of(rollup: Rollup) -> dict[str, object]:
    """Return the columns of a rollup."""
    values: dict[str, object] = {name: getattr(rollup, name) for name in _NAMES}
    return values | {"error_classes": json.dumps(rollup.error_classes)}
