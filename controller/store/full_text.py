"""Which texts have a word: kept with the texts, and asked by conditions.

A term is a word with `i` before it if the prompt has it, with `o` if the completion has it. So one index answers
for either and for both taken together, on both engines alike, and what a word is they are not asked.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any, Literal

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Select,
    cast,
    column,
    delete,
    exists,
    func,
    literal,
    select,
    table,
    text,
    tuple_,
)
from sqlalchemy.dialects.postgresql import TSQUERY

from controller.query.traces.words import words as words_of
from controller.store.among import with_keys
from controller.store.schema import traces
from controller.store.schema_texts import numbers, words
from controller.trace_ids import RequestKey

Side = Literal["i", "o", "io"]
"""What is searched: prompts, completions, or both of a request taken together."""

Text = tuple[int, int, int, int, int, str, str]
"""Key of a request in the order of its columns, prompt and completion."""

KEY_NAMES = RequestKey._fields
_KEY = [traces.c[name] for name in KEY_NAMES]
# SQLite numbers texts in the order of the starts of their requests, microseconds since 1970, so that the last ones
# with a word are found first. So many bits tell those of one microsecond apart.
START_BITS = 11
INDEX = table("trace_words", column("rowid"), column("trace_words"))


def add_words(connection: Connection, started: Sequence[tuple[int, Text]]) -> None:
    """Put texts that were just stored into the index; before each stands when its request was started."""
    if connection.dialect.name == "sqlite":
        started = sorted(started)  # FTS5 takes the terms of a transaction fastest in the order of their numbers
        keys = _free_numbers(connection, [start for start, _ in started])
        connection.exec_driver_sql(
            "INSERT INTO trace_word_texts VALUES (?, ?, ?, ?, ?, ?)",
            [(key, *one[:5]) for key, (_, one) in zip(keys, started, strict=True)],
        )
        connection.exec_driver_sql(
            "INSERT INTO trace_words (rowid, terms) VALUES (?, ?)",
            [(key, _terms(*one[5:])) for key, (_, one) in zip(keys, started, strict=True)],
        )
        return
    texts = [one for _, one in started]
    columns = zip(*(one[:5] for one in texts), strict=True)
    connection.execute(
        text(
            "INSERT INTO trace_words SELECT a, b, c, d, e, f, g::tsvector FROM unnest(CAST(:run_key AS bigint[]),"
            " CAST(:level AS integer[]), CAST(:warmup AS integer[]), CAST(:ordinal AS bigint[]),"
            " CAST(:lease_key AS bigint[]), CAST(:ts AS bigint[]), CAST(:terms AS text[]))"
            " AS t (a, b, c, d, e, f, g)"
        ),
        {name: list(column) for name, column in zip(KEY_NAMES, columns, strict=True)}
        | {"ts": [start for start, _ in started], "terms": [_terms(*one[5:]) for one in texts]},
    )


def _free_numbers(connection: Connection, starts: Sequence[int]) -> list[int]:
    """Return numbers for new texts, in the order of their starts."""
    first = {start: start << START_BITS for start in starts}
    each = func.json_each(json.dumps(list(first.values()))).table_valued("value")
    taken = select(numbers.c.text_key).where(numbers.c.text_key.in_(select(cast(each.c.value, Integer))))
    for key in connection.execute(taken).scalars():  # hardly ever: another text of the same microsecond
        start = key >> START_BITS
        last = select(func.max(numbers.c.text_key)).where(numbers.c.text_key < start + 1 << START_BITS)
        first[start] = connection.execute(last).scalar_one() + 1
    found = []
    for start in starts:
        found.append(first[start])
        first[start] += 1
    return found


def remove_words(connection: Connection, texts: Sequence[Text]) -> None:
    """Take texts that are about to be deleted, at least one and at most 200, out of the index."""
    keys = [RequestKey(*one[:5]) for one in texts]
    if connection.dialect.name != "sqlite":
        of_request = [words.c[name] for name in KEY_NAMES]
        connection.execute(delete(words).where(with_keys(connection, of_request, keys)))
        return
    of_request = [numbers.c[name] for name in KEY_NAMES]
    query = select(numbers.c.text_key, *of_request).where(with_keys(connection, of_request, keys))
    found = connection.execute(query)
    number_of = {tuple(key): number for number, *key in found}
    if not number_of:
        return
    # FTS5 keeps no text, so it must be told again which terms it has of each.
    connection.exec_driver_sql(
        "INSERT INTO trace_words (trace_words, rowid, terms) VALUES ('delete', ?, ?)",
        [(number_of[one[:5]], _terms(*one[5:])) for one in texts if one[:5] in number_of],
    )
    connection.execute(delete(numbers).where(numbers.c.text_key.in_(number_of.values())))


def searched(connection: Connection, side: Side, asked: str) -> ColumnElement[bool]:
    """Return a condition on rows of `traces`: that the request has all words of a text, which has at least one."""
    query = expression(connection, side, asked)
    if connection.dialect.name == "sqlite":
        return of_numbers(matching(query))
    return tuple_(*_KEY).in_(select(*(words.c[name] for name in KEY_NAMES)).where(holds(query)))


def expression(connection: Connection, side: Side, asked: str) -> str:
    """Return what the index is asked for the words of a text: an expression of FTS5, or a tsquery."""
    quote, either = ('"', " OR ") if connection.dialect.name == "sqlite" else ("'", " | ")
    groups = ([f"{quote}{letter}{word}{quote}" for letter in side] for word in words_of(asked))
    return all_of(connection, [_joined(either, group) for group in groups])


def all_of(connection: Connection, expressions: Iterable[str]) -> str:
    """Return the expression that holds where all of several do; at least one."""
    return _joined(" AND " if connection.dialect.name == "sqlite" else " & ", expressions)


def any_of(connection: Connection, expressions: Iterable[str]) -> str:
    """Return the expression that holds where one of several does; at least one."""
    return _joined(" OR " if connection.dialect.name == "sqlite" else " | ", expressions)


def but_not(connection: Connection, expression: str, other: str) -> str:
    """Return the expression that holds where one does and another does not."""
    return _joined(" NOT " if connection.dialect.name == "sqlite" else " & !", [expression, other])


def holds(query: str) -> ColumnElement[bool]:
    """Return a condition on rows of `trace_words` of PostgreSQL: that they match a tsquery."""
    return words.c.terms.bool_op("@@")(cast(literal(query), TSQUERY))


def matching(query: str) -> Select[Any]:
    """Return the query for the numbers of the texts that match an expression of FTS5, as `INDEX` has them."""
    return select(INDEX.c.rowid).where(INDEX.c.trace_words.op("MATCH")(query))


def of_numbers(texts: Select[Any]) -> ColumnElement[bool]:
    """Return the condition on rows of `traces` that the text of a request has one of some numbers."""
    keys = select(*(numbers.c[name] for name in KEY_NAMES)).where(numbers.c.text_key.in_(texts))
    return tuple_(*_KEY).in_(keys)


def has_words(connection: Connection, query: str) -> ColumnElement[bool]:
    """Return the condition on a row of `traces` that its text matches an expression; looked up for each row."""
    texts, found = words, holds(query)
    if connection.dialect.name == "sqlite":
        texts = numbers
        found = matching(query).where(INDEX.c.rowid == texts.c.text_key).correlate(texts).exists()
    return exists().where(*(texts.c[column.name] == column for column in _KEY), found).correlate(traces)


def _joined(operator: str, expressions: Iterable[str]) -> str:
    return "(" + operator.join(expressions) + ")"


def _terms(prompt: str, completion: str) -> str:
    return " ".join([*("i" + word for word in words_of(prompt)), *("o" + word for word in words_of(completion))])
