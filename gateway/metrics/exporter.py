"""The Prometheus exporter: an application of its own, on a port of its own, that serves /metrics only."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway.errors import on_http_exception
from gateway.metrics.families import families
from gateway.metrics.live import LiveMetrics
from gateway.metrics.runs import RunText
from gateway.middleware.apology import Apology
from gateway.middleware.bearer_key import BearerKey
from gateway.middleware.headers import SecurityHeaders
from gateway.middleware.origin import LocalOnly
from gateway.middleware.request_id import RequestId
from loadcell.settings import Secret

_OPENMETRICS = "application/openmetrics-text"
# No name of ours has anything to escape, though some ways of escaping change underscores too.
_ESCAPING = re.compile(r"escaping=[^;,\s]*")
_AS_IT_IS = "escaping=allow-utf-8"


def make_exporter(live: LiveMetrics, registry: CollectorRegistry, *, key: Secret) -> Starlette:
    """Return the application.

    Args:
        live: the controller's metrics.
        registry: the gateway's own metrics.
        key: what scrapers must send; empty serves this machine only.
    """

    async def metrics(request: Request) -> Response:
        found = await live.get()
        encode, content_type = choose_encoder(_ESCAPING.sub(_AS_IT_IS, request.headers.get("accept", "")))
        text = runs.text(found.runs if found else (), openmetrics=content_type.startswith(_OPENMETRICS))
        # The library's part is the last, for the end that OpenMetrics wants.
        return Response(
            text.encode() + encode(_Shown(families(found), registry)), headers={"Content-Type": content_type}
        )

    runs = RunText()
    ProcessCollector(registry=registry)
    guard = Middleware(BearerKey, key=key) if key else Middleware(LocalOnly, remedy="set LOADCELL_EXPORTER_KEY")
    return Starlette(
        routes=[Route("/metrics", metrics)],
        middleware=[Middleware(SecurityHeaders), Middleware(RequestId), guard, Middleware(Apology)],
        exception_handlers={HTTPException: on_http_exception},
    )


class _Shown(Collector):
    """What one scrape shows."""

    def __init__(self, live: Sequence[Metric], registry: CollectorRegistry) -> None:
        self._live = live
        self._registry = registry

    def collect(self) -> Iterable[Metric]:
        yield from self._live
        yield from self._registry.collect()
