"""Secrets of targets, encrypted, until the run ends."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the column."""
    op.add_column("benchmark_runs", sa.Column("secrets", sa.LargeBinary()))


def downgrade() -> None:
    """Drop it."""
    op.drop_column("benchmark_runs", "secrets")
