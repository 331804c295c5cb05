"""What is asked of requests: whose, when, by what, and which numbers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from controller.query.metrics.catalog import PERCENTS, Measure
from controller.query.metrics.parameters import Period
from controller.query.traces.values import read_text
from controller.scope import Scope

STATUSES = ("ERROR", "OK")
"""Words of status_code, in the order of groups."""


@dataclass(frozen=True, slots=True)
class DimensionFilter:
    """One of some values, or none of them, in a dimension that is a column of contexts."""

    dimension: str
    values: tuple[str, ...]
    negated: bool = False


@dataclass(frozen=True, slots=True)
class StatusFilter:
    """One of some statuses, or none of them: OK, ERROR, UNSET or numbers of HTTP statuses."""

    values: tuple[str | int, ...]
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Needs:
    """Columns of rollups that an answer is made of, beside the counts of requests."""

    columns: frozenset[str] = frozenset()
    sketches: frozenset[str] = frozenset()
    uniques: frozenset[str] = frozenset()  # user_id, session_id
    classes: bool = False

    def __or__(self, other: Needs) -> Needs:
        """Return what either needs."""
        return Needs(
            self.columns | other.columns,
            self.sketches | other.sketches,
            self.uniques | other.uniques,
            self.classes or other.classes,
        )


@dataclass(frozen=True, slots=True)
class Question:
    """A question about the requests of a period.

    Attributes:
        scope: whose requests may be seen.
        period: when they began.
        width: of a point in seconds; None: one point for the whole period.
        width_field: parameter that says the width, for errors.
        group_by: dimensions that tell rows apart.
        filters: conditions on contexts, all of which must hold.
        statuses: conditions on the status, all of which must hold.
        needs: the numbers.
    """

    scope: Scope
    period: Period
    width: int | None = None
    width_field: str = "interval"
    group_by: tuple[str, ...] = ()
    filters: tuple[DimensionFilter, ...] = ()
    statuses: tuple[StatusFilter, ...] = ()
    needs: Needs = field(default_factory=Needs)


_UNIQUES = {"unique_users": "user_id", "unique_sessions": "session_id"}


def needs_of(measures: Iterable[Measure]) -> Needs:
    """Return what rollups must tell for some measures, none of which needs single requests."""
    needs = Needs()
    for measure in measures:
        source = measure.metric.source
        if source is None:
            unique = _UNIQUES.get(measure.metric.name)
            needs |= Needs(uniques=frozenset([unique] if unique else []))
            continue
        columns = {source.sum} if measure.aggregation in {"sum", "avg"} else set()
        sketched = measure.aggregation in PERCENTS
        if measure.aggregation in {"avg", "count"}:
            columns |= {source.count} if source.count else set()
            sketched = source.count is None
        if measure.aggregation in {"min", "max"}:
            columns |= set(source.extremes or ())
            sketched = source.extremes is None
        sketches = {source.sketch} if sketched and source.sketch else set()
        needs |= Needs(frozenset(columns), frozenset(sketches))
    return needs


def exact_filters(**wanted: str) -> tuple[DimensionFilter, ...]:
    """Return the filters of parameters that ask for one exact value each; an empty one asks for nothing.

    Raises:
        LoadcellError: INVALID_FIELD_VALUE, a value is too long or has characters that no name has.
    """
    return tuple(DimensionFilter(name, (read_text(value, name),)) for name, value in wanted.items() if value)
