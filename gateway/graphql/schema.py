"""The schema, put together."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any, Final

import strawberry
from graphql import GraphQLError
from strawberry.extensions import SchemaExtension
from strawberry.types import ExecutionContext

from gateway.graphql.costs import cost_summary_field, more_of_a_summary
from gateway.graphql.llm_metrics import llm_metrics_field
from gateway.graphql.queries import query_fields
from gateway.graphql.traces import more_of_a_trace
from gateway.graphql.types import Types, make_config

DOCUMENT: Final = "document"
"""Where the tree of a document is among the extensions of an operation."""


class AlreadyRead(SchemaExtension):
    """Spares what was done before: the document is read and valid."""

    def on_parse(self) -> Iterator[None]:
        """Give the tree."""
        self.execution_context.graphql_document = (self.execution_context.operation_extensions or {})[DOCUMENT]
        yield

    def on_validate(self) -> Iterator[None]:
        """Give no errors."""
        self.execution_context.pre_execution_errors = []
        yield


class Schema(strawberry.Schema):
    """A schema whose errors are logged where they are made answers of, each once."""

    def process_errors(
        self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None
    ) -> None:
        """Leave them alone."""


@cache
def make_schema() -> Schema:
    """Return the schema; there are queries only, so nothing can be changed through it."""
    types = Types()
    types.more["CostSummary"] = more_of_a_summary()
    types.more["Trace"] = more_of_a_trace(types)
    fields: dict[str, Any] = {
        **query_fields(types),
        "cost_summary": cost_summary_field(types),
        "llm_metrics": llm_metrics_field(types),
    }
    query = strawberry.type(type("Query", (), fields | {"__annotations__": {}}), description="What can be asked.")
    return Schema(query, config=make_config(), extensions=[AlreadyRead])
