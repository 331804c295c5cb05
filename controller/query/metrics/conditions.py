"""Conditions of a custom query, checked: on requests, before they are added up, and on the rows that come out."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from google.protobuf import struct_pb2

from controller.query.metrics.catalog import FILTERS, Measure, find_aggregation, find_metric
from controller.query.metrics.figures import Figures
from controller.query.metrics.grouping import STATUS
from controller.query.metrics.parameters import choose
from controller.query.metrics.question import DimensionFilter, StatusFilter
from controller.query.traces.status import read_status
from controller.query.traces.values import read_text
from loadcell.errors import LoadcellError
from loadcell.stats.columns import Floats, Mask
from loadcell.v1 import metrics_pb2

MAX_FILTERS, MAX_HAVING, MAX_VALUES = 20, 10, 100
_COMPARISONS: dict[str, Callable[[Floats, float], Mask]] = {
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
    "eq": operator.eq,
}
# Operator: whether it takes a list, and whether it asks for all others.
_MEMBERSHIPS = {"eq": (False, False), "ne": (False, True), "in": (True, False), "not_in": (True, True)}


@dataclass(frozen=True, slots=True)
class Having:
    """A condition on a measure of a row; one without a value does not meet it."""

    measure: Measure
    operator: str
    value: float

    def met(self, figures: Figures) -> Mask:
        """Return which cells meet it."""
        return _COMPARISONS[self.operator](figures.measure(self.measure), self.value)


def read_measure(name: str, aggregation: str, where: str) -> Measure:
    """Return a metric with an aggregation that it has, its own by default.

    Raises:
        LoadcellError: MISSING_REQUIRED_FIELD or INVALID_FIELD_VALUE.
    """
    metric = find_metric(name, f"{where}.metric")
    word = find_aggregation(aggregation, f"{where}.aggregation") or metric.aggregations[0]
    if word not in metric.aggregations:
        raise LoadcellError(
            "INVALID_FIELD_VALUE",
            f"{name} has no {word}; it has {', '.join(metric.aggregations)}",
            field=f"{where}.aggregation",
        )
    return Measure(metric, word)


def read_filters(
    filters: Sequence[metrics_pb2.DimensionFilter],
) -> tuple[tuple[DimensionFilter, ...], tuple[StatusFilter, ...]]:
    """Return the conditions on contexts, and those on the status.

    Raises:
        LoadcellError: LIMIT_EXCEEDED, MISSING_REQUIRED_FIELD, INVALID_FIELD_VALUE or INVALID_FIELD_FORMAT.
    """
    check_length(filters, "filters", MAX_FILTERS)
    on_contexts: list[DimensionFilter] = []
    on_status: list[StatusFilter] = []
    for number, asked in enumerate(filters):
        where = f"filters[{number}]"
        _require(asked.dimension, f"{where}.dimension")
        choose([asked.dimension], FILTERS, f"{where}.dimension")
        _require(asked.operator, f"{where}.operator")
        choose([asked.operator], _MEMBERSHIPS, f"{where}.operator")
        takes_list, negated = _MEMBERSHIPS[asked.operator]
        values = _values(asked.value, f"{where}.value", takes_list=takes_list)
        if asked.dimension == STATUS:
            words = tuple(read_status(value, f"{where}.value") for value in values)
            on_status.append(StatusFilter(words, negated))
        else:
            texts = tuple(read_text(value, f"{where}.value") for value in values)
            on_contexts.append(DimensionFilter(asked.dimension, texts, negated))
    return tuple(on_contexts), tuple(on_status)


def read_having(conditions: Sequence[metrics_pb2.HavingCondition]) -> tuple[Having, ...]:
    """Return the conditions on rows.

    Raises:
        LoadcellError: LIMIT_EXCEEDED, MISSING_REQUIRED_FIELD or INVALID_FIELD_VALUE.
    """
    check_length(conditions, "having", MAX_HAVING)
    return tuple(_having(asked, f"having[{number}]") for number, asked in enumerate(conditions))


def _having(asked: metrics_pb2.HavingCondition, where: str) -> Having:
    measure = read_measure(asked.metric, asked.aggregation, where)
    _require(asked.operator, f"{where}.operator")
    choose([asked.operator], _COMPARISONS, f"{where}.operator")
    if not asked.HasField("value"):
        raise LoadcellError("MISSING_REQUIRED_FIELD", f"{where}.value is missing", field=f"{where}.value")
    if not math.isfinite(asked.value):
        raise LoadcellError(
            "INVALID_FIELD_VALUE", f"{where}.value must be finite, not {asked.value}", field=f"{where}.value"
        )
    return Having(measure, asked.operator, asked.value)


def check_length(values: Sequence[object], where: str, most: int) -> None:
    """Refuse a list that is too long.

    Raises:
        LoadcellError: LIMIT_EXCEEDED.
    """
    if len(values) > most:
        raise LoadcellError("LIMIT_EXCEEDED", f"{where} has {len(values):,} entries, at most {most}", field=where)


def _require(value: str, where: str) -> None:
    if not value:
        raise LoadcellError("MISSING_REQUIRED_FIELD", f"{where} is missing", field=where)


def _values(value: struct_pb2.Value, where: str, *, takes_list: bool) -> list[object]:
    kind = value.WhichOneof("kind")
    if kind is None:
        raise LoadcellError("MISSING_REQUIRED_FIELD", f"{where} is missing", field=where)
    if (kind == "list_value") != takes_list:
        wanted = f"a list of 1 to {MAX_VALUES} texts" if takes_list else "a text"
        raise LoadcellError("INVALID_FIELD_FORMAT", f"{where} must be {wanted}", field=where)
    listed = value.list_value.values if takes_list else [value]
    if not 1 <= len(listed) <= MAX_VALUES:
        raise LoadcellError(
            "LIMIT_EXCEEDED", f"{where} has {len(listed):,} values, not 1 to {MAX_VALUES}", field=where
        )
    return [_scalar(one) for one in listed]


def _scalar(value: struct_pb2.Value) -> object:
    kind = value.WhichOneof("kind")
    return None if kind in {None, "null_value"} else getattr(value, str(kind))
