"""The table of what runs were told by their servers."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Integer, LargeBinary, Table

from controller.store.schema import Key, Text, metadata

run_validation_steps = Table(
    "run_validation_steps",
    metadata,
    # By the database itself: controllers of an older release delete runs as well.
    Column("run_key", Key, ForeignKey("benchmark_runs.run_key", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True),  # from 0
    Column("step", Text, nullable=False),  # init, before, after, validate, complete
    Column("status", Text, nullable=False),  # running, warning, completed, failed
    Column("message", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("figures", LargeBinary),  # ScrapeResult, of before and after
)
