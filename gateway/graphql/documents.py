"""Documents read, checked and kept: what is asked again is not read again."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLError,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    Visitor,
    parse,
    specified_rules,
    validate,
    visit,
)
from graphql.utilities import get_operation_ast

from gateway.graphql.cost import check_cost
from gateway.graphql.limits import check_size
from gateway.graphql.schema import Schema
from gateway.graphql.settings import GraphqlSettings
from loadcell.errors import LoadcellError

MAX_CHARACTERS: Final = 16_384
MAX_KEPT: Final = 128
_MAX_ERRORS: Final = 5
_MAX_COMMENTS: Final = 100
_SYNTAX: Final = "Syntax Error: "
_TOO_MUCH: Final = f"{_SYNTAX}Document contains more than"


@dataclass(frozen=True, slots=True)
class Read:
    """A document that was read.

    Attributes:
        document: its tree; None when it cannot be used.
        errors: why it cannot.
        introspects: whether it asks for the schema.
    """

    document: DocumentNode | None
    errors: tuple[GraphQLError | LoadcellError, ...] = ()
    introspects: bool = False


class Documents:
    """Reads documents for a schema, and keeps the newest.

    Args:
        schema: what they are of.
        limits: what they may ask for.
    """

    def __init__(self, schema: Schema, limits: GraphqlSettings) -> None:
        self._schema = schema._schema  # noqa: SLF001 - as graphql-core has it; strawberry has no other way to it
        self._limits = limits
        self._kept: OrderedDict[str, Read] = OrderedDict()

    def known(self, text: str) -> Read | None:
        """Return what reading a document comes to, None where it takes the time to read it."""
        if len(text) > MAX_CHARACTERS:
            too_long = f"the document has more than {MAX_CHARACTERS:,} characters; give values as variables"
            return Read(None, (LoadcellError("PAYLOAD_TOO_LARGE", too_long),))
        if text in self._kept:
            self._kept.move_to_end(text)
        return self._kept.get(text)

    def read(self, text: str) -> Read:
        """Return a document with what is wrong with it whatever the variables are."""
        found = self.known(text)
        if found is None:
            found = self._kept[text] = self._read(text)
            if len(self._kept) > MAX_KEPT:
                self._kept.popitem(last=False)
        return found

    def operation(
        self, document: DocumentNode, name: str | None, variables: Mapping[str, Any]
    ) -> OperationDefinitionNode:
        """Return the operation of a document that is to be carried out.

        Raises:
            LoadcellError: INVALID_REQUEST, it does not have this one, or several and none is named;
                LIMIT_EXCEEDED, it asks for too much.
        """
        found = get_operation_ast(document, name)
        if found is None:
            what = "no such operation" if name else "not exactly one operation; name one in operationName"
            raise LoadcellError("INVALID_REQUEST", f"the document has {what}", field="operationName")
        check_cost(self._schema, document, found, variables, self._limits)
        return found

    def _read(self, text: str) -> Read:
        tokens = self._limits.graphql_max_tokens
        try:
            document = parse(text, max_lexical_tokens=tokens, max_comments=_MAX_COMMENTS)
            check_size(document, self._limits)
        except GraphQLSyntaxError as error:
            return Read(None, (_unread(error),))
        except LoadcellError as error:
            return Read(None, (error.with_traceback(None),))
        errors = validate(self._schema, document, specified_rules, max_errors=_MAX_ERRORS, hide_suggestions=True)
        if errors:
            return Read(None, tuple(errors))
        introspection = _Introspection()
        visit(document, introspection)
        return Read(document, introspects=introspection.found)


class _Introspection(Visitor):
    """Looks for what asks for the schema."""

    def __init__(self) -> None:
        super().__init__()
        self.found = False

    def enter_field(self, node: FieldNode, *_args: Any) -> None:
        """Look at a field."""
        self.found |= node.name.value in ("__schema", "__type")


def _unread(error: GraphQLSyntaxError) -> GraphQLError | LoadcellError:
    if error.message.startswith(_TOO_MUCH):
        return LoadcellError("LIMIT_EXCEEDED", error.message.removeprefix(_SYNTAX))
    return error.with_traceback(None)
