"""The table of what models have said about results."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Table

from controller.store.schema import Key, Text, metadata

run_analyses = Table(
    "run_analyses",
    metadata,
    # By the database itself: controllers of an older release delete runs as well.
    Column("run_key", Key, ForeignKey("benchmark_runs.run_key", ondelete="CASCADE"), primary_key=True),
    Column("mode", Text, primary_key=True),  # who made it: llm; what rules say is never stored
    Column("language", Text, primary_key=True),
    Column("model", Text, nullable=False),
    Column("content", Text, nullable=False),  # Markdown
    Column("created_at", BigInteger, nullable=False),
)
