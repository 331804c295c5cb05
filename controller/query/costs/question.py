"""What is asked about costs: whose requests, of when; and what such requests cost together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from controller.query.metrics.parameters import Period
from controller.query.traces.values import read_text
from controller.scope import Scope
from loadcell.errors import LoadcellError
from loadcell.stats.pricing import NANO_PER_USD

FILTERS = ("project_id", "provider", "model", "environment", "user_id")
"""Dimensions that a question may want one exact value of."""

ANONYMOUS = "anonymous"
"""Stands for the end user of requests without one."""


@dataclass(frozen=True, slots=True)
class CostQuestion:
    """Requests whose costs are asked for.

    Attributes:
        scope: whose requests may be seen.
        period: when they began.
        exact: wanted values by the names in FILTERS; what is missing may be anything.
    """

    scope: Scope
    period: Period
    exact: dict[str, str]


@dataclass(frozen=True, slots=True)
class Spent:
    """What requests cost together, in nano-USD, with their number and their tokens of prompts and completions."""

    prompt: int = 0
    completion: int = 0
    requests: int = 0
    tokens: int = 0

    def __add__(self, other: Spent) -> Spent:
        """Return what both cost together."""
        return Spent(
            self.prompt + other.prompt,
            self.completion + other.completion,
            self.requests + other.requests,
            self.tokens + other.tokens,
        )

    @property
    def total(self) -> int:
        """Prompts and completions."""
        return self.prompt + self.completion


def ask(request: Any, scope: Scope, period: Period) -> CostQuestion:
    """Return the question of a request that has some of FILTERS as fields.

    Raises:
        LoadcellError: INVALID_FIELD_VALUE, a value is too long or has characters that no name has.
    """
    given = {name: getattr(request, name, "") for name in FILTERS}
    exact = {name: read_text(value, name) for name, value in given.items() if value}
    return CostQuestion(scope, period, exact)


def check_project(project_id: str | None, scope: Scope) -> None:
    """Check that a project that is asked for is one of the caller's.

    Raises:
        LoadcellError: PROJECT_ACCESS_DENIED.
    """
    if project_id and not scope.holds(project_id):
        raise LoadcellError(
            "PROJECT_ACCESS_DENIED", "the project is none of yours; leave it out", field="project_id"
        )


def usd(nano: float) -> float:
    """Return an amount of nano-USD in USD."""
    return nano / NANO_PER_USD


def ratio(part: float, whole: float) -> float:
    """Return part / whole, 0 of nothing."""
    return part / whole if whole else 0.0


def dearest_first(spent: Mapping[tuple[str | None, ...], Spent], position: int) -> list[tuple[str, Spent]]:
    """Return what the requests of each value of one dimension cost, the dearest first, then by name.

    "anonymous" stands for no value.
    """
    parts: dict[str, Spent] = {}
    for key, value in spent.items():
        name = key[position] or ANONYMOUS
        parts[name] = parts.get(name, Spent()) + value
    return sorted(parts.items(), key=lambda part: (-part[1].total, -part[1].requests, part[0]))
