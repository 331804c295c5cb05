"""One condition on one field: the operator must fit the field, and the value both."""

from __future__ import annotations

from typing import NamedTuple

from controller.query.traces.conditions import And, Condition, Node, Operator, Or
from controller.query.traces.fields import FIELDS, Field, Kind, find_path
from controller.query.traces.patterns import check_pattern
from controller.query.traces.values import read_flag, read_list, read_text, read_value
from loadcell.errors import LoadcellError
from loadcell.instants import Instant

_WORDS: dict[str, Operator] = {operator.value: operator for operator in Operator} | {
    "nin": Operator.NOT_IN,
    "startsWith": Operator.STARTS_WITH,
    "endsWith": Operator.ENDS_WITH,
}
EXISTS = "exists"
BETWEEN = "between"

_NULLABLE = {Operator.EQ, Operator.NE}
_LISTS = {Operator.IN, Operator.NOT_IN}
_EQUALITY = _NULLABLE | _LISTS
_ORDER = {Operator.GT, Operator.GTE, Operator.LT, Operator.LTE}
_PARTS = {Operator.CONTAINS, Operator.NOT_CONTAINS, Operator.STARTS_WITH, Operator.ENDS_WITH, Operator.REGEX}
FITTING: dict[Kind, set[Operator]] = {
    Kind.TRACE_ID: _EQUALITY,
    Kind.SPAN_ID: _EQUALITY,
    Kind.TEXT: _EQUALITY | _PARTS | {Operator.SEARCH},
    Kind.NUMBER: _EQUALITY | _ORDER,
    Kind.TIME: _EQUALITY | _ORDER,
    Kind.STATUS: _EQUALITY,
    Kind.FLAG: _NULLABLE,
    Kind.TAGS: _LISTS | {Operator.CONTAINS, Operator.NOT_CONTAINS},
    Kind.OBJECT: _EQUALITY | _ORDER | _PARTS,
}


class Place(NamedTuple):
    """Where in the request a condition stands: the parts that an error can name."""

    field: str
    operator: str
    value: str


def read_leaf(path: str, word: str, value: object, now: int, place: Place) -> Node:
    """Return the condition on the field `path` that an operator, by its name in requests, and a value make.

    `between` becomes two conditions, `exists` a comparison with null, and a status that is the number of an HTTP
    status a condition on `http_status`. `now` is the time of the question in microseconds since 1970.

    Raises:
        LoadcellError: UNKNOWN_FIELD, INVALID_FIELD_VALUE or INVALID_FIELD_FORMAT.
    """
    field, key = find_path(path, place.field)
    if key is not None:
        read_text(key, place.field)
    if not field.filterable:
        raise LoadcellError("INVALID_FIELD_VALUE", f"traces are not filtered by {field.name}", field=place.field)
    if word == EXISTS:
        return Condition(field, Operator.NE if read_flag(value, place.value) else Operator.EQ, None, key)
    if word == BETWEEN:
        _check_fits(word, Operator.GTE, field, place)
        return _between(path, value, now, place)
    operator = _WORDS.get(word)
    if operator is None:
        known = ", ".join([*_WORDS, EXISTS, BETWEEN])
        raise LoadcellError(
            "INVALID_FIELD_VALUE", f"operator {word[:64]!r} is not known; known: {known}", field=place.operator
        )
    if value is None and operator in _NULLABLE:
        return Condition(field, operator, None, key)
    _check_fits(word, operator, field, place)
    if field.kind is Kind.OBJECT and key is None:
        raise LoadcellError(
            "INVALID_FIELD_VALUE",
            f"{field.name} is an object: compare one of its keys ({field.name}.key) or ask whether it exists",
            field=place.field,
        )
    if operator in _LISTS:
        return _membership(field, key, operator, read_list(value, place.value), now=now, where=place.value)
    return _comparison(field, key, operator, value, now=now, where=place.value)


def _check_fits(word: str, operator: Operator, field: Field, place: Place) -> None:
    if operator not in FITTING[field.kind]:
        fitting = ", ".join(known.value for known in Operator if known in FITTING[field.kind])
        raise LoadcellError(
            "INVALID_FIELD_VALUE",
            f"{word} does not fit {field.name}, which is {field.kind.value}; fitting: {fitting}",
            field=place.operator,
        )


def _comparison(field: Field, key: str | None, operator: Operator, value: object, *, now: int, where: str) -> Node:
    if operator in _PARTS or operator is Operator.SEARCH:
        text = read_text(value, where)
        if operator is Operator.REGEX:
            check_pattern(text, where)
        if operator is Operator.SEARCH and not any(character.isalnum() for character in text):
            raise LoadcellError("INVALID_FIELD_VALUE", "there is no word to search for", field=where)
        return Condition(field, operator, text, key)
    checked = read_value(field, value, now, where)
    if operator in _ORDER and isinstance(checked, str | bool):
        raise LoadcellError("INVALID_FIELD_FORMAT", f"{operator.value} compares numbers and times", field=where)
    if field.kind is Kind.STATUS and isinstance(checked, int):
        return Condition(FIELDS["http_status"], operator, checked)
    return Condition(field, operator, checked, key)


def _membership(
    field: Field, key: str | None, operator: Operator, values: list[object], *, now: int, where: str
) -> Node:
    checked = [read_value(field, value, now, f"{where}[{index}]") for index, value in enumerate(values)]
    if field.kind is not Kind.STATUS:
        return Condition(field, operator, tuple(checked), key)
    words = tuple(value for value in checked if isinstance(value, str))
    numbers = tuple(value for value in checked if not isinstance(value, str))
    parts = [
        Condition(asked, operator, part)
        for asked, part in ((field, words), (FIELDS["http_status"], numbers))
        if part
    ]
    if len(parts) == 1:
        return parts[0]
    return Or(tuple(parts)) if operator is Operator.IN else And(tuple(parts))


def _between(path: str, value: object, now: int, place: Place) -> Node:
    bounds = read_list(value, place.value)
    if len(bounds) != 2:
        raise LoadcellError(
            "INVALID_FIELD_FORMAT", "between takes a list of two values, the lower first", field=place.value
        )
    low = read_leaf(path, Operator.GTE.value, bounds[0], now, place)
    high = read_leaf(path, Operator.LTE.value, bounds[1], now, place)
    if magnitude(low) > magnitude(high):
        raise LoadcellError(
            "INVALID_FIELD_VALUE", "the first of the two values is above the second", field=place.value
        )
    return And((low, high))


def magnitude(bound: Node) -> int | float:
    """Return the number, or the microseconds since 1970, that an ordering condition compares with."""
    value = bound.value if isinstance(bound, Condition) else None
    if isinstance(value, Instant):
        return value.micros
    if not isinstance(value, int | float):
        raise TypeError(f"{bound} is no bound")
    return value
