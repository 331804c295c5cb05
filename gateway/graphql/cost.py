"""What an operation asks for, counted before anything is asked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLCompositeType,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    SelectionNode,
    VariableNode,
    get_named_type,
    is_composite_type,
)

from gateway.graphql.limits import refuse_above
from gateway.graphql.settings import GraphqlSettings

LIST_SIZE: Final = 10
"""What a list without a limit counts as."""
VALUES_OF_AN_OBJECT: Final = 20
"""Values that may be asked for, for each object that may."""
_SHORT: Final = {"spans": 1, "children": 1, "evaluations": 3}  # of a trace: a request is one span
_LIMIT: Final = "limit"
_MOST_DIGITS: Final = 20


def check_cost(
    schema: GraphQLSchema,
    document: DocumentNode,
    operation: OperationDefinitionNode,
    variables: Mapping[str, Any],
    limits: GraphqlSettings,
) -> None:
    """Refuse an operation of a valid document that asks for too much.

    Raises:
        LoadcellError: LIMIT_EXCEEDED.
    """
    fragments = {
        node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)
    }
    defaults = {
        one.variable.name.value: _whole(one.default_value)
        for one in operation.variable_definitions or ()
        if isinstance(one.default_value, IntValueNode)
    }
    cost = _Cost(limits, fragments, {**defaults, **variables})
    if schema.query_type is not None:
        cost.add(operation.selection_set.selections, schema.query_type, _Place(1, 1, None))
    most = limits.graphql_max_complexity
    refuse_above(limits.graphql_max_root_fields, cost.root_fields, "queries", "GRAPHQL_MAX_ROOT_FIELDS")
    refuse_above(most, cost.objects, "objects", "GRAPHQL_MAX_COMPLEXITY")
    refuse_above(most * VALUES_OF_AN_OBJECT, cost.values, "values", "GRAPHQL_MAX_COMPLEXITY")


@dataclass(frozen=True, slots=True)
class _Place:
    """How deep a selection is, of how many objects, and the limit of a page it is of."""

    depth: int
    times: int
    page: int | None


class _Cost:
    """Counts what is asked for; what fragments hold counts wherever they are spread.

    The number of visits is bounded as the number of tokens is, so that fragments of fragments end early.
    """

    def __init__(
        self,
        limits: GraphqlSettings,
        fragments: Mapping[str, FragmentDefinitionNode],
        variables: Mapping[str, Any],
    ) -> None:
        self._limits, self._fragments, self._variables = limits, fragments, variables
        self._visits = 0
        self.root_fields = self.objects = self.values = 0

    def add(self, selections: Iterable[SelectionNode], parent: GraphQLCompositeType, place: _Place) -> None:
        """Count a selection of objects of a type."""
        for one in selections:
            self._visits += 1
            refuse_above(self._limits.graphql_max_tokens, self._visits, "fields", "GRAPHQL_MAX_TOKENS")
            if isinstance(one, FieldNode):
                self._add_field(one, parent, place)
            elif isinstance(one, FragmentSpreadNode):
                self.add(self._fragments[one.name.value].selection_set.selections, parent, place)
            elif isinstance(one, InlineFragmentNode):
                self.add(one.selection_set.selections, parent, place)

    def _add_field(self, node: FieldNode, parent: GraphQLCompositeType, place: _Place) -> None:
        refuse_above(self._limits.graphql_max_depth, place.depth, "levels", "GRAPHQL_MAX_DEPTH")
        self.root_fields += place.depth == 1
        field = _field(parent, node.name.value)
        kind = get_named_type(field.type) if field is not None else None
        if field is None or node.selection_set is None or not is_composite_type(kind):
            self.values += place.times  # or of introspection, which has bounds of its own
            return
        size, page = 1, self._limit_of(node, field)
        if _is_list(field):
            size, page = page or place.page or _SHORT.get(node.name.value, LIST_SIZE), None
        self.objects += place.times * size
        self.add(node.selection_set.selections, kind, _Place(place.depth + 1, place.times * size, page))

    def _limit_of(self, node: FieldNode, field: GraphQLField) -> int | None:
        """Return the limit that is asked for, None where a field takes none; one that is no number counts as 1."""
        if _LIMIT not in field.args:
            return None
        given: Any = None
        for argument in node.arguments or ():
            if argument.name.value == _LIMIT and isinstance(argument.value, VariableNode):
                given = self._variables.get(argument.value.name.value)
            elif argument.name.value == _LIMIT and isinstance(argument.value, IntValueNode):
                given = _whole(argument.value)
        value = field.args[_LIMIT].default_value if given is None else given
        return max(value, 1) if isinstance(value, int) else 1


def _whole(node: IntValueNode) -> int:
    """Return a number; one with more digits than any that is valid as one that is too large as well."""
    return int(node.value[:_MOST_DIGITS])


def _field(parent: GraphQLCompositeType, name: str) -> GraphQLField | None:
    return parent.fields.get(name) if isinstance(parent, GraphQLObjectType | GraphQLInterfaceType) else None


def _is_list(field: GraphQLField) -> bool:
    kind = field.type
    return isinstance(kind.of_type if isinstance(kind, GraphQLNonNull) else kind, GraphQLList)
