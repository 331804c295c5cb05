"""Gives every answer about traces, metrics, costs, models and exports its envelope: status and meta."""

from __future__ import annotations

import enum
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import structlog
from google.protobuf.message import Message

from controller.scope import Scope
from loadcell.clock import wall_micros

VERSION = "1.0"

Response = TypeVar("Response", bound=Message)


class Kind(enum.Enum):
    """What a question is about, which says for how long its answer may be kept."""

    TRACES = "traces"
    TRACE = "trace"
    METRICS = "metrics"
    COSTS = "costs"
    FORECAST = "forecast"
    MODELS = "models"


class Answers:
    """Answers questions. A question is a request message and the scope of who asks."""

    async def give(
        self,
        kind: Kind | None,  # noqa: ARG002
        request: Message,  # noqa: ARG002
        scope: Scope,  # noqa: ARG002
        compute: Callable[[], Awaitable[Response]],
    ) -> Response:
        """Return what `compute` returns, a response with all but its status and meta, in its envelope.

        Answers to questions of no kind, such as changes, are never kept.
        """
        started = time.perf_counter()
        return enveloped(await compute(), started, cached=False)


def enveloped(response: Response, started: float, *, cached: bool) -> Response:
    """Fill in `status` and `meta` of a response; `started` is of time.perf_counter()."""
    answer: Any = response
    answer.status = "success"
    answer.meta.timestamp.FromMicroseconds(wall_micros())
    answer.meta.execution_time_ms = (time.perf_counter() - started) * 1e3
    answer.meta.cached = cached
    answer.meta.version = VERSION
    answer.meta.request_id = structlog.contextvars.get_contextvars().get("request_id", "")
    return response
