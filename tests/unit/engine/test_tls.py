"""TLS, over real sockets."""

from __future__ import annotations

import ssl
from pathlib import Path

from scripted_server import WHOLE, Bench, Peer, answering

from agent.samples.outcome import ErrorClass, Status


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
