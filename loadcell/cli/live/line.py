"""Lines of a terminal, made to fit: what matters least is left out, and no number is ever cut. Pure."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

BLOCKS = "▁▂▃▄▅▆▇█"
PLAIN_BLOCKS = "_.:-=+*#"  # where the terminal knows no more than ASCII
_ELLIPSIS = "..."
_GAP = 2


class Span(NamedTuple):
    """Text of one style."""

    text: str
    style: str = ""


Line = tuple[Span, ...]


class Field(NamedTuple):
    """A part of a line.

    Attributes:
        text: What it says.
        weight: Fields of the lowest weight are left out first, of two alike the right one.
        style: How it looks.
        words: Whether it may be cut, as a number must not.
    """

    text: str
    weight: int
    style: str = ""
    words: bool = False


class Column(NamedTuple):
    """A column of a table: its title, and its weight as that of a field."""

    title: str
    weight: int
    left: bool = False


def line(*fields: Field, width: int) -> Line:
    """Return as many fields as fit beside one another; the weightiest is cut if it is of words."""
    kept = [field for field in fields if field.text]
    while len(kept) > 1 and _length(len(field.text) for field in kept) > width:
        kept.pop(_least([field.weight for field in kept]))
    if not kept:
        return ()
    shown = [_cut(field, width) if len(kept) == 1 else field for field in kept]
    spans: list[Span] = []
    for field in shown:
        if spans:
            spans.append(Span(" " * _GAP))
        spans.append(Span(field.text, field.style))
    return tuple(spans)


def table(columns: Sequence[Column], rows: Sequence[Sequence[Span]], width: int) -> list[Line]:
    """Return the title line and a line for each row, with as many columns as fit."""
    widths = [max(len(column.title), *(len(row[at].text) for row in rows)) for at, column in enumerate(columns)]
    kept = list(range(len(columns)))
    while len(kept) > 1 and _length(widths[at] for at in kept) > width:
        kept.pop(_least([columns[at].weight for at in kept]))
    titles = [Span(column.title, "dim") for column in columns]
    return [_row(columns, widths, kept, row) for row in (titles, *rows)]


def sparkline(values: Sequence[float], width: int, *, wanted: float | None = None, blocks: str = BLOCKS) -> Line:
    """Return the last values as bars, of which the highest stands for what is wanted or for the largest of them.

    Bars of values that fall short of what is wanted by more than a tenth are marked.
    """
    shown = values[-width:] if width > 0 else ()
    top = max([*shown, wanted or 0.0], default=0.0)
    spans: list[Span] = []
    for value in shown:
        bar = blocks[min(len(blocks) - 1, int(value / top * len(blocks)))] if top > 0 else blocks[0]
        style = "yellow" if wanted is not None and value < 0.9 * wanted else "cyan"
        if spans and spans[-1].style == style:
            spans[-1] = Span(spans[-1].text + bar, style)
        else:
            spans.append(Span(bar, style))
    return tuple(spans)


def bar(percent: float, width: int, blocks: str = BLOCKS) -> Line:
    """Return a bar that is filled to so many percent."""
    filled = min(width, max(0, int(percent / 100 * width)))
    return (Span(blocks[-1] * filled, "green"), Span(blocks[0] * (width - filled), "dim"))


def text_of(shown: Line) -> str:
    """Return a line without its styles."""
    return "".join(span.text for span in shown)


def _length(parts: Iterable[int]) -> int:
    lengths = list(parts)
    return sum(lengths) + _GAP * (len(lengths) - 1)


def _least(weights: Sequence[int]) -> int:
    """Return where the lowest weight is, the last of several."""
    return max(range(len(weights)), key=lambda at: (-weights[at], at))


def _cut(field: Field, width: int) -> Field:
    if len(field.text) <= width or not field.words:
        return field
    return field._replace(text=field.text[: max(0, width - len(_ELLIPSIS))] + _ELLIPSIS[:width])


def _row(columns: Sequence[Column], widths: Sequence[int], kept: Sequence[int], row: Sequence[Span]) -> Line:
    spans: list[Span] = []
    for at in kept:
        if spans:
            spans.append(Span(" " * _GAP))
        text = row[at].text
        spans.append(row[at]._replace(text=text.ljust(widths[at]) if columns[at].left else text.rjust(widths[at])))
    return tuple(spans)
