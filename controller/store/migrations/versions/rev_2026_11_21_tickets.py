"""Tickets that open one connection, and the credentials they were used for."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "tickets",
        sa.Column("ticket_hash", sa.Text, primary_key=True),
        sa.Column("session_hash", sa.Text),
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("claims", sa.Text, nullable=False),
        sa.Column("giver_expires_at", sa.BigInteger),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("session_hash", name="uq_tickets_session_hash"),
    )
    op.create_index("idx_tickets_account", "tickets", ["account"])
    op.create_index("idx_tickets_expires_at", "tickets", ["expires_at"])


def downgrade() -> None:
    """Drop it."""
    op.drop_table("tickets")
