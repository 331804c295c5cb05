"""What one document may ask for, judged before anything is asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from graphql import (
    DirectiveNode,
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
    Visitor,
    get_named_type,
    is_composite_type,
    visit,
)

from gateway.graphql.settings import GraphqlSettings
from loadcell.errors import LoadcellError

MOST_OF_A_NAME: Final = 50
"""Fields of one name in a document: to validate it, each is compared with each."""
LIST_SIZE: Final = 10
"""What a list without a limit counts as."""
_SHORT: Final = {"spans": 1, "children": 1, "evaluations": 3}  # of a trace: a request is one span
_LIMIT: Final = "limit"


def check_size(document: DocumentNode, limits: GraphqlSettings) -> None:
    """Refuse a document that would be slow to validate.

    Raises:
        LoadcellError: LIMIT_EXCEEDED.
    """
    counted = _Counted()
    visit(document, counted)
    _refuse_above(limits.graphql_max_aliases, counted.aliases, "aliases", "GRAPHQL_MAX_ALIASES")
    _refuse_above(limits.graphql_max_directives, counted.directives, "directives", "GRAPHQL_MAX_DIRECTIVES")
    for name, count in counted.names.most_common(1):
        _refuse_above(MOST_OF_A_NAME, count, f"fields called {name[:64]}")


class _Counted(Visitor):
    """Counts what is written in a document."""

    def __init__(self) -> None:
        super().__init__()
        self.aliases = self.directives = 0
        self.names: Counter[str] = Counter()

    def enter_field(self, node: FieldNode, *_args: Any) -> None:
        """Count a field."""
        self.aliases += node.alias is not None
        self.names[(node.alias or node.name).value] += 1

    def enter_directive(self, _node: DirectiveNode, *_args: Any) -> None:
        """Count a directive."""
        self.directives += 1


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
        one.variable.name.value: int(one.default_value.value)
        for one in operation.variable_definitions or ()
        if isinstance(one.default_value, IntValueNode)
    }
    cost = _Cost(limits, fragments, {**defaults, **variables})
    root = schema.query_type
    if root is not None:
        objects = cost.of(operation.selection_set.selections, root, _Place(1, None))
        _refuse_above(limits.graphql_max_root_fields, cost.root_fields, "queries", "GRAPHQL_MAX_ROOT_FIELDS")
        _refuse_above(limits.graphql_max_complexity, objects, "objects", "GRAPHQL_MAX_COMPLEXITY")


@dataclass(frozen=True, slots=True)
class _Place:
    """How deep a selection is, and the limit of a page it is of."""

    depth: int
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
        self.root_fields = 0

    def of(self, selections: Iterable[SelectionNode], parent: GraphQLCompositeType, place: _Place) -> int:
        """Return the number of objects that a selection makes of one of its parents."""
        objects = 0
        for one in selections:
            self._visits += 1
            _refuse_above(self._limits.graphql_max_tokens, self._visits, "fields", "GRAPHQL_MAX_TOKENS")
            if isinstance(one, FieldNode):
                objects += self._of_field(one, parent, place)
            elif isinstance(one, FragmentSpreadNode):
                objects += self.of(self._fragments[one.name.value].selection_set.selections, parent, place)
            elif isinstance(one, InlineFragmentNode):
                objects += self.of(one.selection_set.selections, parent, place)
        return objects

    def _of_field(self, node: FieldNode, parent: GraphQLCompositeType, place: _Place) -> int:
        _refuse_above(self._limits.graphql_max_depth, place.depth, "levels", "GRAPHQL_MAX_DEPTH")
        self.root_fields += place.depth == 1
        field = _field(parent, node.name.value)
        if field is None or node.selection_set is None:  # of introspection, which has bounds of its own, or a leaf
            return 0
        kind = get_named_type(field.type)
        if not is_composite_type(kind):
            return 0
        size, page = 1, self._limit_of(node, field)
        if _is_list(field):
            size, page = page or place.page or _SHORT.get(node.name.value, LIST_SIZE), None
        inside = self.of(node.selection_set.selections, kind, _Place(place.depth + 1, page))
        return size * (1 + inside)

    def _limit_of(self, node: FieldNode, field: GraphQLField) -> int | None:
        """Return the limit that is asked for, None where a field takes none; one that is no number counts as 1."""
        if _LIMIT not in field.args:
            return None
        given: Any = None
        for argument in node.arguments or ():
            if argument.name.value == _LIMIT and isinstance(argument.value, VariableNode):
                given = self._variables.get(argument.value.name.value)
            elif argument.name.value == _LIMIT and isinstance(argument.value, IntValueNode):
                given = int(argument.value.value)
        value = field.args[_LIMIT].default_value if given is None else given
        return max(value, 1) if isinstance(value, int) else 1


def _field(parent: GraphQLCompositeType, name: str) -> GraphQLField | None:
    return parent.fields.get(name) if isinstance(parent, GraphQLObjectType | GraphQLInterfaceType) else None


def _is_list(field: GraphQLField) -> bool:
    kind = field.type
    return isinstance(kind.of_type if isinstance(kind, GraphQLNonNull) else kind, GraphQLList)


def _refuse_above(most: int, count: int, what: str, setting: str = "") -> None:
    if count > most:
        hint = f" (LOADCELL_{setting})" if setting else ""
        raise LoadcellError("LIMIT_EXCEEDED", f"the document has more than {most:,} {what}{hint}")
