"""Prompts and completions of requests whose run keeps them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Select, delete, select

from controller.store.among import given_requests, with_given_requests, with_keys
from controller.store.bulk import insert_rows
from controller.store.chunks import chunks
from controller.store.full_text import KEY_NAMES, Text, add_words, remove_words
from controller.store.raw_rows import raw_rows
from controller.store.schema_texts import trace_texts
from controller.trace_ids import RequestKey

_KEY = [trace_texts.c[name] for name in KEY_NAMES]
KEYS_AT_ONCE = 200  # below the number of parameters SQLite takes


def insert_texts(connection: Connection, started: Sequence[tuple[int, Text]]) -> None:
    """Store texts with their words; before each stands when its request was started, microseconds since 1970."""
    if not started:
        return
    texts = [one for _, one in started]
    insert_rows(connection, trace_texts, texts)
    add_words(connection, started)


def read_texts(connection: Connection, keys: Iterable[RequestKey]) -> dict[RequestKey, tuple[str, str]]:
    """Return prompt and completion of those of some requests that have them, "" for the one that is missing."""
    dialect = connection.dialect.name
    return {
        RequestKey(*row[:5]): (row[5], row[6])
        for some in chunks(keys)
        for row in raw_rows(connection, _texts(dialect), given_requests(dialect, some))
    }


@lru_cache
def _texts(dialect: str) -> Select[Any]:
    return select(*_KEY, trace_texts.c.input_text, trace_texts.c.output_text).where(
        with_given_requests(dialect, _KEY)
    )


def delete_some_texts(connection: Connection, first: int, end: int) -> bool:
    """Delete a bounded part of the texts of runs with keys from `first` to below `end`, and their words.

    Returns:
        Whether there may be more.
    """
    of_runs = select(trace_texts).where(trace_texts.c.run_key >= first, trace_texts.c.run_key < end)
    texts = [tuple(row) for row in connection.execute(of_runs.order_by(*_KEY).limit(KEYS_AT_ONCE))]
    if texts:
        remove_words(connection, texts)
        keys = [RequestKey(*one[:5]) for one in texts]
        connection.execute(delete(trace_texts).where(with_keys(connection, _KEY, keys)))
    return len(texts) == KEYS_AT_ONCE
