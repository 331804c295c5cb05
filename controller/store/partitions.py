"""PostgreSQL: the tables of requests have a partition for each day, so that a day of them goes at once.

A day is a range of run_key, see `run_keys`. What no other partition takes is in the default one: runs of a clock
that was far ahead, or behind. A day with rows there stays there. What is older than the partitions has its own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import structlog
from sqlalchemy import Connection, Table, text
from sqlalchemy.exc import IntegrityError, OperationalError

from controller.store.postgresql import Lock, take
from controller.store.run_keys import first_key
from controller.store.schema import trace_errors, trace_timelines, traces
from controller.store.schema_texts import trace_texts, words

log = structlog.get_logger()

PARTITIONED = (traces, trace_timelines, trace_errors, trace_texts, words)
DAYS_AHEAD = 7
_DAY_MICROS = 86_400 * 1_000_000
# Whoever waits for a table lets nobody else to it, and the partitions are needed in days only. Shorter than after
# what PostgreSQL looks for deadlocks: those who lock several tables in another order are not given up for it.
_PATIENCE = "500ms"
_BOUNDS = re.compile(r"FROM \((?:MINVALUE|'(?P<first>\d+)')\) TO \('(?P<end>\d+)'\)")


class _BusyError(Exception):
    """Others hold on to a table."""


@dataclass(frozen=True, slots=True)
class Partition:
    """Keys of runs from `first` up to, and without, `end`."""

    name: str
    first: int
    end: int


def create_ahead(connection: Connection, now_micros: int) -> None:
    """Create what is missing of the partitions of today and the next days; nothing to do in SQLite.

    From a table on that others hold on to, all is left for the next time: those that are locked already, others
    wait for.
    """
    if connection.dialect.name != "postgresql":
        return
    take(connection, Lock.TABLES)
    for table in PARTITIONED:
        if not _bounds(connection, table):
            connection.execute(text(f"CREATE TABLE {table.name}_default PARTITION OF {table.name} DEFAULT"))
        found = list_partitions(connection, table)
        for day in range(DAYS_AHEAD + 1):
            begin = now_micros + day * _DAY_MICROS
            name = f"{table.name}_{datetime.fromtimestamp(begin / 1e6, UTC):%Y%m%d}"
            new = Partition(name, first_key(begin), first_key(begin + _DAY_MICROS))
            if not any(old.first < new.end and new.first < old.end for old in found):
                try:
                    _create(connection, table, new)
                except _BusyError:
                    return


def drop(connection: Connection, partition: Partition) -> bool:
    """Drop a partition with its rows; return False when others hold on to its table: try again later."""
    try:
        _carry_out(connection, f"DROP TABLE {partition.name}")
    except _BusyError:
        return False
    return True


def list_partitions(connection: Connection, table: Table) -> list[Partition]:
    """Return the partitions of a table in the order of their keys, without the default one; none in SQLite."""
    found = [
        Partition(name, int(bounds["first"] or 0), int(bounds["end"]))
        for name, bound in _bounds(connection, table).items()
        if (bounds := _BOUNDS.search(bound))
    ]
    return sorted(found, key=lambda partition: partition.first)


def replace_partitions(connection: Connection, wanted: Mapping[str, Sequence[Partition]]) -> None:
    """Have these partitions of each table named, beside its default one, and no others; the tables are empty."""
    quoted = connection.dialect.identifier_preparer.quote_identifier
    for table in PARTITIONED:
        if table.name not in wanted:
            continue
        for name in _bounds(connection, table):
            connection.execute(text(f"DROP TABLE {name}"))
        connection.execute(text(f"CREATE TABLE {table.name}_default PARTITION OF {table.name} DEFAULT"))
        for new in wanted[table.name]:
            connection.exec_driver_sql(
                f"CREATE TABLE {quoted(new.name)} PARTITION OF {table.name}"
                f" FOR VALUES FROM ({new.first:d}) TO ({new.end:d})"
            )


def _bounds(connection: Connection, table: Table) -> dict[str, str]:
    """Return the partitions of a table by name, with the text of what each takes."""
    if connection.dialect.name != "postgresql":
        return {}
    question = text(
        "SELECT c.relname, pg_get_expr(c.relpartbound, c.oid) AS bound FROM pg_inherits AS i"
        " JOIN pg_class AS c ON c.oid = i.inhrelid WHERE i.inhparent = to_regclass(:name)"
    )
    found = connection.execute(question, {"name": table.name})
    # Rows are read as they were, expressions as they are: what another controller has just dropped has none.
    return {row.relname: row.bound for row in found if row.bound is not None}


def _create(connection: Connection, table: Table, partition: Partition) -> None:
    """Create a partition, unless the default one has rows of its day. Raises _BusyError."""
    try:
        # Attached rather than created in its place: so nobody who reads or stores other days is held up.
        _carry_out(
            connection,
            f"CREATE TABLE {partition.name} (LIKE {table.name} INCLUDING ALL)",
            f"ALTER TABLE {table.name} ATTACH PARTITION {partition.name}"
            f" FOR VALUES FROM ({partition.first}) TO ({partition.end})",
        )
    except IntegrityError as error:
        log.info("partition_left_as_it_is", partition=partition.name, error=str(error.orig).strip())


def _carry_out(connection: Connection, *statements: str) -> None:
    """Carry out statements together, or none of them. Raises _BusyError."""
    from controller.store.postgresql_driver import rolled_back  # noqa: PLC0415 - only where there is a server

    try:
        with connection.begin_nested():
            connection.execute(text(f"SET LOCAL lock_timeout = '{_PATIENCE}'"))
            for statement in statements:
                connection.execute(text(statement))
            connection.execute(text("SET LOCAL lock_timeout = DEFAULT"))
    except OperationalError as error:
        if not rolled_back(error.orig):
            raise
        log.info("partition_left_as_it_is", statement=statements[-1], error=str(error.orig).strip())
        raise _BusyError from error
