"""What GraphQL adds to a trace, and what of it the controller is asked for: no more than a document shows."""

from __future__ import annotations

from typing import Any, Final

import strawberry
from strawberry.scalars import JSON
from strawberry.utils.str_converters import to_camel_case

from gateway.graphql.asking import Asking
from gateway.graphql.selection import shown
from gateway.graphql.types import DateTime, Types, list_of, maybe, synonym
from loadcell.v1 import run_pb2, trace_pb2

TRACE: Final = trace_pb2.DESCRIPTOR.message_types_by_name["Trace"]
_SYNONYMS: Final[dict[str, tuple[str, Any]]] = {
    "id": ("trace_id", str),
    "timestamp": ("ts", DateTime),
    "duration": ("duration_ms", float),
    "token_count": ("total_tokens", int),
    "cost": ("total_cost_usd", float),
    "metadata": ("attributes", JSON),
    "model_name": ("model", str),
}
_OF_A_SPAN: Final = (
    *("ts", "trace_id", "span_id", "parent_span_id", "service_name", "span_name", "operation_type"),
    *("duration_ms", "status_code", "error_message", "attributes"),
)
_INCLUDED: Final = frozenset({"children", "evaluations", "feedback"})
_NEEDED: Final[dict[str, tuple[str, ...]]] = {
    **{field.camelcase_name: (field.name,) for field in TRACE.fields if field.name not in _INCLUDED},
    **{to_camel_case(name): (source,) for name, (source, _) in _SYNONYMS.items()},
    "spans": _OF_A_SPAN,
    "run": ("run_id",),
    "timeline": ("trace_id",),
}


def more_of_a_trace(types: Types) -> dict[str, Any]:
    """Return the fields of a trace that the contract does not have, or has in another form."""
    span = types.object_type(TRACE, "Span", only=_OF_A_SPAN)
    event = types.object_type(trace_pb2.DESCRIPTOR.message_types_by_name["TimelineEvent"])
    run = types.object_type(run_pb2.DESCRIPTOR.message_types_by_name["Run"])
    return {
        **{name: synonym(source, kind, f"The same as {source}.") for name, (source, kind) in _SYNONYMS.items()},
        "spans": strawberry.field(
            resolver=lambda root: [root], graphql_type=list_of(span), description="The request itself."
        ),
        "children": strawberry.field(
            resolver=lambda root: root.get("children", []),
            graphql_type=list_of(span),
            description="Always empty: a request is one span.",
        ),
        "timeline": strawberry.field(
            resolver=_timeline,
            graphql_type=maybe(list_of(event)),
            description="What arrived, in order, of runs that keep timelines. One more call for a whole list.",
        ),
        "run": strawberry.field(
            resolver=_run, graphql_type=maybe(run), description="Its run. One more call for all traces of a list."
        ),
    }


def chosen(info: strawberry.Info[Asking], within: str = "") -> dict[str, Any]:
    """Return the parameters that say what is wanted of traces.

    Args:
        info: the field that is being answered.
        within: name of the field of its value that holds the traces; empty: it is the value itself.
    """
    names = shown(info, within)
    fields = {source for name in names for source in _NEEDED.get(name, ())}
    return {"fields": sorted(fields | {"trace_id"}), "include": sorted(names & _INCLUDED)}


async def _timeline(root: dict[str, Any], info: strawberry.Info[Asking]) -> list[Any]:
    found: list[Any] = await info.context.timelines.load(root["trace_id"])
    return found


async def _run(root: dict[str, Any], info: strawberry.Info[Asking]) -> dict[str, Any] | None:
    return await info.context.runs.load(root["run_id"]) if root.get("run_id") else None
