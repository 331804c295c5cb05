"""Which requests a question can be about, found before any is looked at: their contexts, runs and time.

All requests of a run have the same context and follow its creation, so what is asked of the few rows that requests
share says where to look among the many.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TypeGuard

from sqlalchemy import BigInteger, ColumnElement, Connection, false, literal, select

from controller.query.traces.bounds import ALWAYS, Bounds, time_bounds
from controller.query.traces.conditions import And, Condition, Node, Operator, Or
from controller.query.traces.fields import Group
from controller.query.traces.question import conditions
from controller.scope import Scope
from controller.store.among import one_of
from controller.store.full_text import all_of
from controller.store.run_span import CLOCKS_APART_MICROS
from controller.store.schema import benchmark_runs, traces
from controller.store.traces.columns import STATUSES
from controller.store.traces.compiler import on_shared, on_traces, shared_by
from controller.store.traces.context_keys import context_keys
from controller.store.traces.keys import runs_of_spans, runs_of_traces
from controller.store.traces.scoped import of_projects
from controller.store.traces.word_trees import led_by_words

MOST_WAYS = 8  # that are gone one by one
MOST_KEYS = 1_000  # of contexts or runs that are named one by one

_IDENTIFIERS = {"trace_id", "span_id"}
_BOUNDS = (Operator.GT, Operator.GTE, Operator.LT, Operator.LTE)


@dataclass(frozen=True, slots=True)
class Narrowed:
    """Where to look: all of `conditions` hold, and the request has one of `contexts` unless that is None.

    All of them were started within `times`, are of runs with keys within `runs`, and have the `status` unless that
    is None. `words`: an expression of `full_text` that holds as well. `identified`: the conditions name single
    requests. `ways`: if there are any, the request is among those of one of them.
    """

    conditions: tuple[ColumnElement[bool], ...]
    contexts: tuple[int, ...] | None = None
    times: Bounds = ALWAYS
    runs: Bounds = ALWAYS
    words: str | None = None
    identified: bool = False
    status: str | None = None
    ways: tuple[Narrowed, ...] = ()

    def where(self) -> list[ColumnElement[bool]]:
        """Return the conditions on rows of `traces`, without those that contexts, words and ways are."""
        ended = [] if self.status is None else [STATUSES[self.status]]
        return [*self.conditions, *ended, *_within(traces.c.ts, self.times), *_within(traces.c.run_key, self.runs)]

    def ended(self, status: str | None) -> Narrowed:
        """Return where those of the requests are that ended with a status, unless that is None."""
        if status is None or self.status in (None, status):
            return replace(self, status=self.status or status)
        return _with(self, STATUSES[status])

    def by(self, connection: Connection, way: Narrowed) -> Narrowed:
        """Return where those of the requests are to which one of the ways leads."""
        both = [found for found in (self.contexts, way.contexts) if found is not None]
        words = [found for found in (self.words, way.words) if found is not None]
        return Narrowed(
            self.conditions + way.conditions,
            contexts=tuple(sorted(set.intersection(*map(set, both)))) if both else None,
            times=_both(self.times, way.times),
            runs=_both(self.runs, way.runs),
            words=all_of(connection, words) if words else None,
            identified=self.identified or way.identified,
            status=self.status,
            ways=way.ways,
        ).ended(way.status)


def narrow(connection: Connection, filter_: Node | None, scope: Scope) -> Narrowed | None:
    """Return where the requests are that a filter selects within a scope, None when there can be none."""
    if scope.projects is not None and not scope.projects:
        return None
    mine = of_projects(scope)
    parts = [*_conjuncts(filter_), *([] if mine is None else [mine])]
    first, last = time_bounds(And(tuple(parts))) if parts else ALWAYS
    if first > last:
        return None
    led = led_by_words(connection, parts)
    fork = _fork(part for part in parts if part not in led.parts)
    ways = tuple(
        filter(None, (narrow(connection, way, Scope.everything()) for way in fork.children) if fork else ())
    )
    if fork and not ways:
        return None
    others = [
        part
        for part in parts
        if shared_by(part) not in (Group.CONTEXT, Group.RUN)
        and part not in led.parts
        and part is not fork
        and not _is_bound(part)
        and not _is_status(part)
    ]
    statuses = [str(part.value) for part in parts if _is_status(part)]
    asked = tuple(on_traces(connection, part) for part in others)
    if any(one is false() for one in asked):
        return None
    everywhere = Narrowed(
        asked,
        times=Bounds(first, last),
        runs=_runs_named(connection, parts),
        words=led.words,
        identified=any(map(_names_requests, parts)),
        ways=ways,
    )
    for status in statuses:
        everywhere = everywhere.ended(status)
    found: Narrowed | None = everywhere
    of_contexts = tuple(part for part in parts if shared_by(part) is Group.CONTEXT)
    if of_contexts:
        found = _by_contexts(connection, everywhere, of_contexts)
    of_runs = tuple(part for part in parts if shared_by(part) is Group.RUN)
    if of_runs and found:
        found = _by_runs(connection, found, And(of_runs))
    return found


def _fork(parts: Iterable[Node]) -> Or | None:
    """Return the first part that holds where one of few does of which some are about words, if there is one.

    Each of these is a way of its own. To requests that hold for one or the other, no index leads.
    """
    forks = (part for part in parts if isinstance(part, Or) and len(part.children) <= MOST_WAYS)
    return next((fork for fork in forks if any(one.operator is Operator.SEARCH for one in conditions(fork))), None)


def _conjuncts(node: Node | None) -> Iterator[Node]:
    if isinstance(node, And):
        for child in node.children:
            yield from _conjuncts(child)
    elif node is not None:
        yield node


def _names_requests(node: Node) -> TypeGuard[Condition]:
    return (
        isinstance(node, Condition)
        and node.field.name in _IDENTIFIERS
        and node.operator in (Operator.EQ, Operator.IN)
        and node.value is not None
    )


def _runs_named(connection: Connection, parts: Iterable[Node]) -> Bounds:
    """Return bounds of the keys of runs of the requests that parts name: PostgreSQL leaves out other days."""
    runs = ALWAYS
    if connection.dialect.name == "sqlite":
        return runs
    for part in filter(_names_requests, parts):
        named = [str(one) for one in (part.value if isinstance(part.value, tuple) else [part.value])]
        mine = runs_of_traces(named) if part.field.name == "trace_id" else runs_of_spans(connection, named)
        runs = _both(runs, mine)
    return runs


def _is_status(node: Node) -> TypeGuard[Condition]:
    return (
        isinstance(node, Condition)
        and node.field.name == "status_code"
        and node.operator is Operator.EQ
        and node.value is not None
    )


def _is_bound(node: Node) -> bool:
    """Whether a part of a filter bounds the time and nothing else."""
    return isinstance(node, Condition) and node.field.name == "ts" and node.operator in _BOUNDS


def _by_contexts(connection: Connection, found: Narrowed, parts: tuple[Node, ...]) -> Narrowed | None:
    keys = context_keys(connection, parts, MOST_KEYS)
    if len(keys) > MOST_KEYS:
        return _with(found, on_traces(connection, And(parts)))
    return replace(found, contexts=tuple(keys)) if keys else None


def _by_runs(connection: Connection, found: Narrowed, node: Node) -> Narrowed | None:
    runs = connection.execute(
        select(benchmark_runs.c.run_key, benchmark_runs.c.context_key, benchmark_runs.c.created_at)
        .where(on_shared(connection, node))
        .limit(MOST_KEYS + 1)
    ).all()
    if len(runs) > MOST_KEYS:
        return _with(found, on_traces(connection, node))
    keys = {context for _, context, _ in runs}.intersection(found.contexts or [context for _, context, _ in runs])
    if not keys:
        return None
    created = min(created_at for _, _, created_at in runs)
    since = Bounds(created - CLOCKS_APART_MICROS, ALWAYS.last)
    return replace(
        _with(found, one_of(connection, traces.c.run_key, [run for run, _, _ in runs])),
        contexts=tuple(sorted(keys)),
        times=_both(found.times, since),
        runs=_both(found.runs, Bounds(min(run for run, _, _ in runs), max(run for run, _, _ in runs))),
    )


def _with(found: Narrowed, *conditions: ColumnElement[bool]) -> Narrowed:
    return replace(found, conditions=(*found.conditions, *conditions))


def _both(one: Bounds, other: Bounds) -> Bounds:
    return Bounds(max(one.first, other.first), min(one.last, other.last))


def _within(column: ColumnElement[int], bounds: Bounds) -> list[ColumnElement[bool]]:
    first = [column >= literal(bounds.first, BigInteger)] if bounds.first > ALWAYS.first else []
    return first + ([column <= literal(bounds.last, BigInteger)] if bounds.last < ALWAYS.last else [])
