"""What rollups cost, apart from their sketches: SQLite reads whole rows of which it needs a part."""

from __future__ import annotations

from alembic import op

revision = "0021"
down_revision = "0020"

_COLUMNS = (
    "grain, bucket, context_key, ok_count, error_count, prompt_tokens, completion_tokens, prompt_cost,"
    " completion_cost, cost_max"
)


def upgrade() -> None:
    """Create the index. PostgreSQL keeps sketches apart from their rows by itself."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute(f"CREATE INDEX idx_rollups_costs ON rollups ({_COLUMNS})")


def downgrade() -> None:
    """Drop it."""
    if op.get_bind().dialect.name == "sqlite":
        op.drop_index("idx_rollups_costs", table_name="rollups")
