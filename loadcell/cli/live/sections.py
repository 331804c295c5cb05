"""Putting parts of a screen on top of one another so that what matters most is there, however low it is. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from loadcell.cli.live.line import Line


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the screen.

    Attributes:
        weight: Sections of the lowest weight give way first.
        wanted: Lines it would have.
        least: Lines with which it still makes sense; with fewer it is left out.
        draw: Makes as many lines as it is given, or fewer.
        spaced: Whether an empty line stands before it, where there is room for one.
    """

    weight: int
    wanted: int
    least: int
    draw: Callable[[int], list[Line]]
    spaced: bool = False


def fixed(lines: Sequence[Line], weight: int, *, spaced: bool = False) -> Section:
    """Return a section that is there as a whole or not at all."""
    return Section(weight, len(lines), len(lines), lambda _: list(lines), spaced)


def stack(sections: Sequence[Section], height: int) -> list[Line]:
    """Return the lines of the sections from top to bottom, at most as many as are given."""
    rows = [section.wanted for section in sections]
    for at in sorted(range(len(sections)), key=lambda at: sections[at].weight):
        excess = sum(rows) - height
        if excess > 0:
            smaller = rows[at] - excess
            rows[at] = smaller if smaller >= sections[at].least else 0
    shown = [(section, count) for section, count in zip(sections, rows, strict=True) if count]
    room = height - sum(rows)
    lines: list[Line] = []
    for section, count in shown:
        if section.spaced and lines and room > 0:
            lines.append(())
            room -= 1
        lines += section.draw(count)
    return lines[: max(0, height)]
