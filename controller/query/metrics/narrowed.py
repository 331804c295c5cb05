"""What performance, quality and optimization are asked with: the same parameters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from controller.query.metrics.parameters import INTERVALS, RAW, read_interval, read_period
from controller.query.metrics.question import Needs, Question, exact_filters
from controller.scope import Scope


class Request(Protocol):
    """A request with these parameters."""

    start_time: str
    end_time: str
    provider: str
    model: str
    environment: str
    user_id: str
    granularity: str
    project_id: str


@dataclass(frozen=True, slots=True)
class Narrowed:
    """A question about a period with points of some width, or of the seconds that have requests (`raw`)."""

    question: Question
    raw: bool


def read_narrowed(request: Request, scope: Scope, now: int, needs: Needs | None = None) -> Narrowed:
    """Return what is asked for, 7 days by hour by default.

    Raises:
        LoadcellError: a parameter is wrong, and named.
    """
    granularity = read_interval(request.granularity, "granularity", raw=True)
    question = Question(
        scope,
        read_period(request.start_time, request.end_time, now, default_days=7),
        width=INTERVALS.get(granularity),
        width_field="granularity",
        filters=exact_filters(
            provider=request.provider,
            model=request.model,
            environment=request.environment,
            user_id=request.user_id,
            project_id=request.project_id,
        ),
        needs=needs or Needs(),
    )
    return Narrowed(question, granularity == RAW)
