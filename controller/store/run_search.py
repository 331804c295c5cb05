"""Words by which runs are found.

What people know a run by stands in several columns, the labels among them in a message that no engine can read,
and the engines do not agree on upper and lower case. So all of it is kept as one text without case beside the run.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import ColumnElement, Connection, delete, func, insert, select

from controller.store.schema import benchmark_runs as runs
from controller.store.schema_search import run_search
from loadcell.v1 import result_pb2


def words_of(search: str) -> tuple[str, ...]:
    """Return the words of what is searched for, as they stand in the text of a run."""
    return tuple(dict.fromkeys(search.casefold().split()))


def has_words(connection: Connection, words: Sequence[str]) -> ColumnElement[bool]:
    """Whether the text of a run has all of some words, at least one, each anywhere in it."""
    place_of = func.instr if connection.dialect.name == "sqlite" else func.strpos
    found = select(run_search.c.run_key).where(*(place_of(run_search.c.text, word) > 0 for word in words))
    return runs.c.run_key.in_(found)


def keep_text(connection: Connection, run_key: int) -> None:
    """Make the text of a run anew from what is stored of it."""
    row = connection.execute(
        select(runs.c.run_id, runs.c.model, runs.c.server_url, runs.c.remark, runs.c.config).where(
            runs.c.run_key == run_key
        )
    ).one()
    labels = result_pb2.RunConfig.FromString(row.config).labels
    text = _text(
        [row.run_id, row.model, row.server_url, row.remark, *(f"{key}={value}" for key, value in labels.items())]
    )
    connection.execute(delete(run_search).where(run_search.c.run_key == run_key))
    connection.execute(insert(run_search).values(run_key=run_key, text=text))


def _text(parts: Collection[str]) -> str:
    return "\n".join(part.casefold() for part in parts)
