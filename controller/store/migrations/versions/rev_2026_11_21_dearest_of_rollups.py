"""What the dearest request of a rollup cost, so that the dearest of all are found without reading many."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Add the column; no request costs more than all of its rollup, and questions need no more than a bound."""
    connection = op.get_bind()
    new = sa.Column("cost_max", sa.BigInteger(), nullable=False, server_default="0")
    if connection.dialect.name == "sqlite":
        # Before the sketches: to read what is behind them, SQLite reads them.
        with op.batch_alter_table(
            "rollups", recreate="always", table_kwargs={"sqlite_with_rowid": False}
        ) as batch:
            batch.add_column(new, insert_after="completion_cost")
    else:
        op.add_column("rollups", new)
    connection.execute(sa.text("UPDATE rollups SET cost_max = prompt_cost + completion_cost"))
    with op.batch_alter_table("rollups", table_kwargs={"sqlite_with_rowid": False}) as batch:
        batch.alter_column("cost_max", existing_type=sa.BigInteger(), server_default=None)


def downgrade() -> None:
    """Drop it."""
    with op.batch_alter_table("rollups", table_kwargs={"sqlite_with_rowid": False}) as batch:
        batch.drop_column("cost_max")
