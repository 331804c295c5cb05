"""The parameters of a list of traces, checked, and the question they ask."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, cast

from controller.query.traces.conditions import And, Condition, Node, Operator, Or
from controller.query.traces.cursor import read_limit, turn_to
from controller.query.traces.fields import FIELDS, sort_field
from controller.query.traces.leaves import Place, magnitude, read_leaf
from controller.query.traces.question import Question
from controller.query.traces.selection import read_include, read_selection
from controller.query.traces.values import read_list, read_text
from loadcell.errors import LoadcellError


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """What was asked for, by the names of the parameters; None or empty: not asked for.

    Bounds are inclusive. Times are RFC 3339 or relative (now-1h). Durations are milliseconds, costs USD.
    """

    start_time: str | None = None
    end_time: str | None = None
    trace_id: str | None = None
    run_id: str | None = None
    project_id: str | None = None
    session_id: str | None = None
    user_id: str | None = None
    provider: str | None = None
    model: str | None = None
    environment: str | None = None
    operation_type: str | None = None
    status: str | int | None = None
    min_duration: float | None = None
    max_duration: float | None = None
    min_cost: float | None = None
    max_cost: float | None = None
    min_tokens: int | None = None
    max_tokens: int | None = None
    tags: Sequence[str] = ()  # any of them
    tags_all: Sequence[str] = ()  # all of them
    search: str | None = None  # in prompt or completion, as it is written but for the case
    cursor: str | None = None
    limit: int | None = None  # 1 to 1,000, default 50
    sort_by: str | None = None  # default ts
    sort_order: str | None = None  # asc or desc, the default
    fields: Sequence[str] = ()
    include: Sequence[str] = ()
    written: Mapping[str, str] = field(default_factory=dict, compare=False)  # the names in the request, by these

    def called(self, name: str) -> str:
        """Return a parameter as the request calls it, for errors."""
        return self.written.get(name, name)


ALIASES = {
    "from": "start_time",
    "to": "end_time",
    "min_duration_ms": "min_duration",
    "max_duration_ms": "max_duration",
    "status_code": "status",
}

_LISTS = {"tags", "tags_all", "fields", "include"}
_NAMES = {one.name for one in fields(Parameters)} - {"written"}

# Parameters that are one condition each, on which field and with which operator.
_CONDITIONS = {
    "start_time": ("ts", Operator.GTE),
    "end_time": ("ts", Operator.LTE),
    "trace_id": ("trace_id", Operator.EQ),
    "run_id": ("run_id", Operator.EQ),
    "project_id": ("project_id", Operator.EQ),
    "session_id": ("session_id", Operator.EQ),
    "user_id": ("user_id", Operator.EQ),
    "provider": ("provider", Operator.EQ),
    "model": ("model", Operator.EQ),
    "environment": ("environment", Operator.EQ),
    "operation_type": ("operation_type", Operator.EQ),
    "status": ("status_code", Operator.EQ),
    "min_duration": ("duration_ms", Operator.GTE),
    "max_duration": ("duration_ms", Operator.LTE),
    "min_cost": ("total_cost_usd", Operator.GTE),
    "max_cost": ("total_cost_usd", Operator.LTE),
    "min_tokens": ("total_tokens", Operator.GTE),
    "max_tokens": ("total_tokens", Operator.LTE),
    "tags": ("tags", Operator.IN),
}
MAX_TAGS = 32
_RANGES = (("min_duration", "max_duration"), ("min_cost", "max_cost"), ("min_tokens", "max_tokens"))


def read_parameters(values: Mapping[str, object]) -> Parameters:
    """Return the parameters of plain values by their names or aliases; lists may be texts with commas.

    An empty text or list counts as not given. Types and ranges are checked by `ask`.

    Raises:
        LoadcellError: UNKNOWN_FIELD, there is no such parameter; INVALID_FIELD_VALUE, two names of one parameter
            disagree; INVALID_FIELD_FORMAT, a list is none.
    """
    given: dict[str, object] = {}
    called: dict[str, str] = {}
    for written, value in values.items():
        name = ALIASES.get(written, written)
        if name not in _NAMES:
            raise LoadcellError("UNKNOWN_FIELD", f"there is no parameter {written[:64]!r}", field=written[:64])
        if value is None or value == "":
            continue
        checked = split(value, written) if name in _LISTS else value
        first = called.setdefault(name, written)
        if given.setdefault(name, checked) != checked:
            raise LoadcellError(
                "INVALID_FIELD_VALUE",
                f"{first} and {written} are two names of one parameter and say different things; give one",
                field=written,
            )
    return Parameters(**cast("dict[str, Any]", given), written=called)


def ask(parameters: Parameters, now: int) -> Question:
    """Return the question that parameters ask at `now`, in microseconds since 1970.

    Raises:
        LoadcellError: a parameter has the wrong type or is outside its range; the error names it.
    """
    question = Question(
        now=now,
        filter=_filter(parameters, now),
        sort=sort_field(_word("sort_by", parameters.sort_by, "ts"), "sort_by"),
        descending=_descending(parameters.sort_order),
        limit=read_limit(parameters.limit),
        fields=read_selection(parameters.fields),
        include=read_include(parameters.include),
    )
    return turn_to(question, parameters.cursor, lambda first: _filter(parameters, first))


def _filter(parameters: Parameters, now: int) -> Node | None:
    given = {
        name: _leaf(of, operator, value, now, parameters.called(name))
        for name, (of, operator) in _CONDITIONS.items()
        if (value := getattr(parameters, name)) is not None and value != ()
    }
    _check_tags(parameters)
    _check_ranges(given, parameters)
    nodes = list(given.values())
    nodes += [_leaf("tags", Operator.CONTAINS, tag, now, "tags_all") for tag in parameters.tags_all]
    if parameters.search is not None:
        text = read_text(parameters.search, "search")
        texts = (FIELDS["input_text"], FIELDS["output_text"])
        nodes.append(Or(tuple(Condition(one, Operator.CONTAINS, text) for one in texts)))
    return And(tuple(nodes)) if nodes else None


def _leaf(path: str, operator: Operator, value: object, now: int, name: str) -> Node:
    return read_leaf(path, operator.value, value, now, Place(name, name, name))


def _check_tags(parameters: Parameters) -> None:
    for name in ("tags", "tags_all"):
        if len(getattr(parameters, name)) > MAX_TAGS:
            raise LoadcellError("LIMIT_EXCEEDED", f"at most {MAX_TAGS} tags can be asked for", field=name)


def _check_ranges(given: Mapping[str, Node], parameters: Parameters) -> None:
    for low, high in _RANGES:
        for name in (low, high):
            if name in given and magnitude(given[name]) < 0:
                called = parameters.called(name)
                raise LoadcellError("INVALID_FIELD_VALUE", f"{called} must be at least 0", field=called)
        if _is_above(given, low, high):
            least, most = parameters.called(low), parameters.called(high)
            raise LoadcellError("INVALID_FIELD_VALUE", f"{least} is above {most}", field=least)
    if _is_above(given, "start_time", "end_time"):
        start, end = parameters.called("start_time"), parameters.called("end_time")
        raise LoadcellError("INVALID_DATE_RANGE", f"{end} must not be before {start}", field=end)


def _is_above(given: Mapping[str, Node], low: str, high: str) -> bool:
    return low in given and high in given and magnitude(given[low]) > magnitude(given[high])


def split(value: object, where: str) -> tuple[str, ...]:
    """Return the parts of a list, each of which may hold several between commas; `where` names it for the error.

    Raises:
        LoadcellError: INVALID_FIELD_FORMAT or INVALID_FIELD_VALUE, it is no list of texts, too long, or has only
            commas and blanks.
    """
    listed = [value] if isinstance(value, str) else value
    if isinstance(listed, list | tuple) and not listed:
        return ()
    texts = [read_text(text, where) for text in read_list(listed, where)]
    parts = [part.strip() for text in texts for part in text.split(",") if part.strip()]
    if not parts:
        # Taken for an empty list it would ask for everything.
        raise LoadcellError(
            "INVALID_FIELD_VALUE",
            f"{where} has only commas and blanks; name something or leave it out",
            field=where,
        )
    return tuple(str(part) for part in read_list(parts, where))


def _word(name: str, value: object, default: str) -> str:
    return default if value is None else read_text(value, name)


def _descending(order: object) -> bool:
    word = _word("sort_order", order, "desc").lower()
    if word not in {"asc", "desc"}:
        raise LoadcellError(
            "INVALID_FIELD_VALUE", f"sort_order is asc or desc, not {word[:64]!r}", field="sort_order"
        )
    return word == "desc"
