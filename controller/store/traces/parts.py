"""What can be asked of each field of a trace, in SQL on the table that holds it; true or false, never unknown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias, cast

from sqlalchemy import ColumnElement, Connection, Table, and_, exists, false, not_, or_, select, true

from controller.query.traces.conditions import Condition, Operator, Scalar
from controller.query.traces.fields import Field, Group, Kind
from controller.store.among import one_of
from controller.store.full_text import Side, searched
from controller.store.schema import benchmark_runs, leases, trace_errors, traces
from controller.store.schema_queries import context_tags, contexts
from controller.store.schema_texts import trace_texts
from controller.store.traces.columns import HAS_RATE, RATE, STATUSES, WHOLE, Whole
from controller.store.traces.comparisons import compare_number, compare_text, has_number, has_text
from controller.store.traces.keys import KEY, with_span_ids, with_trace_ids
from controller.store.traces.objects import runs_with
from loadcell.instants import Instant

Compare: TypeAlias = Callable[[Operator, tuple[Scalar, ...]], ColumnElement[bool]]

_NO_TAGS = "[]"
_NAMES = {"error_message": "message"}  # of columns that have another
_TABLES = {
    Group.CONTEXT: contexts,
    Group.RUN: benchmark_runs,
    Group.LEASE: leases,
    Group.ERROR: trace_errors,
    Group.TEXTS: trace_texts,
    Group.TRACE: traces,
}


@dataclass(frozen=True, slots=True)
class Part:
    """A field: whether it has a value, and how the value compares (with several values for IN alone)."""

    present: ColumnElement[bool]
    compare: Compare


def condition(connection: Connection, asked: Condition) -> ColumnElement[bool]:
    """Return a condition whose operator is no opposite, on the table of its field; of errors, texts, on traces."""
    if asked.field.kind is Kind.OBJECT:
        return one_of(connection, benchmark_runs.c.run_key, runs_with(connection, asked))
    if asked.operator is Operator.SEARCH:
        return searched(connection, side(asked), str(asked.value))
    part = _part(connection, asked.field)
    if asked.value is None:
        return not_(part.present)
    return part.compare(asked.operator, asked.value if isinstance(asked.value, tuple) else (asked.value,))


def _part(connection: Connection, field: Field) -> Part:
    if field.name in WHOLE:
        return _number(WHOLE[field.name])
    if field.name in _SPECIAL:
        return _SPECIAL[field.name](connection)
    table, dialect = _TABLES[field.group], connection.dialect.name
    column = table.c[_NAMES.get(field.name, field.name)]
    text = Part(has_text(column), lambda operator, values: compare_text(column, operator, values, dialect))
    return _of_request(table, text) if field.group in (Group.ERROR, Group.TEXTS) else text


def _number(whole: Whole) -> Part:
    def compare(operator: Operator, values: tuple[Scalar, ...]) -> ColumnElement[bool]:
        numbers = [one.micros if isinstance(one, Instant) else cast("int | float", one) for one in values]
        return compare_number(whole, operator, tuple(numbers))

    return Part(has_number(whole), compare)


def _rate(_: Connection) -> Part:
    def compare(operator: Operator, values: tuple[Scalar, ...]) -> ColumnElement[bool]:
        rate, numbers = RATE, [float(cast("float", value)) for value in values]
        comparisons: dict[Operator, ColumnElement[bool]] = {
            Operator.EQ: rate == numbers[0],
            Operator.IN: rate.in_(numbers),
            Operator.GT: rate > numbers[0],
            Operator.GTE: rate >= numbers[0],
            Operator.LT: rate < numbers[0],
            Operator.LTE: rate <= numbers[0],
        }
        return and_(HAS_RATE, comparisons[operator])

    return Part(HAS_RATE, compare)


def _status(_: Connection) -> Part:
    return Part(true(), lambda _, values: or_(*(STATUSES[str(word)] for word in values)))


def _warmup(_: Connection) -> Part:
    return Part(true(), lambda _, values: traces.c.warmup == int(bool(values[0])))


def _tags(_: Connection) -> Part:
    def compare(_: Operator, values: tuple[Scalar, ...]) -> ColumnElement[bool]:
        tagged = select(context_tags.c.context_key).where(context_tags.c.tag.in_([str(tag) for tag in values]))
        return contexts.c.context_key.in_(tagged)

    return Part(contexts.c.tags != _NO_TAGS, compare)


def _trace_id(connection: Connection) -> Part:
    return Part(true(), lambda _, values: with_trace_ids(connection, [str(value) for value in values]))


def _span_id(connection: Connection) -> Part:
    return Part(true(), lambda _, values: with_span_ids(connection, [str(value) for value in values]))


def _parent(_: Connection) -> Part:
    """A request has no parent."""
    return Part(false(), lambda _operator, _values: false())


def _of_request(table: Table, part: Part) -> Part:
    """Return what is asked of a row that some requests have beside their own as asked of the request."""
    same = [table.c[column.name] == column for column in KEY]

    def on_traces(on_table: ColumnElement[bool]) -> ColumnElement[bool]:
        return exists().where(*same, on_table)

    return Part(on_traces(part.present), lambda operator, values: on_traces(part.compare(operator, values)))


def side(asked: Condition) -> Side:
    """Return what a SEARCH is for: prompts, completions or both."""
    return _SIDES.get(asked.field.name, "io")


_SIDES: dict[str, Side] = {"input_text": "i", "output_text": "o"}


_SPECIAL: dict[str, Callable[[Connection], Part]] = {
    "status_code": _status,
    "tokens_per_second": _rate,
    "warmup": _warmup,
    "tags": _tags,
    "trace_id": _trace_id,
    "span_id": _span_id,
    "parent_span_id": _parent,
}
