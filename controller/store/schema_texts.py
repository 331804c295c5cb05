"""The tables of prompts and completions, which only runs that ask for it have, and of their words.

Words lie in an index of the engine: an FTS5 table in SQLite, tsvectors with a GIN index in PostgreSQL. FTS5 knows
texts by number, so SQLite has one more table. These come with the metadata and are not part of it: no comparison
can see them.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Column, Connection, Index, MetaData, Table, UniqueConstraint, event, text
from sqlalchemy.dialects.postgresql import TSVECTOR

from controller.store.schema import BY_RUN, Key, Text, metadata, request_key

trace_texts = Table(
    "trace_texts",
    metadata,
    *request_key(),
    Column("input_text", Text, nullable=False),
    Column("output_text", Text, nullable=False),
    postgresql_partition_by=BY_RUN,
)

# Terms are words with a letter before them, see `full_text`.
words = Table(
    "trace_words",
    MetaData(),
    *request_key(),
    Column("ts", BigInteger, nullable=False),  # of the request
    Column("terms", TSVECTOR, nullable=False),
    postgresql_partition_by=BY_RUN,
)
Index("idx_trace_words_ts", words.c.ts)
Index("idx_trace_words_terms", words.c.terms, postgresql_using="gin")

# No text is kept in the index, and no place of a word in it: it only tells which texts have a word.
FTS5 = (
    "CREATE VIRTUAL TABLE trace_words USING fts5(terms, content='', columnsize=0, detail='none', tokenize='ascii')"
)
numbers = Table(
    "trace_word_texts",
    MetaData(),
    Column("text_key", Key, primary_key=True),  # rowid in trace_words, see `full_text.START_BITS`
    *(Column(column.name, column.type, nullable=False) for column in request_key()),
    UniqueConstraint("run_key", "level", "warmup", "ordinal", "lease_key", name="uq_trace_word_texts_request"),
)


def _create_words(_: MetaData, connection: Connection, **__: Any) -> None:
    if connection.dialect.name == "sqlite":
        connection.execute(text(FTS5))
        numbers.create(connection)
    else:
        words.create(connection)


def _drop_words(_: MetaData, connection: Connection, **__: Any) -> None:
    connection.execute(text("DROP TABLE IF EXISTS trace_words"))
    connection.execute(text("DROP TABLE IF EXISTS trace_word_texts"))


event.listen(metadata, "after_create", _create_words)
event.listen(metadata, "before_drop", _drop_words)
