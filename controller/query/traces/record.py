"""Traces as the store returns them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from controller.trace_ids import RequestKey


class Record(NamedTuple):
    """One trace: its key, its start in microseconds since 1970, and what of it was asked for.

    `shared` and `own` have the fields by their names, without those that have no value: times in microseconds,
    tags as a list, objects as dictionaries. What is shared is the same object for all traces of a page with the
    same run, context and agent; neither it nor what is in it is to be changed. Under the names of INCLUDES are
    lists of its own: of Evaluation, of Judgement, of Event.
    """

    key: RequestKey
    ts: int
    shared: Mapping[str, Any]
    own: dict[str, Any]

    @property
    def values(self) -> dict[str, Any]:
        """All fields by their names."""
        return {**self.shared, **self.own}

    def get(self, name: str) -> Any:
        """Return a field, None when it has no value."""
        return self.own[name] if name in self.own else self.shared.get(name)


class Evaluation(NamedTuple):
    """An objective of the run, judged on one request; milliseconds."""

    name: str
    value: float | None
    threshold: float
    passed: bool


class Event(NamedTuple):
    """What arrived at once: when, since the start of the request, and how many tokens it carried."""

    offset_micros: int
    tokens: int


class Judgement(NamedTuple):
    """What somebody thinks of a trace. `score` is from 0 to 1, `created_at` microseconds since 1970."""

    feedback_id: str
    key: RequestKey
    score: float | None
    label: str | None
    comment: str | None
    user_id: str | None
    created_at: int
