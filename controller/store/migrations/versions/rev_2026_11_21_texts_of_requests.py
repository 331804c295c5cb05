"""Prompts and completions of runs that keep them, and the index of their words."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TSVECTOR

revision = "0007"
down_revision = "0006"

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add the tables; in PostgreSQL they get their partitions at opening."""
    postgresql = op.get_bind().dialect.name == "postgresql"
    op.create_table(
        "trace_texts",
        *_request(),
        sa.Column("input_text", sa.Text(), nullable=False),
        sa.Column("output_text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("run_key", "level", "warmup", "ordinal", "lease_key"),
        postgresql_partition_by="RANGE (run_key)",
    )
    if postgresql:
        op.create_table(
            "trace_words",
            *_request(),
            sa.Column("ts", sa.BigInteger(), nullable=False),
            sa.Column("terms", TSVECTOR(), nullable=False),
            sa.PrimaryKeyConstraint("run_key", "level", "warmup", "ordinal", "lease_key"),
            postgresql_partition_by="RANGE (run_key)",
        )
        op.create_index("idx_trace_words_ts", "trace_words", ["ts"])
        op.create_index("idx_trace_words_terms", "trace_words", ["terms"], postgresql_using="gin")
        return
    op.execute(
        "CREATE VIRTUAL TABLE trace_words"
        " USING fts5(terms, content='', columnsize=0, detail='none', tokenize='ascii')"
    )
    op.create_table(
        "trace_word_texts",
        sa.Column("text_key", _KEY, nullable=False),
        *_request(),
        sa.PrimaryKeyConstraint("text_key"),
        sa.UniqueConstraint(
            "run_key", "level", "warmup", "ordinal", "lease_key", name="uq_trace_word_texts_request"
        ),
    )


def downgrade() -> None:
    """Forget the texts."""
    if op.get_bind().dialect.name == "sqlite":
        op.drop_table("trace_word_texts")
    op.execute("DROP TABLE trace_words")
    op.drop_table("trace_texts")


def _request() -> list[sa.Column[int]]:
    return [
        sa.Column("run_key", _KEY, nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("warmup", sa.Integer(), nullable=False),
        sa.Column("ordinal", sa.BigInteger(), nullable=False),
        sa.Column("lease_key", _KEY, nullable=False),
    ]
