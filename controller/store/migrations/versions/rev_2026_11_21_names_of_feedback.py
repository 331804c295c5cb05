"""What feedback says in a word, and the name of each, by which writing it twice writes it once."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Add the columns."""
    op.add_column("feedback", sa.Column("label", sa.Text()))
    op.add_column("feedback", sa.Column("request_id", sa.Text()))
    op.create_index("idx_feedback_request_id", "feedback", ["request_id"], unique=True)


def downgrade() -> None:
    """Drop them."""
    op.drop_index("idx_feedback_request_id", table_name="feedback")
    op.drop_column("feedback", "request_id")
    op.drop_column("feedback", "label")
