"""Which cell each row belongs to: its point in time, and its group."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from controller.query.metrics.figures import Group
from controller.query.metrics.question import STATUSES, Question, StatusFilter
from controller.query.metrics.rows import Contexts
from loadcell.stats.columns import ERROR, OK, Ints

STATUS = "status_code"
_NUMBERS = {"OK": OK, "ERROR": ERROR}
_MICROS = 1_000_000


@dataclass(frozen=True, slots=True)
class Part:
    """Requests that ended in one of some ways, as far as groups tell these apart."""

    statuses: frozenset[int]
    word: str | None = None


def admitted(filters: Sequence[StatusFilter]) -> frozenset[int]:
    """Return the ends of requests, OK and ERROR, that meet all filters; numbers of HTTP statuses are left out."""
    return frozenset(
        number
        for word, number in _NUMBERS.items()
        if all(word_passes(word, asked) or _numbers(asked) for asked in filters)
    )


def word_passes(word: str, asked: StatusFilter) -> bool:
    """Whether a status meets a filter of words."""
    return (word in asked.values) != asked.negated


def _numbers(asked: StatusFilter) -> bool:
    return any(isinstance(value, int) for value in asked.values)


def asks_numbers(filters: Sequence[StatusFilter]) -> bool:
    """Whether HTTP statuses are asked for, which only single requests tell."""
    return any(_numbers(asked) for asked in filters)


class Grouping:
    """Numbers the cells of an answer in the order of time, then of groups, without value first."""

    def __init__(self, question: Question, contexts: Contexts) -> None:
        self._width = None if question.width is None else question.width * _MICROS
        self._start = question.period.start
        self._contexts = contexts
        names = [name for name in question.group_by if name != STATUS]
        self._plain = contexts.every and not names
        values = list(zip(*(contexts.values[name] for name in names), strict=True)) if names else [()]
        base = list(dict.fromkeys(values))
        numbers = {group: number for number, group in enumerate(base)}
        self._base = np.array([numbers[group] for group in values], np.int64) if names else None
        ends = admitted(question.statuses)
        if STATUS in question.group_by:
            self.parts = tuple(Part(frozenset([_NUMBERS[w]]), w) for w in STATUSES if _NUMBERS[w] in ends)
        else:
            self.parts = (Part(ends),) if ends else ()
        at = question.group_by.index(STATUS) if STATUS in question.group_by else len(question.group_by)
        full = [
            (*group[:at], *([part.word] if part.word else []), *group[at:])
            for group in base
            for part in self.parts
        ]
        order = sorted(range(len(full)), key=lambda number: [(v is not None, v or "") for v in full[number]])
        self.groups: list[Group] = [full[number] for number in order]
        self._ranks = np.empty(len(full), np.int64)
        self._ranks[order] = np.arange(len(full))

    def contexts_of(self, context: Ints) -> Ints:
        """Return the position of each context among those asked for, -1 for others; 0 where it is all the same."""
        if self._plain and not len(self._contexts.keys):
            return np.zeros(len(context), np.int64)
        return self._contexts.positions(context)

    def keys(self, start: Ints, position: Ints, part: int) -> Ints:
        """Return the number of the cell of each row.

        Args:
            start: microseconds since 1970, anywhere in the point.
            position: of the context, none of them -1.
            part: position in `parts`.
        """
        base = np.zeros(len(start), np.int64) if self._base is None else self._base[position]
        group = self._ranks[base * len(self.parts) + part]
        if self._width is None:
            return group
        keys: Ints = (start // self._width - self._start // self._width) * len(self.groups) + group
        return keys

    def cells(self, keys: Ints) -> tuple[Ints, Ints]:
        """Return the beginning of the point (microseconds since 1970) and the group of cells."""
        points, group = np.divmod(keys, max(len(self.groups), 1))
        if self._width is None:
            return np.full(len(keys), self._start), group
        return (points + self._start // self._width) * self._width, group

    def split(self) -> Iterator[tuple[int, Part]]:
        """Yield the parts with their positions."""
        yield from enumerate(self.parts)
