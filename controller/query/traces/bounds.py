"""The range of time that a filter can match: what the store need not look beyond, and how old an answer is."""

from __future__ import annotations

from typing import NamedTuple

from controller.query.traces.conditions import And, Condition, Node, Not, Operator, Or
from loadcell.instants import Instant


class Bounds(NamedTuple):
    """First and last start of a request, microseconds since 1970; the first above the last: there is none."""

    first: int
    last: int


ALWAYS = Bounds(-(2**63), 2**63 - 1)


def time_bounds(node: Node | None) -> Bounds:
    """Return bounds of `ts` of all traces that a filter matches; not always the closest ones."""
    match node:
        case Condition(field, operator, value) if field.name == "ts":
            times = [
                one.micros for one in (value if isinstance(value, tuple) else [value]) if isinstance(one, Instant)
            ]
            return _of_condition(operator, times) if times else ALWAYS
        case And(children):
            bounds = [time_bounds(child) for child in children]
            return Bounds(max(one.first for one in bounds), min(one.last for one in bounds))
        case Or(children):
            bounds = [time_bounds(child) for child in children]
            return Bounds(min(one.first for one in bounds), max(one.last for one in bounds))
        case Condition() | Not() | None:
            return ALWAYS


def _of_condition(operator: Operator, times: list[int]) -> Bounds:
    match operator:
        case Operator.EQ | Operator.IN:
            return Bounds(min(times), max(times))
        case Operator.GT:
            return Bounds(times[0] + 1, ALWAYS.last)
        case Operator.GTE:
            return Bounds(times[0], ALWAYS.last)
        case Operator.LT:
            return Bounds(ALWAYS.first, times[0] - 1)
        case Operator.LTE:
            return Bounds(ALWAYS.first, times[0])
        case _:
            return ALWAYS
