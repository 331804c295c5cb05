"""The table of what runs are searched by."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Table

from controller.store.schema import Key, Text, metadata

run_search = Table(
    "run_search",
    metadata,
    # By the database itself: controllers of an older release delete runs as well.
    Column("run_key", Key, ForeignKey("benchmark_runs.run_key", ondelete="CASCADE"), primary_key=True),
    Column("text", Text, nullable=False),  # without case, see `run_search`
)
