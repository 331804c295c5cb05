"""PostgreSQL: partitions of requests, so that a day of them can go at once."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_KEY = "run_key, level, warmup, ordinal, lease_key"
_INDEXES = {
    "traces": {
        "idx_traces_ts": "(ts)",
        "idx_traces_context": "(context_key, ts)",
        "idx_traces_errors": "(ts) WHERE status = 2",
    },
    "trace_timelines": {},
    "trace_errors": {},
}
_DAY_BITS = 19  # of run_key: what follows the day


def upgrade() -> None:
    """Make what is stored a partition as it is, without copying it; the days after it get theirs at opening."""
    connection = op.get_bind()
    if connection.dialect.name != "postgresql":
        return
    for table, indexes in _INDEXES.items():
        earlier = f"{table}_earlier"
        op.rename_table(table, earlier)
        op.execute(f"ALTER INDEX {table}_pkey RENAME TO {earlier}_pkey")
        for index in indexes:
            op.execute(f"ALTER INDEX {index} RENAME TO {index}_earlier")
        op.execute(f"CREATE TABLE {table} (LIKE {earlier} INCLUDING DEFAULTS) PARTITION BY RANGE (run_key)")
        _create_indexes(table, indexes)
        op.execute(f"CREATE TABLE {table}_default PARTITION OF {table} DEFAULT")
        last = connection.execute(sa.text(f"SELECT max(run_key) FROM {earlier}")).scalar_one()  # noqa: S608 - own
        if last is None:
            op.drop_table(earlier)
            continue
        end = ((last - 1 >> _DAY_BITS) + 1 << _DAY_BITS) + 1
        op.execute(f"ALTER TABLE {table} ATTACH PARTITION {earlier} FOR VALUES FROM (MINVALUE) TO ({end})")


def downgrade() -> None:
    """Gather the rows of all partitions in one table."""
    if op.get_bind().dialect.name != "postgresql":
        return
    for table, indexes in _INDEXES.items():
        plain = f"{table}_plain"
        op.execute(f"CREATE TABLE {plain} (LIKE {table} INCLUDING DEFAULTS)")
        op.execute(f"INSERT INTO {plain} SELECT * FROM {table}")  # noqa: S608 - own names
        op.drop_table(table)
        op.rename_table(plain, table)
        _create_indexes(table, indexes)


def _create_indexes(table: str, indexes: dict[str, str]) -> None:
    op.execute(f"ALTER TABLE {table} ADD CONSTRAINT {table}_pkey PRIMARY KEY ({_KEY})")
    for index, definition in indexes.items():
        op.execute(f"CREATE INDEX {index} ON {table} {definition}")
