"""Adding to the rollups of the database. Reading them is a matter of the questions."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import fields
from typing import Any

from sqlalchemy import Connection, Row, select
from sqlalchemy.dialects import postgresql, sqlite

from controller.store.among import with_keys
from controller.store.schema_queries import rollups
from loadcell.stats.rollup import GRAINS, MINUTE, Rollup, add_up, coarser

_NAMES = [field.name for field in fields(Rollup)]
_KEY = (rollups.c.grain, rollups.c.bucket, rollups.c.context_key)
KEYS_AT_ONCE = 200  # below the number of parameters SQLite takes


def add_rollups(connection: Connection, minutes: Iterable[Rollup]) -> None:
    """Add rollups of minutes to what is stored of these minutes, and of their hours and days."""
    minutes = add_up(minutes)
    for grain in GRAINS:
        added = minutes if grain == MINUTE else coarser(minutes, grain)
        for first in range(0, len(added), KEYS_AT_ONCE):
            _add(connection, added[first : first + KEYS_AT_ONCE])


def _add(connection: Connection, added: Sequence[Rollup]) -> None:
    """Add rollups with different keys, in the order of their keys, so that two who do it wait for each other."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    stored = connection.execute(
        dialect.insert(rollups).on_conflict_do_nothing().returning(*_KEY),
        [values_of(rollup) for rollup in added],
    )
    new = {tuple(row) for row in stored}
    old = {rollup.key: rollup for rollup in added if rollup.key not in new}
    if not old:
        return
    found = connection.execute(
        select(*(rollups.c[name] for name in _NAMES))
        .where(with_keys(connection, _KEY, list(old)))
        .order_by(*_KEY)
        .with_for_update()
    )
    insert = dialect.insert(rollups)
    connection.execute(
        insert.on_conflict_do_update(
            index_elements=list(_KEY),
            set_={name: insert.excluded[name] for name in _NAMES if name not in rollups.primary_key.columns},
        ),
        [values_of(sum_) for sum_ in add_up([*map(rollup_of, found), *old.values()])],
    )


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
