"""The controller's own metrics over HTTP, on a port and in threads of their own."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler

from prometheus_client import CollectorRegistry, make_wsgi_app
from prometheus_client.exposition import ThreadingWSGIServer

from controller.listening import StartError
from loadcell.settings import Address

_REQUEST_SECONDS = 10.0  # for a scraper to shake hands, ask and read


@contextmanager
def serve_metrics(address: Address, registry: CollectorRegistry, tls: ssl.SSLContext | None) -> Iterator[None]:
    """Serve metrics; with `tls` over TLS and over nothing else.

    Raises:
        StartError: The address is taken or not of this machine.
    """
    try:
        family = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)[0][0]
        server = _Server(family, address, tls)
    except OSError as error:
        raise StartError(f"LOADCELL_CONTROLLER_METRICS={address}: {error.strerror or error}") from error
    server.set_app(make_wsgi_app(registry))
    thread = threading.Thread(target=server.serve_forever, name="metrics", daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingWSGIServer):
    """Shakes hands in the thread of a connection: nobody waits for one that says nothing."""

    def __init__(self, family: int, address: Address, tls: ssl.SSLContext | None) -> None:
        self.address_family = family
        self._tls = tls
        super().__init__((address.host, address.port), _Quiet)

    def get_request(self) -> tuple[socket.socket, Any]:
        connection, client = super().get_request()
        connection.settimeout(_REQUEST_SECONDS)
        if self._tls is not None:
            connection = self._tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
        return connection, client

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: who breaks a connection off, or speaks no TLS, is not served, and that is all."""


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name of the one it replaces
        """Say nothing of single requests."""
