"""Conditions on one column of numbers or texts; always true or false, never unknown."""

from __future__ import annotations

import math
from decimal import Decimal

from sqlalchemy import ColumnElement, and_, collate, false, func, or_, true

from controller.query.traces.conditions import Operator, Scalar
from controller.query.traces.patterns import for_postgresql
from controller.store.traces.columns import Whole

_MOST = 2**63 - 1  # of a column
_ESCAPE = "/"
_ESCAPED = str.maketrans({character: _ESCAPE + character for character in (_ESCAPE, "%", "_")})
_ASCII_LOWER = str.maketrans({chr(code): chr(code + 32) for code in range(ord("A"), ord("Z") + 1)})
MATCHES = "loadcell_matches"  # function that SQLite is given: pattern, text


def ascii_lower(text: str) -> str:
    """Return a text with its ASCII letters in lower case."""
    return text.translate(_ASCII_LOWER)


def has_number(whole: Whole) -> ColumnElement[bool]:
    """Whether a number has a value."""
    return true() if whole.least is None else whole.column >= whole.least


def compare_number(whole: Whole, operator: Operator, values: tuple[int | float, ...]) -> ColumnElement[bool]:
    """Compare a number that is stored whole, exactly: 0.1 is what is written, not the float next to it."""
    if operator in (Operator.EQ, Operator.IN):
        exact = [Decimal(repr(value)) * whole.unit for value in values]
        stored = [int(number) for number in exact if number == int(number)]
        least = -_MOST if whole.least is None else whole.least
        fitting = [number for number in stored if least <= number <= _MOST]
        return (
            whole.column.in_(fitting)
            if len(fitting) > 1
            else or_(false(), *(whole.column == number for number in fitting))
        )
    bound = Decimal(repr(values[0])) * whole.unit
    if operator in (Operator.GT, Operator.GTE):
        low = math.floor(bound) + 1 if operator is Operator.GT else math.ceil(bound)
        low = max(low, -_MOST if whole.least is None else whole.least)
        return false() if low > _MOST else whole.column >= low
    high = math.ceil(bound) - 1 if operator is Operator.LT else math.floor(bound)
    if high < (-_MOST if whole.least is None else whole.least):
        return false()
    return and_(has_number(whole), whole.column <= min(high, _MOST))


def has_text(column: ColumnElement[str | None]) -> ColumnElement[bool]:
    """Whether a text has a value; nothing can be asked of an empty one, so it is none."""
    return and_(column.is_not(None), column != "")


def compare_text(
    column: ColumnElement[str | None], operator: Operator, value: tuple[Scalar, ...], dialect: str
) -> ColumnElement[bool]:
    """Compare a text; `value` has several texts for IN alone."""
    texts = [str(text) for text in value]
    if operator in (Operator.EQ, Operator.IN):
        return and_(column.is_not(None), column == texts[0] if len(texts) == 1 else column.in_(texts))
    if operator is Operator.REGEX:
        if dialect == "sqlite":
            return and_(has_text(column), getattr(func, MATCHES)(texts[0], column) == 1)
        return and_(has_text(column), collate(column, "C").op("~*", is_comparison=True)(for_postgresql(texts[0])))
    literal = ascii_lower(texts[0]).translate(_ESCAPED)
    pattern = {
        Operator.CONTAINS: f"%{literal}%",
        Operator.STARTS_WITH: f"{literal}%",
        Operator.ENDS_WITH: f"%{literal}",
    }[operator]
    # Under "C", as in SQLite, only ASCII letters have a lower case.
    lower = func.lower(column if dialect == "sqlite" else collate(column, "C"))
    return and_(column.is_not(None), lower.like(pattern, escape=_ESCAPE))
