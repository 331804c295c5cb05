"""Indexes that lead from contexts and times to runs, and from contexts to the requests that failed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"

_ERROR = sa.text("status = 2")
_TIME = (
    "int8range(created_at, CASE WHEN (completed_at IS NOT NULL) THEN greatest(created_at, completed_at) END, '[]')"
)


def upgrade() -> None:
    """Create them."""
    op.create_index("idx_benchmark_runs_context", "benchmark_runs", ["context_key", "created_at"])
    op.create_index(
        "idx_traces_context_errors", "traces", ["context_key", "ts"], sqlite_where=_ERROR, postgresql_where=_ERROR
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"CREATE INDEX idx_benchmark_runs_time ON benchmark_runs USING gist ({_TIME})")


def downgrade() -> None:
    """Drop them."""
    if op.get_bind().dialect.name == "postgresql":
        op.drop_index("idx_benchmark_runs_time", table_name="benchmark_runs")
    op.drop_index("idx_traces_context_errors", table_name="traces")
    op.drop_index("idx_benchmark_runs_context", table_name="benchmark_runs")
