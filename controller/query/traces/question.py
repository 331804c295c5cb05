"""A question about traces: what is selected, in which order, and which page of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from controller.query.traces.conditions import And, Condition, Node, Not, Operator, Or, Scalar, Value
from controller.query.traces.fields import FIELDS, Field, Group
from controller.query.traces.selection import Selected
from loadcell.instants import Instant


@dataclass(frozen=True, slots=True)
class Position:
    """The last trace of a page: the value it was sorted by, as the store compares it, its start and trace_id."""

    value: int | float | str | None
    ts: int  # microseconds since 1970
    trace_id: str


@dataclass(frozen=True, slots=True)
class Question:
    """What the store is asked for.

    Traces are sorted by `sort`, ties by `ts` and then by `trace_id`, all in the same direction. Traces without a
    value to sort by come last in both directions, among themselves by `ts` and `trace_id`. A page has `limit`
    traces (1 to 1,000) and begins behind `after`. No `filter` selects all traces; no `fields` means all of them.
    `now` is when the first page was asked for, in microseconds since 1970: relative times count from it on every
    page.
    """

    now: int
    filter: Node | None
    sort: Field
    descending: bool
    limit: int
    fields: tuple[Selected, ...] = ()
    include: tuple[str, ...] = ()
    after: Position | None = None

    def groups(self) -> frozenset[Group]:
        """The parts of the store that filter, order and answer need."""
        asked = {condition.field for condition in conditions(self.filter)}
        answered = {selected.field for selected in self.fields} or set(FIELDS.values())
        searched = any(condition.operator is Operator.SEARCH for condition in conditions(self.filter))
        groups = {field.group for field in asked | answered | {self.sort}}
        return frozenset(groups | {Group.TEXTS} if searched else groups)

    def list_form(self) -> str:
        """Text that is equal for questions about the same list in the same order: what a cursor is bound to.

        A relative time stands in it as such, so that it is the same a moment later.
        """
        direction = "desc" if self.descending else "asc"
        return _text(["traces", _normal(self.filter), self.sort.name, direction])

    def normal_form(self) -> str:
        """Text that is equal only for questions with the same answer, up to the traces that came in between.

        The key of a cached answer is made of this and of what the caller may see.
        """
        fields = [[selected.field.name, selected.key] for selected in self.fields]
        after = self.after and [self.now, self.after.value, self.after.ts, self.after.trace_id]
        return _text([self.list_form(), self.limit, fields, self.include, after])


def conditions(node: Node | None) -> Iterator[Condition]:
    """Yield the conditions of a tree from left to right."""
    match node:
        case Condition():
            yield node
        case Not(child):
            yield from conditions(child)
        case And(children) | Or(children):
            for child in children:
                yield from conditions(child)


def _normal(node: Node | None) -> object:
    """Return a tree as plain lists, in which the order of parts that may be swapped is fixed."""
    match node:
        case None:
            return None
        case Condition(field, operator, value, key):
            return [field.name, key, operator.value, _plain(value)]
        case Not(child):
            return ["not", _normal(child)]
        case And(children) | Or(children):
            parts = {_text(part): part for part in map(_normal, children)}
            return ["and" if isinstance(node, And) else "or", *(parts[text] for text in sorted(parts))]


def _plain(value: Value) -> object:
    if isinstance(value, tuple):
        parts = {_text(part): part for part in map(_plain_scalar, value)}
        return [parts[text] for text in sorted(parts)]
    return value if value is None else _plain_scalar(value)


def _plain_scalar(value: Scalar) -> object:
    if not isinstance(value, Instant):
        return value
    return value.micros if value.offset_micros is None else {"now": value.offset_micros}


def _text(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))
