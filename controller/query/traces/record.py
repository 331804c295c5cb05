"""Traces as the store returns them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from controller.trace_ids import RequestKey


@dataclass(frozen=True, slots=True)
class Record:
    """One trace: its key, its start in microseconds since 1970, and what of it was asked for.

    `values` has the fields by their names, without those that have no value: times in microseconds, tags as a
    list, objects as dictionaries. Under the names of INCLUDES are lists: of Evaluation, of Judgement, of Event.
    """

    key: RequestKey
    ts: int
    values: dict[str, Any]


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
