"""The metrics and the health of a process over HTTP, on a port and in threads of their own."""

from __future__ import annotations

import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from prometheus_client import CollectorRegistry, ProcessCollector, disable_created_metrics, make_wsgi_app

from loadcell import __version__
from loadcell.disk import room
from loadcell.metric_names import DISK_FREE, DISK_METRICS, DISK_SIZE
from loadcell.metric_sheet import Sheet, show
from loadcell.metrics_server import MetricsServer
from loadcell.settings import Address

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

_LOOK_SECONDS = 0.2  # between two looks at whether it is to be closed


class Health(NamedTuple):
    """How a process is.

    Attributes:
        ready: Whether it can do its work.
        well: Whether everything it depends on is as it should be.
        facts: A word on each of these: healthy, unhealthy, unused, unknown.
    """

    ready: bool
    well: bool
    facts: dict[str, str]


class MetricsPort:
    """Serves /metrics, /health, /ready and /alive from its making until it is closed.

    Args:
        service: Whose they are, such as "loadcell-agent".
        address: Where; a TCP one.
        registry: The metrics; those of the process and of its disk come with them.
        health: Tells how the process is, on any thread.
        folder: Where the process keeps its data.
        tls: What to speak TLS with, and nothing else; None: nothing.

    Raises:
        OSError: The address is taken or not of this machine.
    """

    def __init__(
        self,
        service: str,
        address: Address,
        registry: CollectorRegistry,
        health: Callable[[], Health],
        folder: Path,
        *,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        family = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)[0][0]
        self._server = MetricsServer(family, address, tls)
        # One series more for each counter, which nobody asks for.
        disable_created_metrics()  # type: ignore[no-untyped-call]  # untyped upstream
        ProcessCollector(registry=registry)
        show(registry, DISK_METRICS, partial(_fill_disk, folder))
        self._server.set_app(_application(service, registry, health))
        serve = self._server.serve_forever
        self._thread = threading.Thread(target=serve, args=(_LOOK_SECONDS,), name="metrics", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Take no further connections; waits for the thread that does."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _fill_disk(folder: Path, sheet: Sheet) -> None:
    left = room(folder)
    if left is not None:
        sheet.add(DISK_FREE, (), left.free)
        sheet.add(DISK_SIZE, (), left.size)


def _application(service: str, registry: CollectorRegistry, health: Callable[[], Health]) -> WSGIApplication:
    scrape = make_wsgi_app(registry)

    def answer(path: str) -> tuple[HTTPStatus, dict[str, str]]:
        if path == "/alive":
            return HTTPStatus.OK, {"status": "alive", "service": service}
        if path == "/ready":
            ready = health().ready
            return _status(ready), {"status": "ready" if ready else "not ready", "service": service}
        if path == "/health":
            ready, well, facts = health()
            facts |= {
                "service": service,
                "version": __version__,
                "timestamp": datetime.now(UTC).isoformat(timespec="microseconds"),
            }
            return _status(ready and well), {"status": "healthy" if ready and well else "degraded", **facts}
        return HTTPStatus.NOT_FOUND, {"status": "there are /metrics, /health, /ready and /alive"}

    def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        reads = environ["REQUEST_METHOD"] in ("GET", "HEAD")
        if reads and environ["PATH_INFO"] == "/metrics":
            shown: Iterable[bytes] = scrape({**environ, "REQUEST_METHOD": "GET"}, start_response)
            return shown
        if reads:
            status, said = answer(environ["PATH_INFO"])
        else:
            status, said = HTTPStatus.METHOD_NOT_ALLOWED, {"status": "only GET and HEAD are served"}
        headers = [("Content-Type", "application/json"), ("Cache-Control", "no-store")]
        if not reads:
            headers.append(("Allow", "GET, HEAD"))
        start_response(f"{status.value} {status.phrase}", headers)
        return [json.dumps(said).encode()]

    return _without_bodies(application)


def _without_bodies(application: WSGIApplication) -> WSGIApplication:
    """Answer HEAD with the head alone of what is answered to GET."""

    def headed(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] != "HEAD":
            return application(environ, start_response)
        heads: list[tuple[str, list[tuple[str, str]]]] = []

        def note(status: str, headers: list[tuple[str, str]], *_failed: object) -> Callable[[bytes], object]:
            heads.append((status, headers))
            return len

        length = sum(map(len, application(environ, note)))
        status, headers = heads[-1]
        start_response(status, [*headers, ("Content-Length", str(length))])
        return []

    return headed


def _status(well: bool) -> HTTPStatus:
    return HTTPStatus.OK if well else HTTPStatus.SERVICE_UNAVAILABLE
