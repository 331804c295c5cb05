"""Counts and times every call for Prometheus, under the names the gRPC ecosystem uses."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

from prometheus_client import CollectorRegistry

from controller.interceptors.around import Around, Call, Context
from controller.interceptors.request_id import bound_request_id, status_name
from controller.metrics import names
from loadcell.metric_sheet import Sheet, show
from loadcell.tally import CALL_BOUNDS_SECONDS, Tally


def metrics(registry: CollectorRegistry) -> Around:
    """Return what counts for `registry`; labels are bounded by the methods there are."""
    methods: dict[tuple[str, str], _Method] = {}

    def of_method(method: str, call: Call) -> Call:
        _, service, name = method.split("/", 2)
        counts = methods[service, name] = _Method()

        async def around(request: Any, context: Context) -> Any:
            counts.started += 1
            begun = time.perf_counter()
            failed = True
            try:
                answer = await call(request, context)
                failed = False
                return answer
            finally:
                status = status_name(context, failed=failed)
                counts.handled[status] = counts.handled.get(status, 0) + 1
                counts.seconds.add(time.perf_counter() - begun, bound_request_id())

        return around

    show(registry, names.SERVED_METRICS, lambda sheet: _fill(sheet, list(methods.items())))
    return of_method


class _Method:
    """The calls of one method; counted in the thread of the event loop alone."""

    __slots__ = ("handled", "seconds", "started")

    def __init__(self) -> None:
        self.started = 0
        self.handled: dict[str, int] = {}
        self.seconds = Tally(CALL_BOUNDS_SECONDS)


def _fill(sheet: Sheet, methods: Iterable[tuple[tuple[str, str], _Method]]) -> None:
    for labels, counts in methods:
        handled = dict(counts.handled)
        started = counts.started  # after what has ended of them: a call in between is active, not less than none
        sheet.add(names.CALLS_STARTED, labels, started)
        for status, count in handled.items():
            sheet.add(names.CALLS_HANDLED, (*labels, status), count)
        sheet.add_tally(names.CALL_SECONDS, labels, counts.seconds)
        sheet.add(names.CALLS_ACTIVE, labels, started - sum(handled.values()))
