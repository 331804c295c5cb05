"""The order of traces as stretches that follow one another, each in the order of columns of `traces`.

Sorted by what many requests share, a stretch has the requests of one value in the order of time; so the page is at
one end of an index range and nothing is sorted. What has no value to sort by is a stretch of its own, the last.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Connection, exists, literal, not_, select, tuple_

from controller.query.traces.fields import Kind
from controller.query.traces.question import Question
from controller.store.among import each_of, one_of
from controller.store.schema import traces
from controller.store.schema_queries import contexts
from controller.store.traces.columns import SPAN_LEASE, STATUSES, WHOLE
from controller.store.traces.comparisons import has_number
from controller.store.traces.keys import SPAN_LEASES, TRACE_ORDER, in_trace_order
from controller.store.traces.narrowing import Narrowed
from controller.trace_ids import request_key

BY_TIME: tuple[ColumnElement[Any], ...] = (traces.c.ts, *TRACE_ORDER)
BY_SPAN = (SPAN_LEASE, traces.c.warmup, traces.c.ordinal, *BY_TIME)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Requests that follow one another, in the order of `columns`.

    Those of `rows` that come behind `after`. `value` is what all of them have in the field the list is sorted by,
    if that is not among the columns.
    """

    rows: Narrowed
    columns: tuple[ColumnElement[Any], ...] = BY_TIME
    after: tuple[int, ...] | None = None
    value: str | None = None

    @property
    def by_time(self) -> bool:
        """Whether it goes by time, so that an index can serve it."""
        return self.columns is BY_TIME

    def behind(self, *, descending: bool) -> list[ColumnElement[bool]]:
        """Return the conditions for rows to come behind `after`."""
        if self.after is None:
            return []
        columns, end = tuple_(*self.columns), tuple_(*(literal(number, BigInteger) for number in self.after))
        first, bound = self.columns[0], literal(self.after[0], BigInteger)
        # The first column alone bounds the range of an index.
        return [first <= bound, columns < end] if descending else [first >= bound, columns > end]


def stretches(connection: Connection, question: Question, rows: Narrowed) -> Iterator[Stretch]:
    """Yield the stretches of a list from where its page begins."""
    after = question.after
    key = None if after is None else request_key(after.trace_id)
    place = None if after is None or key is None else (after.ts, *in_trace_order(key))
    match question.sort.kind:
        case Kind.TRACE_ID:
            yield Stretch(rows, tuple(TRACE_ORDER), place and place[1:])
        case Kind.SPAN_ID:
            end = key and place and (key.lease_key & SPAN_LEASES, key.warmup, key.ordinal, *place)
            yield Stretch(rows, BY_SPAN, end)
        case Kind.TIME:
            yield Stretch(rows, BY_TIME, place)
        case Kind.NUMBER:
            yield from _by_number(question, rows, place)
        case Kind.STATUS:
            yield from _by_word(question, [_of_status(rows, word) for word in STATUSES], place)
        case _:
            yield from _by_word(question, _by_context(connection, question, rows), place)


def _by_number(question: Question, rows: Narrowed, place: tuple[int, ...] | None) -> Iterator[Stretch]:
    whole, after = WHOLE[question.sort.name], question.after
    if after is None or after.value is not None:
        end = None if place is None or after is None else (int(after.value or 0), *place)
        yield Stretch(_with(rows, has_number(whole)), (whole.column, *BY_TIME), end)
        place = None
    yield Stretch(_with(rows, not_(has_number(whole))), BY_TIME, place)


def _by_word(
    question: Question, words: list[tuple[str, Narrowed]], place: tuple[int, ...] | None
) -> Iterator[Stretch]:
    end = None if question.after is None else str(question.after.value)
    for word, rows in sorted(words, key=lambda pair: pair[0], reverse=question.descending):
        if end is None or word == end:
            yield Stretch(rows, BY_TIME, place if word == end else None, word)
        elif (word < end) is question.descending:
            yield Stretch(rows, BY_TIME, None, word)


def _by_context(connection: Connection, question: Question, rows: Narrowed) -> list[tuple[str, Narrowed]]:
    """Return the rows of each value of a field of contexts, of contexts that have some."""
    query = select(contexts.c.context_key, contexts.c[question.sort.name])
    if rows.contexts is not None:
        query = query.where(one_of(connection, contexts.c.context_key, rows.contexts))
    words: dict[int, str] = {row[0]: row[1] for row in connection.execute(query)}
    each = each_of(connection, words)
    some = exists().where(traces.c.context_key == each.c.value, *rows.where())
    keys: dict[str, list[int]] = {}
    for key in connection.execute(select(each.c.value).where(some)).scalars():
        keys.setdefault(words[key], []).append(key)
    return [(word, replace(rows, contexts=tuple(found))) for word, found in keys.items()]


def _of_status(rows: Narrowed, word: str) -> tuple[str, Narrowed]:
    return word, rows.ended(word)


def _with(rows: Narrowed, condition: ColumnElement[bool]) -> Narrowed:
    return replace(rows, conditions=(*rows.conditions, condition))
