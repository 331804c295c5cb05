"""Carries documents out."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from graphql import GraphQLError

from gateway.graphql.asking import Asking
from gateway.graphql.documents import Documents, Read
from gateway.graphql.schema import DOCUMENT, Schema
from gateway.graphql.settings import GraphqlSettings
from loadcell.errors import REASONS, LoadcellError

Error = GraphQLError | LoadcellError


@dataclass(frozen=True, slots=True)
class Question:
    """What a caller sends: a document, its variables, and which operation of it is meant."""

    document: str
    variables: dict[str, Any] = field(default_factory=dict)
    operation: str | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a question.

    Attributes:
        data: the values of the queries; None: none was carried out.
        errors: what went wrong.
    """

    data: dict[str, Any] | None
    errors: list[Error]


class Executor:
    """Carries documents of a schema out, within limits.

    Args:
        schema: the schema.
        limits: how much a document may ask for.
        introspection: raises LoadcellError where the schema may not be asked for.
    """

    def __init__(
        self, schema: Schema, limits: GraphqlSettings, introspection: Callable[[], Awaitable[None]]
    ) -> None:
        self._schema, self._introspection = schema, introspection
        self._documents = Documents(schema, limits)
        self._seconds = limits.graphql_timeout_seconds

    async def carry_out(self, question: Question, asking: Asking) -> Outcome:
        """Return what comes of a question, never an exception."""
        try:
            async with asyncio.timeout(self._seconds):
                read = await self._read(question, asking)
                if read.document is None:
                    return Outcome(None, list(read.errors))
                if read.introspects:
                    await self._introspection()
                self._documents.operation(read.document, question.operation, question.variables)
                return await self._executed(question, asking, read)
        except TimeoutError:
            return Outcome(None, [LoadcellError("REQUEST_TIMEOUT", REASONS["REQUEST_TIMEOUT"].summary)])
        except LoadcellError as error:
            return Outcome(None, [error])

    async def _read(self, question: Question, asking: Asking) -> Read:
        """Return a document; others wait while one is read, so that is done for callers who are let in only."""
        known = self._documents.known(question.document)
        if known is not None:
            return known
        await asking.recognise()
        return self._documents.read(question.document)

    async def _executed(self, question: Question, asking: Asking, read: Read) -> Outcome:
        result = await self._schema.execute(
            question.document,
            variable_values=question.variables,
            context_value=asking,
            operation_name=question.operation,
            operation_extensions={DOCUMENT: read.document},
        )
        return Outcome(result.data, list(result.errors or ()))
