"""TLS, over real sockets."""

from __future__ import annotations

import asyncio
import socket
import ssl
from pathlib import Path

import pytest
from scripted_server import WHOLE, Bench, Peer, answering, plain

from agent.engine.route import Route
from agent.models import list_models
from agent.samples.outcome import ErrorClass, Status
from agent.targets.endpoint import Endpoint
from agent.targets.registry import create
from loadcell.target_guard.guard import TargetGuard
from loadcell.v1 import target_pb2


async def test_M3_tls_connects_before_the_clock_starts(bench: Bench, certificate: tuple[Path, Path]) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    context.set_alpn_protocols(["h2", "http/1.1"])
    protocols: list[str | None] = []

    async def handler(peer: Peer) -> None:
        protocols.append(peer.writer.get_extra_info("ssl_object").selected_alpn_protocol())
        while True:
            await peer.request()
            await peer.send_bytewise(WHOLE)

    server = await bench.serve(handler, context=context)
    client = bench.engine(f"https://127.0.0.1:{server.port}", tls_verify=False)
    first, second = await client.ask(), await client.ask()
    assert (first.status, first.event_tokens, first.reused) == (Status.OK, [1, 1], False)
    assert first.tls_ns > 0
    assert first.start_ns - first.scheduled_ns >= first.connect_ns + first.tls_ns
    assert (second.status, second.tls_ns, second.reused) == (Status.OK, -1, True)
    assert protocols == ["http/1.1"]


async def test_an_unknown_certificate_is_a_tls_error(bench: Bench, certificate: tuple[Path, Path]) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    server = await bench.serve(answering(WHOLE), context=context)
    sample = await bench.engine(f"https://127.0.0.1:{server.port}").ask()
    assert sample.error_class is ErrorClass.TLS
    assert "self-signed certificate" in sample.error_message


async def test_a_server_without_tls_is_a_tls_error(bench: Bench) -> None:
    async def handler(peer: Peer) -> None:
        await peer.send(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    server = await bench.serve(handler)
    sample = await bench.engine(f"https://127.0.0.1:{server.port}").ask()
    assert sample.error_class is ErrorClass.TLS


async def test_the_list_of_models_is_asked_of_the_address_and_the_certificate_of_the_name_is_checked(
    bench: Bench, certificate: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    names: list[str | None] = []
    context.sni_callback = lambda _sock, name, _context: names.append(name)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))

    async def handler(peer: Peer) -> None:
        await peer.reader.readuntil(b"\r\n\r\n")
        await peer.send(plain("200 OK", b'{"data": [{"id": "m"}]}'))

    server = await bench.serve(handler, context=context, host="127.0.0.2")  # which the certificate does not name

    async def at_the_second(host: str, port: int, **_: object) -> list[object]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.2", port))]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", at_the_second)
    found = []
    for host in ("localhost", "other.example"):
        route = Route(Endpoint.parse(f"https://{host}:{server.port}"), TargetGuard())
        assert await route.resolve() is None
        found.append(await list_models(target_pb2.TargetSpec(), route, create("openai", route.endpoint, model="")))
    assert (found[0].names, found[0].status) == (("m",), 200)
    assert (found[1].names, found[1].status) == ((), 0)
    assert "other.example" in found[1].message
    assert names == ["localhost", "other.example"]
