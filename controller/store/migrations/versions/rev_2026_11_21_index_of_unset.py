"""An index of the few requests that ended neither well nor with an error, as there is one of errors."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

_UNSET = sa.text("status > 2")


def upgrade() -> None:
    """Create it."""
    op.create_index("idx_traces_unset", "traces", ["ts"], sqlite_where=_UNSET, postgresql_where=_UNSET)


def downgrade() -> None:
    """Drop it."""
    op.drop_index("idx_traces_unset", table_name="traces")
