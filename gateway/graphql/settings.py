"""Settings of GraphQL: whether it is served, and how much one document may ask for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from loadcell import settings
from loadcell.settings import setting

LOCAL = "local"
ON = "on"
_SHOWN = {"true": ON, "1": ON, "on": ON, "false": "off", "0": "off", "off": "off", LOCAL: LOCAL}


def _shown(value: str) -> str:
    if value.lower() not in _SHOWN:
        raise ValueError("must be on, off or local")
    return _SHOWN[value.lower()]


@dataclass(frozen=True)
class GraphqlSettings:
    """What the environment says about /graphql."""

    graphql: bool = setting(
        True,
        parse=settings.boolean,
        names=("LOADCELL_GRAPHQL", "GRAPHQL_ENABLED"),
        doc="Whether /graphql is served.",
    )
    graphql_introspection: str = setting(
        LOCAL,
        parse=_shown,
        names=("LOADCELL_GRAPHQL_INTROSPECTION", "GRAPHQL_INTROSPECTION"),
        doc="Who may ask for the schema: on, off, or local: callers of a gateway on loopback whose controller asks"
        " for no credential.",
    )
    graphql_playground: str = setting(
        LOCAL,
        parse=_shown,
        names=("LOADCELL_GRAPHQL_PLAYGROUND", "GRAPHQL_PLAYGROUND"),
        doc="Who sees /graphql/playground, a page to try documents on: on, off or local as for the schema.",
    )
    graphql_max_depth: int = setting(
        10,
        parse=settings.integer(1, 50),
        names=("LOADCELL_GRAPHQL_MAX_DEPTH", "GRAPHQL_MAX_DEPTH"),
        doc="Most fields inside one another.",
    )
    graphql_max_complexity: int = setting(
        1_000,
        parse=settings.integer(1, 100_000),
        names=("LOADCELL_GRAPHQL_MAX_COMPLEXITY", "GRAPHQL_MAX_COMPLEXITY"),
        doc="Most objects a document may ask for; lists count as often as their limit, lists in lists multiply.",
    )
    graphql_max_aliases: int = setting(
        30,
        parse=settings.integer(0, 1_000),
        names=("LOADCELL_GRAPHQL_MAX_ALIASES",),
        doc="Most aliases in a document.",
    )
    graphql_max_root_fields: int = setting(
        10,
        parse=settings.integer(1, 100),
        names=("LOADCELL_GRAPHQL_MAX_ROOT_FIELDS",),
        doc="Most queries in an operation.",
    )
    graphql_max_directives: int = setting(
        20,
        parse=settings.integer(0, 1_000),
        names=("LOADCELL_GRAPHQL_MAX_DIRECTIVES",),
        doc="Most directives in a document.",
    )
    graphql_max_tokens: int = setting(
        1_000,
        parse=settings.integer(10, 10_000),
        names=("LOADCELL_GRAPHQL_MAX_TOKENS",),
        doc="Most tokens of a document.",
    )
    graphql_timeout_seconds: int = setting(
        30,
        parse=settings.integer(1, 600),
        names=("LOADCELL_GRAPHQL_TIMEOUT_SECONDS",),
        doc="How long a document may take.",
    )


DEFAULTS: Final = GraphqlSettings()
