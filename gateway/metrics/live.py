"""Live metrics of the controller, fetched at most once a second however many scrape."""

from __future__ import annotations

import asyncio
import time

import structlog

from gateway.upstream import Upstream
from loadcell.errors import LoadcellError
from loadcell.v1 import fleet_pb2

MAX_AGE_SECONDS = 1.0
FETCH_TIMEOUT_SECONDS = 3.0
_METHOD = fleet_pb2.DESCRIPTOR.services_by_name["FleetService"].methods_by_name["GetLiveMetrics"]
_log = structlog.get_logger()


class LiveMetrics:
    """The controller's live metrics, at most a second old."""

    def __init__(self, upstream: Upstream) -> None:
        self._upstream = upstream
        self._fetching = asyncio.Lock()
        self._fetched_at = -MAX_AGE_SECONDS
        self._last: fleet_pb2.GetLiveMetricsResponse | None = None
        self._trouble = ""

    async def get(self) -> fleet_pb2.GetLiveMetricsResponse | None:
        """Return the metrics, None while the controller cannot be asked."""
        async with self._fetching:
            if time.monotonic() - self._fetched_at >= MAX_AGE_SECONDS:
                self._last = await self._fetch()
                self._fetched_at = time.monotonic()
            return self._last

    async def _fetch(self) -> fleet_pb2.GetLiveMetricsResponse | None:
        request = fleet_pb2.GetLiveMetricsRequest()
        try:
            answer = await self._upstream.call(_METHOD, request, timeout_seconds=FETCH_TIMEOUT_SECONDS)
        except LoadcellError as error:
            if error.reason != self._trouble:  # a line at every scrape would say nothing new
                _log.warning("live_metrics_unavailable", reason=error.reason, error=error.message)
            self._trouble = error.reason
            return None
        self._trouble = ""
        return answer if isinstance(answer, fleet_pb2.GetLiveMetricsResponse) else None
