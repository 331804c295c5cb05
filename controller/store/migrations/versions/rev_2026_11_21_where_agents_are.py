"""Which controller an agent is connected to."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the column."""
    op.add_column("agents", sa.Column("connected_to", sa.Text()))


def downgrade() -> None:
    """Drop it."""
    op.drop_column("agents", "connected_to")
