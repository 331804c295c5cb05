"""Which rollups cover a range of time, the coarsest first, and what remains at its edges."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from loadcell.stats.rollup import GRAINS

_MICROS = 1_000_000


@dataclass(frozen=True, slots=True)
class Span:
    """Rollups of a grain (seconds): buckets from `first` up to, and without, `end`."""

    grain: int
    first: int
    end: int


@dataclass(frozen=True, slots=True)
class Edge:
    """Requests that no rollup is read for: from `start` up to, and without, `end`, in microseconds since 1970."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Cover:
    """What makes up a range of time, each part of it once."""

    spans: tuple[Span, ...]
    edges: tuple[Edge, ...]


def cover(start: int, end: int, *, width: int | None, now: int) -> Cover:
    """Return what covers a range of time (microseconds since 1970, `end` exclusive).

    Args:
        start: beginning of the range.
        end: its end; one that is not before `now` needs no exact edge, since nothing has begun after now.
        width: of the points (whole minutes in seconds), which no rollup may lie across; None: one point.
        now: time of the question.
    """
    grains = [grain for grain in sorted(GRAINS, reverse=True) if width is None or width % grain == 0]
    if end >= now:
        coarsest = grains[0] * _MICROS
        end = max(end, -(-now // coarsest) * coarsest)
    spans: list[Span] = []
    edges: list[Edge] = []
    _split(start, end, grains, spans, edges)
    return Cover(tuple(spans), tuple(edges))


def as_kept(covered: Cover, oldest: Mapping[int, int]) -> Cover:
    """Return a cover without rollups that are no longer kept; the finest of them go before the requests do.

    Edges that touch are one: each costs a part of a statement.

    Args:
        covered: what covers a range.
        oldest: the first bucket that is kept of each grain; a grain that is missing is kept for ever.
    """
    spans: list[Span] = []
    edges = list(covered.edges)
    for span in covered.spans:
        first = max(span.first, min(oldest.get(span.grain, span.first), span.end))
        if first > span.first:
            micros = span.grain * _MICROS
            edges.append(Edge(span.first * micros, first * micros))
        if first < span.end:
            spans.append(Span(span.grain, first, span.end))
    return Cover(tuple(spans), tuple(joined(edges)))


def joined(edges: Iterable[Edge]) -> list[Edge]:
    """Return edges, of which none may overlap another, in the order of time and those that touch as one."""
    found: list[Edge] = []
    for edge in sorted(edges, key=lambda one: one.start):
        if found and found[-1].end == edge.start:
            found[-1] = Edge(found[-1].start, edge.end)
        else:
            found.append(edge)
    return found


def _split(start: int, end: int, grains: Sequence[int], spans: list[Span], edges: list[Edge]) -> None:
    if start >= end:
        return
    if not grains:
        edges.append(Edge(start, end))
        return
    micros = grains[0] * _MICROS
    first, last = -(-start // micros), end // micros
    if first >= last:
        _split(start, end, grains[1:], spans, edges)
        return
    spans.append(Span(grains[0], first, last))
    _split(start, first * micros, grains[1:], spans, edges)
    _split(last * micros, end, grains[1:], spans, edges)
