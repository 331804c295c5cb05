"""Which projects may use an uploaded file: until now everybody who knew its SHA-256."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from loadcell.v1 import result_pb2

revision = "0020"
down_revision = "0019"

_PAGE = 500  # runs that are held at a time


def upgrade() -> None:
    """Create the table; each project has the files that its runs use."""
    table = op.create_table(
        "asset_projects",
        sa.Column("sha256", sa.Text, sa.ForeignKey("assets.sha256", ondelete="CASCADE"), primary_key=True),
        sa.Column("project_id", sa.Text, primary_key=True),
    )
    connection = op.get_bind()
    there: set[str] = set(
        connection.execute(sa.select(sa.column("sha256")).select_from(sa.table("assets"))).scalars()
    )
    runs = sa.table("benchmark_runs", sa.column("run_key"))
    config = sa.cast(sa.literal_column("config"), sa.LargeBinary)
    query = sa.select(runs.c.run_key, config.label("config")).order_by(runs.c.run_key).limit(_PAGE)
    last, found = 0, set()
    while rows := connection.execute(query.where(runs.c.run_key > last)).all():
        for row in rows:
            run = result_pb2.RunConfig.FromString(row.config)
            used = {run.tokenizer_asset, run.dataset_asset} & there
            found |= {(sha256, run.project_id or "default") for sha256 in used}
        last = rows[-1].run_key
    if found:
        values = [{"sha256": sha256, "project_id": project_id} for sha256, project_id in sorted(found)]
        connection.execute(table.insert(), values)


def downgrade() -> None:
    """Drop it."""
    op.drop_table("asset_projects")
