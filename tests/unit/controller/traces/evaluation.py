"""What a question about traces means, in Python over plain dictionaries: the judge of what the store compiles.

A trace is a dictionary by the names of the fields; times are microseconds since 1970, a field without a value is
None or left out, tags are a list.
"""

from __future__ import annotations

import operator as operators
import string
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from controller.query.traces.conditions import And, Condition, Node, Not, Operator, Or
from controller.query.traces.fields import Kind
from controller.query.traces.patterns import matches
from controller.query.traces.question import Position, Question
from controller.query.traces.words import words
from loadcell.instants import Instant

Trace = Mapping[str, Any]

_OPPOSITES = {
    Operator.NE: Operator.EQ,
    Operator.NOT_IN: Operator.IN,
    Operator.NOT_CONTAINS: Operator.CONTAINS,
}
_ORDER = {
    Operator.EQ: operators.eq,
    Operator.IN: operators.eq,
    Operator.GT: operators.gt,
    Operator.GTE: operators.ge,
    Operator.LT: operators.lt,
    Operator.LTE: operators.le,
}
_PARTS = {
    Operator.CONTAINS: operators.contains,
    Operator.STARTS_WITH: str.startswith,
    Operator.ENDS_WITH: str.endswith,
}
_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


def holds(node: Node | None, trace: Trace) -> bool:
    """Tell whether a trace is selected."""
    match node:
        case And(children):
            return all(holds(child, trace) for child in children)
        case Or(children):
            return any(holds(child, trace) for child in children)
        case Not(child):
            return not holds(child, trace)
        case Condition():
            return _true(node, trace)
        case None:
            return True


def _true(condition: Condition, trace: Trace) -> bool:
    field, operator, value = condition.field, condition.operator, condition.value
    if operator in _OPPOSITES:
        return not _true(replace(condition, operator=_OPPOSITES[operator]), trace)
    if operator is Operator.SEARCH:
        return _searched(str(value), _texts(field.name, trace))
    found = trace.get(field.name)
    if condition.key is not None:
        found = (found or {}).get(condition.key)
    if found is None or found == []:
        return operator is Operator.EQ and value is None
    if value is None:
        return False
    wanted = [
        one.micros if isinstance(one, Instant) else one for one in (value if isinstance(value, tuple) else [value])
    ]
    if field.kind is Kind.TAGS:
        return any(one in found for one in wanted)
    return any(_compare(operator, found, one) for one in wanted)


def _compare(operator: Operator, found: Any, wanted: Any) -> bool:
    if isinstance(found, str) != isinstance(wanted, str) or isinstance(found, bool) != isinstance(wanted, bool):
        return False
    if operator is Operator.REGEX:
        return matches(wanted, found)
    if operator in _PARTS:
        return _PARTS[operator](found.translate(_LOWER), wanted.translate(_LOWER))
    return bool(_ORDER[operator](found, wanted))


def _texts(name: str, trace: Trace) -> str:
    names = [name] if name in {"input_text", "output_text"} else ["input_text", "output_text"]
    return " ".join(trace.get(one) or "" for one in names)


def _searched(asked: str, text: str) -> bool:
    return set(words(asked)) <= set(words(text))


def page(traces: list[Trace], question: Question) -> list[Trace]:
    """Return the traces of a page, in order."""

    selected = [trace for trace in traces if holds(question.filter, trace)]
    name = question.sort.name
    valued = [trace for trace in selected if trace.get(name) is not None]
    empty = [trace for trace in selected if trace.get(name) is None]

    def place(trace: Trace) -> tuple[Any, ...]:
        return (trace["ts"], trace["trace_id"])

    valued.sort(key=lambda trace: (trace[name], *place(trace)), reverse=question.descending)
    empty.sort(key=place, reverse=question.descending)
    after = question.after
    if after is not None:

        def beyond(one: tuple[Any, ...], other: tuple[Any, ...]) -> bool:
            return one < other if question.descending else one > other

        end = (after.ts, after.trace_id)
        if after.value is None:
            valued = []
            empty = [trace for trace in empty if beyond(place(trace), end)]
        else:
            valued = [trace for trace in valued if beyond((trace[name], *place(trace)), (after.value, *end))]
    return [*valued, *empty][: question.limit]


def position(trace: Trace, question: Question) -> Position:
    """Return the position of a trace in the order of a question."""
    return Position(trace.get(question.sort.name), trace["ts"], trace["trace_id"])
