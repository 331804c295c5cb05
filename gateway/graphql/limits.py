"""What a document may hold, judged before it is validated: that takes longer the more there is."""

from __future__ import annotations

from collections import Counter
from typing import Any, Final

from graphql import DirectiveNode, DocumentNode, FieldNode, Visitor, visit

from gateway.graphql.settings import GraphqlSettings
from loadcell.errors import LoadcellError

MOST_OF_A_NAME: Final = 50
"""Fields of one name in a document: to validate it, each is compared with each."""


def check_size(document: DocumentNode, limits: GraphqlSettings) -> None:
    """Refuse a document that would be slow to validate.

    Raises:
        LoadcellError: LIMIT_EXCEEDED.
    """
    counted = _Counted()
    visit(document, counted)
    refuse_above(limits.graphql_max_aliases, counted.aliases, "aliases", "GRAPHQL_MAX_ALIASES")
    refuse_above(limits.graphql_max_directives, counted.directives, "directives", "GRAPHQL_MAX_DIRECTIVES")
    for name, count in counted.names.most_common(1):
        refuse_above(MOST_OF_A_NAME, count, f"fields called {name[:64]}")


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


def refuse_above(most: int, count: int, what: str, setting: str = "") -> None:
    """Refuse a document that has more of something than a setting lets through.

    Raises:
        LoadcellError: LIMIT_EXCEEDED.
    """
    if count > most:
        hint = f" (LOADCELL_{setting})" if setting else ""
        raise LoadcellError("LIMIT_EXCEEDED", f"the document has more than {most:,} {what}{hint}")
