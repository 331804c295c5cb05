"""Which parts of a filter the index of words answers: trees of searches, as one expression of `full_text`."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import NamedTuple

from sqlalchemy import Connection

from controller.query.traces.conditions import And, Condition, Node, Not, Operator, Or
from controller.store.full_text import all_of, any_of, but_not, expression
from controller.store.traces.parts import side


class Led(NamedTuple):
    """Parts of a filter for which, taken together, an expression of words stands."""

    parts: Collection[Node]
    words: str | None


def led_by_words(connection: Connection, parts: Iterable[Node]) -> Led:
    """Return the parts for which the index has all requests that all of them hold for; none: no expression.

    What is not to be found leads nowhere on its own, because the index has no request without texts.
    """
    found: dict[Node, str] = {}
    excluded: dict[Node, str] = {}
    for part in parts:
        words = words_of(connection, part.child if isinstance(part, Not) else part)
        if words is not None:
            (excluded if isinstance(part, Not) else found)[part] = words
    if not found:
        return Led((), None)
    words = all_of(connection, found.values())
    if excluded:
        words = but_not(connection, words, any_of(connection, excluded.values()))
    return Led({*found, *excluded}, words)


def words_of(connection: Connection, node: Node) -> str | None:
    """Return a tree of searches as an expression, None for any other."""
    match node:
        case Condition(operator=Operator.SEARCH):
            return expression(connection, side(node), str(node.value))
        case And(children):
            led = led_by_words(connection, children)
            return led.words if len(led.parts) == len(set(children)) else None
        case Or(children):
            words = [words_of(connection, child) for child in children]
            known = [one for one in words if one is not None]
            return any_of(connection, known) if len(known) == len(words) else None
    return None
