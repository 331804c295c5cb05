"""The tables of runs that keep a sample of their requests: what each batch adds up to in place of these."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, Table

from controller.store.schema import Key, metadata
from controller.store.schema_queries import rollups


def _batch_key() -> list[Column[int]]:
    return [
        Column("run_key", Key, primary_key=True, autoincrement=False),
        Column("lease_key", Key, primary_key=True, autoincrement=False),
        Column("batch_number", BigInteger, primary_key=True),
    ]


# The measured requests of a batch that ended OK or with an ERROR. The others, and a sample of these, are traces.
batch_sums = Table(
    "batch_sums",
    metadata,
    *_batch_key(),
    Column("kept_count", Integer, nullable=False),  # rows of traces, warm-up included
    Column("first_ordinal", BigInteger, nullable=False),  # -1 without any
    Column("last_ordinal", BigInteger, nullable=False),
    Column("ordinals", LargeBinary, nullable=False),  # see loadcell.stats.ordinals
    Column("sums", LargeBinary, nullable=False),  # SampleSums, compressed by zlib
)

# What a batch has added to the rollups of minutes, so that it can be taken out again.
batch_rollups = Table(
    "batch_rollups",
    metadata,
    *_batch_key(),
    Column("bucket", BigInteger, primary_key=True),
    *(Column(column.name, column.type, nullable=False) for column in rollups.c if column.name != "bucket"),
)
Index("idx_batch_rollups_bucket", batch_rollups.c.bucket, batch_rollups.c.context_key)
