"""What batches add up to, for runs that keep a sample of their requests."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_COUNTS = (
    "ok_count",
    "error_count",
    "prompt_tokens",
    "completion_tokens",
    "prompt_cost",
    "completion_cost",
    "cost_max",
    "duration_sum",
    "duration_min",
    "duration_max",
    "ttft_sum",
    "ttft_count",
)


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "batch_sums",
        *_batch_key(),
        sa.Column("kept_count", sa.Integer(), nullable=False),
        sa.Column("first_ordinal", sa.BigInteger(), nullable=False),
        sa.Column("last_ordinal", sa.BigInteger(), nullable=False),
        sa.Column("ordinals", sa.LargeBinary(), nullable=False),
        sa.Column("sums", sa.LargeBinary(), nullable=False),
    )
    op.create_table(
        "batch_rollups",
        *_batch_key(),
        sa.Column("bucket", sa.BigInteger(), primary_key=True),
        sa.Column("grain", sa.Integer(), nullable=False),
        sa.Column("context_key", _KEY, nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in _COUNTS),
        sa.Column("error_classes", sa.Text(), nullable=False),
        *(sa.Column(name, sa.LargeBinary(), nullable=False) for name in ("durations", "ttfts", "costs", "tokens")),
    )
    op.create_index("idx_batch_rollups_bucket", "batch_rollups", ["bucket", "context_key"])


def downgrade() -> None:
    """Drop them."""
    op.drop_table("batch_rollups")
    op.drop_table("batch_sums")


def _batch_key() -> list[sa.Column[int]]:
    return [
        sa.Column("run_key", _KEY, primary_key=True, autoincrement=False),
        sa.Column("lease_key", _KEY, primary_key=True, autoincrement=False),
        sa.Column("batch_number", sa.BigInteger(), primary_key=True),
    ]
