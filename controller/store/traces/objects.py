"""Fields of traces that are objects: what is known of the run as a whole, and conditions on their keys.

Runs are few and their configuration is one message, so these conditions are decided here and not by the engine.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

from google.protobuf.struct_pb2 import Struct
from sqlalchemy import Connection, select

from controller.query.traces.conditions import Condition, Operator, Scalar
from controller.query.traces.patterns import matches
from controller.store.contexts import DEFAULT_PROJECT
from controller.store.run_labels import may_have_label
from controller.store.schema import benchmark_runs
from controller.store.traces.comparisons import ascii_lower
from controller.store.traces.limits import check_time
from loadcell.documents import MAX_NESTING, nesting, render
from loadcell.v1 import result_pb2

READ_ROWS = 500  # runs held at a time
_REMEMBERED_RUNS = 10_000
_NO_LABELS = ("project_id", "framework", "framework_config")  # attributes that runs without such a label have too


class RunObjects(NamedTuple):
    """The objects that the requests of a run share; not to be changed. An empty one is no value.

    `objectives` are the names and highest values (milliseconds) of what makes a request good; `has_texts` says
    whether prompts and completions are kept.
    """

    attributes: dict[str, Any]
    model_parameters: dict[str, Any]
    objectives: tuple[tuple[str, float], ...]
    has_texts: bool


@lru_cache(maxsize=_REMEMBERED_RUNS)
def run_objects(config: bytes) -> RunObjects:
    """Return the objects of a run with a stored configuration."""
    message = result_pb2.RunConfig.FromString(config)
    attributes: dict[str, Any] = {"project_id": message.project_id or DEFAULT_PROJECT}
    if message.framework:
        attributes["framework"] = message.framework
    settings = _shown(message.framework_config) if message.HasField("framework_config") else None
    if settings is not None:
        attributes["framework_config"] = settings
    # A label of the user's own choice comes first.
    attributes.update(message.labels)
    parameters = {"max_tokens": message.output_len, "stream": message.stream, "temperature": 0}
    objectives = tuple((field.name, value) for field, value in message.goodput_thresholds.ListFields())
    return RunObjects(attributes, parameters, objectives, message.record_texts)


def _shown(settings: Struct) -> dict[str, Any] | None:
    """Return settings as documents show them, numbers that are not finite as null; None: no answer can carry them.

    Runs with such settings are refused, but there may be some from before they were.
    """
    return render(settings) if nesting(settings) <= MAX_NESTING else None


def runs_with(connection: Connection, condition: Condition) -> list[int]:
    """Return the keys of the runs for whose requests a condition on a key of an object, or on all of it, holds.

    Raises:
        LoadcellError: REQUEST_TIMEOUT, of a question that is bounded.
    """
    query = select(benchmark_runs.c.run_key, benchmark_runs.c.config)
    key, value = condition.key, condition.value
    if condition.field.name == "attributes" and key is not None and key not in _NO_LABELS and value is not None:
        exact = condition.operator is Operator.EQ and isinstance(value, str)
        query = query.where(may_have_label(connection, key, str(value) if exact else None))
    kept = []
    with connection.execute(query, execution_options={"yield_per": READ_ROWS}) as found:
        for run_key, config in found:
            check_time(connection)
            if _holds(condition, run_objects(config)):
                kept.append(run_key)
    return kept


def _holds(condition: Condition, objects: RunObjects) -> bool:
    whole: dict[str, Any] = getattr(objects, condition.field.name)
    actual = (whole or None) if condition.key is None else whole.get(condition.key)
    if condition.value is None:
        return actual is None
    values = condition.value if isinstance(condition.value, tuple) else (condition.value,)
    if condition.operator in (Operator.EQ, Operator.IN):
        return any(_same(value, actual) for value in values)
    if isinstance(actual, str):
        return _text_holds(condition.operator, str(values[0]), actual)
    if isinstance(actual, bool) or not isinstance(actual, int | float):
        return False
    return _number_holds(condition.operator, values[0], actual)


def _same(value: Scalar, actual: object) -> bool:
    kinds = {str: "text", bool: "flag", int: "number", float: "number"}
    return kinds.get(type(value)) == kinds.get(type(actual)) and value == actual


def _text_holds(operator: Operator, value: str, actual: str) -> bool:
    if operator is Operator.REGEX:
        return matches(value, actual)
    wanted, text = ascii_lower(value), ascii_lower(actual)
    match operator:
        case Operator.CONTAINS:
            return wanted in text
        case Operator.STARTS_WITH:
            return text.startswith(wanted)
        case Operator.ENDS_WITH:
            return text.endswith(wanted)
    return False


def _number_holds(operator: Operator, value: Any, actual: float) -> bool:
    if isinstance(value, str):
        return False
    match operator:
        case Operator.GT:
            return bool(actual > value)
        case Operator.GTE:
            return bool(actual >= value)
        case Operator.LT:
            return bool(actual < value)
        case Operator.LTE:
            return bool(actual <= value)
    return False
