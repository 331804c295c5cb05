"""The fields of a trace: what each holds, where it is stored, and what may be asked of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from loadcell.errors import LoadcellError


class Kind(Enum):
    """What a field holds, which decides the operators and values that fit."""

    TRACE_ID = "32 hexadecimal digits"
    SPAN_ID = "16 hexadecimal digits"
    TEXT = "text"
    NUMBER = "a number"
    TIME = "a time"
    STATUS = "a status"
    FLAG = "true or false"
    TAGS = "a list of texts"
    OBJECT = "an object"  # conditions are on one of its keys: attributes.team


class Group(Enum):
    """Where a field is stored, so that a query reads only what it needs."""

    TRACE = "trace"  # the row of the request itself, or derived from it and its key
    CONTEXT = "context"  # interned: shared by many requests
    RUN = "run"
    LEASE = "lease"
    ERROR = "error"  # the message of a failed request
    TEXTS = "texts"  # prompt and completion, for runs that record them


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a trace, under the name it has in answers.

    A nullable field is left out of an answer when it has no value.
    """

    name: str
    kind: Kind
    group: Group
    nullable: bool = True
    filterable: bool = True
    sortable: bool = False


_TABLE = (
    Field("ts", Kind.TIME, Group.TRACE, nullable=False, sortable=True),
    Field("trace_id", Kind.TRACE_ID, Group.TRACE, nullable=False, sortable=True),
    Field("span_id", Kind.SPAN_ID, Group.TRACE, nullable=False, sortable=True),
    Field("parent_span_id", Kind.SPAN_ID, Group.TRACE),  # a request to a target has no parent: always null
    Field("service_name", Kind.TEXT, Group.CONTEXT),
    Field("span_name", Kind.TEXT, Group.CONTEXT, filterable=False),  # follows from operation_type
    Field("provider", Kind.TEXT, Group.CONTEXT, nullable=False, sortable=True),
    Field("model", Kind.TEXT, Group.CONTEXT, nullable=False, sortable=True),
    Field("input_text", Kind.TEXT, Group.TEXTS),
    Field("output_text", Kind.TEXT, Group.TEXTS),
    Field("redacted", Kind.FLAG, Group.TEXTS, filterable=False),  # whether either has a mark
    Field("prompt_tokens", Kind.NUMBER, Group.TRACE),
    Field("completion_tokens", Kind.NUMBER, Group.TRACE),
    Field("total_tokens", Kind.NUMBER, Group.TRACE, sortable=True),
    Field("prompt_cost_usd", Kind.NUMBER, Group.TRACE),
    Field("completion_cost_usd", Kind.NUMBER, Group.TRACE),
    Field("total_cost_usd", Kind.NUMBER, Group.TRACE, sortable=True),
    Field("duration_ms", Kind.NUMBER, Group.TRACE, sortable=True),
    Field("ttft_ms", Kind.NUMBER, Group.TRACE, sortable=True),
    Field("status_code", Kind.STATUS, Group.TRACE, nullable=False, sortable=True),
    Field("error_message", Kind.TEXT, Group.ERROR),
    Field("user_id", Kind.TEXT, Group.CONTEXT),
    Field("session_id", Kind.TEXT, Group.CONTEXT),
    Field("environment", Kind.TEXT, Group.CONTEXT, nullable=False, sortable=True),
    Field("tags", Kind.TAGS, Group.CONTEXT),  # no tags: null
    Field("attributes", Kind.OBJECT, Group.RUN),
    Field("project_id", Kind.TEXT, Group.CONTEXT, nullable=False),
    Field("operation_type", Kind.TEXT, Group.CONTEXT, nullable=False),
    Field("latency_ms", Kind.NUMBER, Group.TRACE),  # the same as duration_ms
    Field("tokens_per_second", Kind.NUMBER, Group.TRACE),
    Field("model_parameters", Kind.OBJECT, Group.RUN),
    Field("run_id", Kind.TEXT, Group.RUN, nullable=False),
    Field("level", Kind.NUMBER, Group.TRACE, nullable=False),
    Field("agent_id", Kind.TEXT, Group.LEASE, nullable=False),
    Field("finish_reason", Kind.TEXT, Group.TRACE),
    Field("scheduled_time", Kind.TIME, Group.TRACE, nullable=False),
    Field("client_delay_ms", Kind.NUMBER, Group.TRACE),
    Field("warmup", Kind.FLAG, Group.TRACE, nullable=False),
    Field("http_status", Kind.NUMBER, Group.TRACE),  # null: no response began
)

FIELDS: dict[str, Field] = {field.name: field for field in _TABLE}

ALIASES: dict[str, str] = {
    "input_cost_usd": "prompt_cost_usd",
    "output_cost_usd": "completion_cost_usd",
    "time_to_first_token_ms": "ttft_ms",
    "metadata": "attributes",
}


def find(name: str, where: str) -> Field:
    """Return the field of a name or alias; `where` names the place in the request for the error.

    Raises:
        LoadcellError: UNKNOWN_FIELD, no trace has such a field.
    """
    field = FIELDS.get(ALIASES.get(name, name))
    if field is None:
        raise LoadcellError(
            "UNKNOWN_FIELD", f"traces have no field {name[:64]!r}; they have {', '.join(FIELDS)}", field=where
        )
    return field


def find_path(path: str, where: str) -> tuple[Field, str | None]:
    """Return the field that a path names, and the key within it: `attributes.team`, or None for the whole field.

    What follows the first dot is one key, whatever it contains.

    Raises:
        LoadcellError: UNKNOWN_FIELD, there is no such field, or it has no keys.
    """
    name, dot, key = path.partition(".")
    field = find(name, where)
    if not dot:
        return field, None
    if field.kind is not Kind.OBJECT or not key:
        raise LoadcellError("UNKNOWN_FIELD", f"{path[:64]!r} names nothing inside of {field.name}", field=where)
    return field, key


def sort_field(name: str, where: str) -> Field:
    """Return the field to sort by.

    Raises:
        LoadcellError: UNKNOWN_FIELD or INVALID_FIELD_VALUE, traces are not sorted by this.
    """
    field = find(name, where)
    if not field.sortable:
        known = ", ".join(field.name for field in FIELDS.values() if field.sortable)
        raise LoadcellError(
            "INVALID_FIELD_VALUE", f"traces are not sorted by {field.name}, but by one of {known}", field=where
        )
    return field
