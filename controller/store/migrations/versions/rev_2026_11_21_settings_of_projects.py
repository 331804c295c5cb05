"""What is set for single projects."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "projects",
        sa.Column("project_id", sa.Text, primary_key=True),
        sa.Column("allowed_targets", sa.Text, nullable=False),
        sa.Column("quota_running_runs", sa.Integer),
        sa.Column("quota_rate", sa.Float),
        sa.Column("quota_agents", sa.Integer),
        sa.Column("quota_stored_traces", sa.BigInteger),
        sa.Column("updated_at", sa.BigInteger, nullable=False),
        sa.Column("updated_by", sa.Text, nullable=False),
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_table("projects")
