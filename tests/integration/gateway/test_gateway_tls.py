"""TLS of the HTTP API and the exporter, with a gateway of its own process."""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path

import httpx
import pytest
from scripted_controller import ScriptedController
from starlette.applications import Starlette
from test_gateway_process import gateway_process, refused

from gateway.contract import SERVICES
from gateway.listener import Listener, bind
from gateway.middleware.headers import HEADERS
from loadcell.settings import Address
from loadcell.v1 import run_pb2
from tests.integration.security.certificates import Authority, Pair
from tests.patience import PATIENCE_SECONDS


@pytest.fixture
def ca(tmp_path: Path) -> Authority:
    return Authority(tmp_path, "ours")


def shown(pair: Pair) -> dict[str, str]:
    return {"LOADCELL_HTTP_TLS_CERT": str(pair.cert), "LOADCELL_HTTP_TLS_KEY": str(pair.key)}


def trusting(ca: Authority) -> httpx.AsyncClient:
    return httpx.AsyncClient(verify=ssl.create_default_context(cafile=ca.file), trust_env=False)


async def serial(address: str, ca: Authority, name: str = "127.0.0.1") -> str:
    """The serial number of the certificate that is shown to a new connection."""
    host, port = address.rsplit(":", 1)
    context = ssl.create_default_context(cafile=ca.file)
    async with asyncio.timeout(PATIENCE_SECONDS):
        _, writer = await asyncio.open_connection(host, int(port), ssl=context, server_hostname=name)
    number = writer.get_extra_info("peercert")["serialNumber"]
    writer.transport.abort()
    return number


async def test_the_api_and_the_exporter_are_served_over_tls_and_nothing_else(ca):
    controller = ScriptedController(SERVICES, {"ListRuns": run_pb2.ListRunsResponse(total=1)})
    server, address = await controller.start()
    async with (
        gateway_process(LOADCELL_CONTROLLER=address, **shown(ca.pair("server"))) as (_, started),
        trusting(ca) as client,
    ):
        answer = await client.get(f"https://{started['http']}/api/v1/benchmark/history")
        assert (answer.status_code, answer.json()["total"]) == (200, 1)
        shown_headers = {name: answer.headers.get(name) for name in HEADERS}
        assert shown_headers == HEADERS | {"Cache-Control": "private, no-cache"}
        assert (await client.get(f"https://{started['exporter']}/metrics")).status_code == 200
        for place in (started["http"], started["exporter"]):
            with pytest.raises(httpx.TransportError):
                await client.get(f"http://{place}/")
    await server.stop(None)


async def test_a_certificate_is_replaced_without_a_restart(ca):
    pair = ca.pair("server")
    async with gateway_process(LOADCELL_CONTROLLER="127.0.0.1:1", **shown(pair)) as (_, started):
        places = (started["http"], started["exporter"])
        first = [await serial(place, ca) for place in places]
        pair.key.write_text("being written")
        assert [await serial(place, ca) for place in places] == first
        ca.pair("server", into=pair)
        for name in ("127.0.0.1", "localhost"):  # with and without a name in the handshake
            second = [await serial(place, ca, name) for place in places]
            assert second[0] == second[1] != first[0]


async def test_S7_a_client_that_does_not_shake_hands_is_given_up(ca, monkeypatch):
    monkeypatch.setattr("gateway.listener.HANDSHAKE_SECONDS", 0.2)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    pair = ca.pair("server")
    context.load_cert_chain(pair.cert, pair.key)
    with bind("TEST", Address("127.0.0.1", 0)) as listening:
        listener = Listener(Starlette(), listening, context)
        task = asyncio.create_task(listener.run_until_stopped())
        async with asyncio.timeout(PATIENCE_SECONDS):
            await listener.ready.wait()
            reader, writer = await asyncio.open_connection(*listening.getsockname())
            assert await reader.read() == b""
            writer.close()
            await writer.wait_closed()
        listener.stop()
        await task


@pytest.mark.parametrize("wrong", ["missing", "expired", "alone"])
async def test_files_that_cannot_be_used_stop_the_start(ca, wrong):
    environ = shown(ca.pair("server", days=-1.0 if wrong == "expired" else 1.0))
    if wrong == "alone":
        del environ["LOADCELL_HTTP_TLS_KEY"]
    if wrong == "missing":
        environ["LOADCELL_HTTP_TLS_CERT"] += ".not"
    status, error = await refused(**environ)
    assert (status, error.count("\n")) == (2, 1)
    assert "LOADCELL_HTTP_TLS_CERT" in error
