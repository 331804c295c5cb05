"""The filter of a search as it comes in requests, JSON-like, and the tree of conditions it becomes.

A node is a condition, `{"field": "model", "operator": "eq", "value": "m"}`, or a group,
`{"operator": "and", "filters": [...]}`, with and, or, not in either case.
"""

from __future__ import annotations

from collections.abc import Mapping

from controller.query.traces.conditions import And, Node, Not, Or
from controller.query.traces.leaves import Place, read_leaf
from loadcell.errors import LoadcellError

MAX_DEPTH = 10  # nodes from the root to a leaf, both counted
MAX_NODES = 100  # groups and conditions, as written

_LEAF = {"field", "operator", "value"}
_GROUP = {"operator", "filters"}


def read_filter(node: object, now: int, where: str = "filter") -> Node:
    """Return the tree of a filter; `now` is the time of the question in microseconds since 1970.

    Raises:
        LoadcellError: with the path of the part that cannot be used, such as filter.filters[1].value.
    """
    _check_size(node, where)
    return _read(node, now, where)


def _check_size(node: object, where: str) -> None:
    """Refuse a filter that is too deep or too large before anything is made of it, and without recursion."""
    layer, count = [node], 0
    for _ in range(MAX_DEPTH):
        count += len(layer)
        if count > MAX_NODES:
            raise LoadcellError("LIMIT_EXCEEDED", f"the filter has more than {MAX_NODES} nodes", field=where)
        layer = [child for parent in layer for child in _children(parent)]
        if not layer:
            return
    raise LoadcellError("LIMIT_EXCEEDED", f"the filter is deeper than {MAX_DEPTH} nodes", field=where)


def _children(node: object) -> list[object] | tuple[object, ...]:
    children = node.get("filters") if isinstance(node, Mapping) else None
    return children if isinstance(children, list | tuple) else []


def _read(node: object, now: int, where: str) -> Node:
    if not isinstance(node, Mapping):
        raise LoadcellError("INVALID_FIELD_FORMAT", "a part of a filter must be an object", field=where)
    leaf = "field" in node
    for name in node:
        if name not in (_LEAF if leaf else _GROUP):
            what = "a condition has field, operator and value" if leaf else "a group has operator and filters"
            raise LoadcellError("UNKNOWN_FIELD", f"{what}, not {str(name)[:64]!r}", field=where)
    if not leaf:
        return _group(node, now, where)
    if "value" not in node:
        raise LoadcellError("MISSING_REQUIRED_FIELD", "the condition has no value", field=f"{where}.value")
    place = Place(f"{where}.field", f"{where}.operator", f"{where}.value")
    return read_leaf(_word(node, "field", where), _word(node, "operator", where), node["value"], now, place)


def _group(node: Mapping[object, object], now: int, where: str) -> Node:
    word = _word(node, "operator", where).lower()
    if word not in {"and", "or", "not"}:
        raise LoadcellError(
            "INVALID_FIELD_VALUE",
            f"a group is one of and, or, not, and {word[:64]!r} is none; a condition needs a field",
            field=f"{where}.operator",
        )
    filters = node.get("filters")
    if not isinstance(filters, list | tuple) or not filters:
        raise LoadcellError(
            "INVALID_FIELD_FORMAT", "filters must be a list of at least one part", field=f"{where}.filters"
        )
    if word == "not" and len(filters) != 1:
        raise LoadcellError(
            "INVALID_FIELD_VALUE", f"not takes exactly one part, not {len(filters)}", field=f"{where}.filters"
        )
    children = tuple(_read(child, now, f"{where}.filters[{index}]") for index, child in enumerate(filters))
    match word:
        case "and":
            return And(children)
        case "or":
            return Or(children)
        case _:
            return Not(children[0])


def _word(node: Mapping[object, object], name: str, where: str) -> str:
    word = node.get(name)
    if not isinstance(word, str) or not word:
        raise LoadcellError("MISSING_REQUIRED_FIELD", f"{name} must be a text", field=f"{where}.{name}")
    return word
