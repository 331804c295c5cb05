"""The query that older clients know for single requests: by service, which only a search can choose by."""

from __future__ import annotations

from typing import Annotated, Any

import strawberry

from gateway.graphql.asking import TRACES, Asking
from gateway.graphql.traces import TRACE, chosen
from gateway.graphql.types import Types, list_of, maybe

_MOST = 1_000


def llm_metrics_field(types: Types) -> Any:
    """Return the query."""
    return strawberry.field(
        resolver=_llm_metrics,
        graphql_type=maybe(list_of(types.object_type(TRACE))),
        description="Lists the traces of a period, newest first. Errors: as traces.",
    )


async def _llm_metrics(
    info: strawberry.Info[Asking],
    *,
    since: Annotated[str, strawberry.argument(name="from", description="Earliest start, inclusive.")],
    to: Annotated[str, strawberry.argument(description="Latest start, inclusive.")],
    service: Annotated[str | None, strawberry.argument(description="Exact service.")] = None,
    model: Annotated[str | None, strawberry.argument(description="Exact model.")] = None,
    limit: Annotated[int, strawberry.argument(description="Most traces, 1 to 1,000.")] = _MOST,
) -> list[Any]:
    conditions = (("ts", "gte", since), ("ts", "lte", to), ("service_name", "eq", service), ("model", "eq", model))
    filters = [{"field": field, "operator": word, "value": value} for field, word, value in conditions if value]
    values = {
        "filter": {"operator": "AND", "filters": filters},
        "sort_desc": True,
        "limit": limit,
        "fields": chosen(info)["fields"],
    }
    found: list[Any] = (await info.context.ask(TRACES["SearchTraces"], values))["data"]
    return found
