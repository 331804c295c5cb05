"""Writes HTML. Whatever is not markup that was made here is text, and is escaped."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from html import escape

from controller.report.sheet import Cell

MISSING = "\N{EN DASH}"
MOST_ROWS = 1_000  # of a table
_VOID = frozenset({"meta", "br", "col"})
_MARKED = frozenset(
    {"clean", "degraded", "client_limited", "failed", "better", "worse", "passed", "missed", "warning", "critical"}
)


class Markup(str):
    """HTML that was made here."""

    __slots__ = ()


def element(tag: str, *children: str, **attributes: str | float | None) -> Markup:
    """Return an element with what it holds; attributes that are None are left out, and `class_` is `class`."""
    written = "".join(
        f' {name.rstrip("_").replace("_", "-")}="{escape(_attribute(value), quote=True)}"'
        for name, value in attributes.items()
        if value is not None
    )
    if tag in _VOID:
        return Markup(f"<{tag}{written}>")
    return Markup(f"<{tag}{written}>{joined(children)}</{tag}>")


def joined(children: Iterable[str]) -> Markup:
    """Return markup as it is and texts escaped, one after the other."""
    return Markup("".join(one if isinstance(one, Markup) else escape(one, quote=True) for one in children))


def section(title: str, *children: str) -> Markup:
    """Return a part of a page under its title; nothing where there is nothing in it."""
    return element("section", element("h2", title), *children) if any(children) else Markup()


def listing(lines: Sequence[str]) -> Markup:
    """Return a list, nothing without lines."""
    if not lines:
        return Markup()
    return element("ul", *(element("li", line) for line in lines[:MOST_ROWS]), *_rest(len(lines)))


def table(titles: Sequence[str], rows: Sequence[Sequence[Cell]], caption: str = "") -> Markup:
    """Return a table whose first column names the rows; nothing without rows. Without titles it has no head."""
    if not rows:
        return Markup()
    head = element("thead", element("tr", *(element("th", title, scope="col") for title in titles)))
    lines = [
        element("tr", element("th", written(first), scope="row"), *map(cell, rest))
        for first, *rest in rows[:MOST_ROWS]
    ]
    made = element(
        "table",
        element("caption", caption) if caption else Markup(),
        head if titles else Markup(),
        element("tbody", *lines),
    )
    return element("div", made, *_rest(len(rows)), class_="wide")


def cell(value: Cell) -> Markup:
    """Return a cell of a table; words of verdicts have their colour."""
    if value is None or value == "":
        return element("td", MISSING, class_="number")
    if isinstance(value, str):
        return element("td", written(value), class_=value if value in _MARKED else None)
    return element("td", written(value), class_="number")


def written(value: Cell) -> str:
    """Return a figure with two decimals, a count without, a text as it is."""
    if value is None:
        return MISSING
    if isinstance(value, str):
        return value
    return f"{value:,.2f}" if isinstance(value, float) else f"{value:,}"


def _attribute(value: str | float) -> str:
    if isinstance(value, str):
        return value
    return f"{round(value, 2):g}" if math.isfinite(value) else "0"


def _rest(count: int) -> list[Markup]:
    return [element("p", f"and {count - MOST_ROWS:,} more")] if count > MOST_ROWS else []
