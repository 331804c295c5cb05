"""Shares that are handed over, tokens of agents, steps of their clocks."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the columns and the table."""
    op.add_column("leases", sa.Column("first_ordinal", sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column("leases", sa.Column("end_ordinal", sa.BigInteger()))
    op.add_column("leases", sa.Column("succeeds", sa.BigInteger()))
    op.add_column("agents", sa.Column("clock_steps", sa.Integer(), nullable=False, server_default="0"))
    op.create_table(
        "agent_tokens",
        sa.Column("token_id", sa.Text(), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("prefix", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("agent_id", sa.Text()),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger()),
        sa.Column("revoked_at", sa.BigInteger()),
        sa.Column("last_used_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("token_id"),
        sa.UniqueConstraint("token_hash", name="uq_agent_tokens_token_hash"),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table("agent_tokens")
    op.drop_column("agents", "clock_steps")
    for name in ("succeeds", "end_ordinal", "first_ordinal"):
        op.drop_column("leases", name)
