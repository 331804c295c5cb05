"""The HTTP application, put together."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection

import orjson
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway.analysis import OPERATION as ANALYSIS
from gateway.analysis import analysis_route
from gateway.asset_upload import OPERATION as UPLOAD
from gateway.asset_upload import PATH as ASSETS
from gateway.asset_upload import asset_route
from gateway.bindings import Binding
from gateway.contract import comments
from gateway.door import HOW_TO_CLOSE
from gateway.download import OPERATION as DOWNLOAD
from gateway.download import download_route
from gateway.errors import on_http_exception, on_loadcell_error
from gateway.graphql.operations import GRAPHQL_OPERATIONS
from gateway.graphql.routes import graphql_routes
from gateway.graphql.settings import DEFAULTS, GraphqlSettings
from gateway.health import make_probes, probe_route
from gateway.live.live import Live
from gateway.live.operations import LIVE_OPERATIONS
from gateway.live.routes import live_routes
from gateway.metrics.http import HttpMetrics
from gateway.middleware.apology import Apology
from gateway.middleware.body_budget import BodyBudget
from gateway.middleware.bounds import Bounds
from gateway.middleware.compression import Compression
from gateway.middleware.headers import SecurityHeaders
from gateway.middleware.json_only import answering_json
from gateway.middleware.limits import Limits
from gateway.middleware.measure import Measure
from gateway.middleware.origin import Cors, LocalOnly
from gateway.middleware.request_id import RequestId
from gateway.openapi import make_document
from gateway.router import IndexedRouter
from gateway.routes import make_routes
from gateway.sign_in import OPERATIONS as SIGN_IN
from gateway.sign_in import sign_in_routes
from gateway.upstream import Upstream
from gateway.web import OPERATIONS as DOCUMENTATION
from gateway.web import page_routes
from gateway.web.dashboard import FRONT_PAGE, dashboard_routes, front_operation
from loadcell.errors import LoadcellError


def make_app(
    bindings: Collection[Binding],
    upstream: Upstream,
    metrics: HttpMetrics,
    *,
    cors_origins: Collection[str] = (),
    before_others: Callable[[], Awaitable[None]] | None,
    graphql: GraphqlSettings = DEFAULTS,
    live: Live | None = None,
    controller: str = "",
) -> Starlette:
    """Return the application.

    Args:
        bindings: the HTTP calls of the contract.
        upstream: the controller, called with the credentials of the caller only.
        metrics: where requests are counted.
        cors_origins: origins whose pages may call.
        before_others: what must go well before requests for other hosts and from other sites are served, else
            they are refused; None: they are served.
        graphql: whether and how GraphQL is served.
        live: what is told while it happens; None: nothing is.
        controller: where it is, as pages name it in commands to copy.
    """
    probes = make_probes(upstream)
    front = next(probe for probe in probes if probe.path == FRONT_PAGE)
    others = [probe for probe in probes if probe is not front]
    operations = [front_operation(front), *(probe.operation for probe in others), *DOCUMENTATION]
    operations += [UPLOAD, DOWNLOAD, ANALYSIS, *SIGN_IN]
    operations += GRAPHQL_OPERATIONS if graphql.graphql else ()
    operations += LIVE_OPERATIONS if live is not None else ()
    document = orjson.dumps(make_document(bindings, operations, comments()))
    routes = [
        *dashboard_routes(front, controller),
        *(probe_route(probe) for probe in others),
        *page_routes(),
        _document_route(document),
        *answering_json([*make_routes(bindings, upstream), asset_route(upstream)], bindings),
        download_route(upstream),
        analysis_route(upstream),
        *sign_in_routes(upstream),
        *graphql_routes(upstream, graphql, before_others),
        *(live_routes(live) if live is not None else ()),
    ]
    guard = []
    if before_others is not None:
        guard = [Middleware(LocalOnly, remedy=HOW_TO_CLOSE, origins=cors_origins, unless=before_others)]
    app = Starlette(
        # The first is the outermost.
        middleware=[
            Middleware(SecurityHeaders),
            Middleware(Measure, metrics=metrics, templates={route.endpoint: route.path for route in routes}),
            Middleware(RequestId),
            *guard,
            Middleware(Cors, origins=cors_origins),
            Middleware(Bounds),
            Middleware(Apology),
            Middleware(Limits),
            Middleware(BodyBudget, passed_on={ASSETS}),
            Middleware(Compression),
        ],
        exception_handlers={LoadcellError: on_loadcell_error, HTTPException: on_http_exception},
    )
    app.router = IndexedRouter(routes)
    app.state.operations = operations
    return app


def _document_route(document: bytes) -> Route:
    async def openapi(_request: Request) -> Response:
        return Response(document, media_type="application/json", headers={"Cache-Control": "no-cache"})

    return Route("/openapi.json", openapi)
