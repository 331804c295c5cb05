"""Indexes that lists of failures and questions about a time need nothing else for."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

_PARTS = {"idx_traces_errors": sa.text("status = 2"), "idx_traces_unset": sa.text("status > 2")}


def upgrade() -> None:
    """Create them, those of failures in the place of those that have the time alone."""
    op.create_index("idx_benchmark_runs_completed_at", "benchmark_runs", ["completed_at", "run_key"])
    _again(["ts", "context_key", "status"])


def downgrade() -> None:
    """Put back what was there."""
    op.drop_index("idx_benchmark_runs_completed_at", table_name="benchmark_runs")
    _again(["ts"])


def _again(columns: list[str]) -> None:
    for name, part in _PARTS.items():
        op.drop_index(name, table_name="traces")
        op.create_index(name, "traces", columns, sqlite_where=part, postgresql_where=part)
