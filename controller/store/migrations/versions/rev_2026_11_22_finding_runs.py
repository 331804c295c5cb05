"""What runs are searched by, and indexes of what lists of runs are sorted by."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from loadcell.v1 import result_pb2

revision = "0019"
down_revision = "0018"

_KEY = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_PAGE = 500  # runs that are held at a time


def upgrade() -> None:
    """Create them, and the texts of the runs there are."""
    table = op.create_table(
        "run_search",
        sa.Column("run_key", _KEY, sa.ForeignKey("benchmark_runs.run_key", ondelete="CASCADE"), primary_key=True),
        sa.Column("text", sa.Text, nullable=False),
    )
    op.create_index("idx_benchmark_runs_started_at", "benchmark_runs", ["started_at", "run_key"])
    op.create_index("idx_benchmark_runs_server_url", "benchmark_runs", ["server_url", "run_key"])
    runs = sa.table(
        "benchmark_runs", *(sa.column(name) for name in ("run_key", "run_id", "model", "server_url", "remark"))
    )
    config = sa.cast(sa.literal_column("config"), sa.LargeBinary)
    query = sa.select(*runs.c, config.label("config")).order_by(runs.c.run_key).limit(_PAGE)
    connection = op.get_bind()
    last = 0
    while rows := connection.execute(query.where(runs.c.run_key > last)).all():
        connection.execute(table.insert(), [{"run_key": row.run_key, "text": _text(row)} for row in rows])
        last = rows[-1].run_key


def downgrade() -> None:
    """Drop them."""
    op.drop_index("idx_benchmark_runs_server_url", table_name="benchmark_runs")
    op.drop_index("idx_benchmark_runs_started_at", table_name="benchmark_runs")
    op.drop_table("run_search")


def _text(row: Any) -> str:
    labels = result_pb2.RunConfig.FromString(row.config).labels
    parts = [
        row.run_id,
        row.model,
        row.server_url,
        row.remark,
        *(f"{key}={value}" for key, value in labels.items()),
    ]
    return "\n".join(part.casefold() for part in parts)
