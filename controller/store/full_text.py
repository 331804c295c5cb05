"""Which texts have a word: kept with the texts, and asked by conditions.

A term is a word with `i` before it if the prompt has it, with `o` if the completion has it. So one index answers
for either and for both taken together, on both engines alike, and what a word is they are not asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from sqlalchemy import ColumnElement, Connection, cast, column, delete, func, literal, select, table, text, tuple_
from sqlalchemy.dialects.postgresql import TSQUERY

from controller.query.traces.words import words as words_of
from controller.store.schema import traces
from controller.store.schema_texts import numbers, words
from controller.trace_ids import RequestKey

Side = Literal["i", "o", "io"]
"""What is searched: prompts, completions, or both of a request taken together."""

Text = tuple[int, int, int, int, int, str, str]
"""Key of a request in the order of its columns, prompt and completion."""

KEY_NAMES = RequestKey._fields
_KEY = [traces.c[name] for name in KEY_NAMES]
_index = table("trace_words", column("rowid"), column("trace_words"))  # of SQLite
# SQLite: so many requests are looked up by their keys; of more there is one in every stretch of time.
FEW = 10_000


def add_words(connection: Connection, texts: Sequence[Text]) -> None:
    """Put texts that were just stored into the index."""
    if not texts:
        return
    terms = [_terms(prompt, completion) for *_, prompt, completion in texts]
    if connection.dialect.name == "sqlite":
        last = text("SELECT seq FROM sqlite_sequence WHERE name = 'trace_word_texts'")
        first = (connection.execute(last).scalar_one_or_none() or 0) + 1
        connection.exec_driver_sql(
            "INSERT INTO trace_word_texts VALUES (?, ?, ?, ?, ?, ?)",
            [(number, *one[:5]) for number, one in enumerate(texts, first)],
        )
        connection.exec_driver_sql(
            "INSERT INTO trace_words (rowid, terms) VALUES (?, ?)", list(enumerate(terms, first))
        )
        return
    columns = zip(*(one[:5] for one in texts), strict=True)
    connection.execute(
        text(
            "INSERT INTO trace_words SELECT a, b, c, d, e, f::tsvector FROM unnest(CAST(:run_key AS bigint[]),"
            " CAST(:level AS integer[]), CAST(:warmup AS integer[]), CAST(:ordinal AS bigint[]),"
            " CAST(:lease_key AS bigint[]), CAST(:terms AS text[])) AS t (a, b, c, d, e, f)"
        ),
        {name: list(column) for name, column in zip(KEY_NAMES, columns, strict=True)} | {"terms": terms},
    )


def remove_words(connection: Connection, texts: Sequence[Text]) -> None:
    """Take texts that are about to be deleted, at least one and at most 200, out of the index."""
    keys = [one[:5] for one in texts]
    if connection.dialect.name != "sqlite":
        connection.execute(delete(words).where(tuple_(*(words.c[name] for name in KEY_NAMES)).in_(keys)))
        return
    of_request = [numbers.c[name] for name in KEY_NAMES]
    found = connection.execute(select(numbers.c.text_key, *of_request).where(tuple_(*of_request).in_(keys)))
    number_of = {tuple(key): number for number, *key in found}
    if not number_of:
        return
    # FTS5 keeps no text, so it must be told again which terms it has of each.
    connection.exec_driver_sql(
        "INSERT INTO trace_words (trace_words, rowid, terms) VALUES ('delete', ?, ?)",
        [(number_of[one[:5]], _terms(*one[5:])) for one in texts if one[:5] in number_of],
    )
    connection.execute(delete(numbers).where(numbers.c.text_key.in_(number_of.values())))


class Found(NamedTuple):
    """A condition on rows of `traces`, and whether it is best to begin with the requests it holds for."""

    condition: ColumnElement[bool]
    few: bool


def searched(connection: Connection, side: Side, asked: str) -> Found:
    """Return the requests that have all words of a text, which has at least one."""
    groups = [[letter + word for letter in side] for word in words_of(asked)]
    if connection.dialect.name != "sqlite":
        query = " & ".join("(" + " | ".join(f"'{term}'" for term in group) + ")" for group in groups)
        found = select(*(words.c[name] for name in KEY_NAMES))
        holds = tuple_(*_KEY).in_(found.where(words.c.terms.bool_op("@@")(cast(literal(query), TSQUERY))))
        return Found(holds, few=False)  # PostgreSQL keeps count of words
    query = " AND ".join("(" + " OR ".join(f'"{term}"' for term in group) + ")" for group in groups)
    matching = select(_index.c.rowid).where(_index.c.trace_words.op("MATCH")(query))
    count = connection.execute(select(func.count()).select_from(matching.limit(FEW + 1).subquery())).scalar_one()
    if count <= FEW:
        keys = select(*(numbers.c[name] for name in KEY_NAMES)).where(numbers.c.text_key.in_(matching))
        return Found(tuple_(*_KEY).in_(keys), few=True)
    mine = select(numbers.c.text_key).where(*(numbers.c[column.name] == column for column in _KEY))
    return Found(matching.where(_index.c.rowid == mine.correlate(traces).scalar_subquery()).exists(), few=False)


def _terms(prompt: str, completion: str) -> str:
    return " ".join([*("i" + word for word in words_of(prompt)), *("o" + word for word in words_of(completion))])
