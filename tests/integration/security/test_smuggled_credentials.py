"""Credentials that are doubled, disguised, torn or too long, byte by byte over gRPC and HTTP."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest
from prometheus_client import CollectorRegistry

from gateway.app import make_app
from gateway.bindings import read_bindings
from gateway.contract import SERVICES
from gateway.listener import Listener, bind, local_address
from gateway.metrics.http import HttpMetrics
from gateway.upstream import Upstream
from loadcell.channel import dial
from loadcell.settings import Address, Secret
from tests.integration.security.raw_http2 import answered
from tests.patience import PATIENCE_SECONDS

RIGHT = b"the-right-key"
LIST_RUNS = "/loadcell.v1.RunService/ListRuns"
HISTORY = b"/api/v1/benchmark/history"


@pytest.fixture
async def system(start) -> AsyncIterator[tuple[str, str]]:
    """The addresses of a controller and of a gateway before it."""
    controller = await start(api_key=Secret(RIGHT.decode()), auth_failures=0)
    async with AsyncExitStack() as stack:
        channel = await stack.enter_async_context(dial(controller.address))
        listening = stack.enter_context(bind("TEST", Address("127.0.0.1", 0)))
        metrics = HttpMetrics(CollectorRegistry())
        app = make_app(read_bindings(SERVICES), Upstream(channel), metrics, before_others=None)
        listener = Listener(app, listening)
        serving = asyncio.create_task(listener.run_until_stopped())
        await asyncio.wait_for(listener.ready.wait(), PATIENCE_SECONDS)
        yield controller.address, local_address(listening)
        listener.stop()
        await serving


ONE_CREDENTIAL = [
    [(b"x-api-key", RIGHT)],
    [(b"authorization", b"Bearer " + RIGHT)],
    [(b"authorization", b"bEARER  " + RIGHT)],
    [(b"x-api-key", RIGHT), (b"x-api-key", RIGHT)],
    [(b"x-api-key", RIGHT), (b"authorization", b"Bearer " + RIGHT)],
    [(b"x-api-key", RIGHT), (b"x-api-key-bin", b"b3RoZXI"), (b"x_api_key", b"other")],
    [(b"x-api-key", RIGHT), (b"x-forwarded-for", b"10.0.0.1"), (b"x-original-url", b"/loadcell.v1.X/Y")],
]
NO_CREDENTIAL = [
    [],
    [(b"x-api-key", b"")],
    [(b"x-api-key", RIGHT), (b"x-api-key", b"other")],
    [(b"x-api-key", b"other"), (b"x-api-key", RIGHT)],
    [(b"authorization", b"Bearer other"), (b"authorization", b"Bearer " + RIGHT)],
    [(b"authorization", b"Basic eDp5"), (b"authorization", b"Bearer " + RIGHT)],
    [(b"x-api-key", RIGHT), (b"authorization", b"Bearer other")],
    [(b"x-api-key", b"other"), (b"authorization", b"Bearer " + RIGHT)],
    [(b"x-api-key", b""), (b"authorization", b"Bearer " + RIGHT)],
    [(b"x-api-key", RIGHT + b",other")],
    [(b"x-api-key", RIGHT + b", " + RIGHT)],
    [(b"authorization", b"Bearer " + RIGHT + b", Bearer other")],
    [(b"authorization", RIGHT)],
    [(b"authorization", b"Bearer\t" + RIGHT)],
    [(b"x-api-key", b"Bearer " + RIGHT)],
    [(b"x-api-key", RIGHT[:-1])],
    [(b"x-api-key", RIGHT.upper())],
    [(b"x-api-key", b'"' + RIGHT + b'"')],
    [(b"x-api-key", RIGHT + b"\xc3\xa9")],
    [(b"x-api-key", RIGHT + b"\xff\xfe")],
    [(b"x-api-key", RIGHT + b"\x7f")],
    [(b"x-api-key", b"\x01" + RIGHT)],
    [(b"x-api-key", RIGHT * 1_000)],
    [(b"x-api-key", b"x" * 50_000)],
    [(b"x-api-key-bin", RIGHT)],
    [(b"x_api_key", RIGHT)],
    [(b"x-agent-token", RIGHT)],
    [(b"grpc-metadata-x-api-key", RIGHT)],
    [(b"cookie", b"x-api-key=" + RIGHT)],
]
# Of these each protocol has its own opinion: HTTP/2 has no lines.
OF_LINES = [
    [(b"x-api-key", RIGHT + b"\0")],
    [(b"x-api-key", RIGHT + b"\r\n")],
    [(b"x-api-key", b"\n" + RIGHT)],
    [(b"x-other", b"a\r\nx-api-key: " + RIGHT)],
]


async def status(address: str, head: bytes, body: bytes = b"") -> list[tuple[int, str]]:
    """Send bytes to a gateway; return the status of every answer until it closes, with the reason of a refusal."""
    host, _, port = address.rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(head + b"\r\n" + body)
    async with asyncio.timeout(PATIENCE_SECONDS):
        rest = await reader.read()
    writer.close()
    await writer.wait_closed()
    found = []
    while rest:
        lines, _, rest = rest.partition(b"\r\n\r\n")
        head_lines = lines.decode("latin-1").lower().split("\r\n")
        size = next(int(line.split(":")[1]) for line in head_lines if line.startswith("content-length:"))
        document, rest = json.loads(rest[:size]), rest[size:]
        found.append((int(head_lines[0].split(" ")[1]), document.get("error", {}).get("error_code", "")))
    return found


async def asked(address: str, headers: list[tuple[bytes, bytes]]) -> tuple[int, str]:
    """Ask a gateway for the history of runs."""
    lines = b"".join(name + b": " + value + b"\r\n" for name, value in headers)
    (found,) = await status(address, b"GET " + HISTORY + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + lines)
    return found


async def test_one_right_credential_is_let_in_however_it_is_shown(system):
    controller, gateway = system
    for headers in ONE_CREDENTIAL:
        assert await answered(controller, LIST_RUNS, headers), headers
        assert await asked(gateway, headers) == (200, ""), headers
    assert await asked(gateway, [(b"X-aPi-KeY", RIGHT)]) == (200, "")
    assert await asked(gateway, [(b"x-api-key", b" \t" + RIGHT + b"\t ")]) == (200, "")
    assert not await answered(controller, LIST_RUNS, [(b"X-API-Key", RIGHT)])  # no such name in HTTP/2


async def test_nothing_else_is(system):
    controller, gateway = system
    for headers in [*NO_CREDENTIAL, *OF_LINES]:
        assert not await answered(controller, LIST_RUNS, headers), headers
    for headers in NO_CREDENTIAL:
        code, reason = await asked(gateway, headers)
        assert code in (400, 401), headers
        assert reason in ("INVALID_REQUEST", "MISSING_AUTHORIZATION", "INVALID_API_KEY"), headers
    assert (await answered(controller, LIST_RUNS, ONE_CREDENTIAL[0]))[:1] == b"\0"
    assert await asked(gateway, ONE_CREDENTIAL[0]) == (200, "")


async def test_two_different_credentials_are_an_error_and_not_a_choice(system):
    _, gateway = system
    for first, second in ((RIGHT, b"other"), (b"other", RIGHT)):
        assert await asked(gateway, [(b"X-API-Key", first), (b"x-api-key", second)]) == (400, "INVALID_REQUEST")
        bearers = [(b"Authorization", b"Bearer " + one) for one in (first, second)]
        assert await asked(gateway, bearers) == (400, "INVALID_REQUEST")
        mixed = [(b"X-API-Key", first), (b"Authorization", b"Bearer " + second)]
        assert await asked(gateway, mixed) == (400, "INVALID_REQUEST")


POST = b"POST /api/v1/benchmark/run HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
SMUGGLED = b"GET " + HISTORY + b" HTTP/1.1\r\nHost: x\r\nX-API-Key: " + RIGHT + b"\r\n\r\n"


@pytest.mark.parametrize(
    ("lines", "body"),
    [
        (b"Content-Length: 0\r\nTransfer-Encoding: chunked\r\n", b"0\r\n\r\n" + SMUGGLED),
        (b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", b"0\r\n\r\n" + SMUGGLED),
        (b"Content-Length: 0\r\nContent-Length: 4\r\n", SMUGGLED),
        (b"Content-Length: 0, 4\r\n", SMUGGLED),
        (b"Content-Length: +0\r\n", SMUGGLED),
        (b"Content-Length: -1\r\n", SMUGGLED),
        (b"Content-Length: 0x0\r\n", SMUGGLED),
        (b"Transfer-Encoding: xchunked\r\n", b"0\r\n\r\n" + SMUGGLED),
        (b"Transfer-Encoding: chunked, identity\r\n", b"0\r\n\r\n" + SMUGGLED),
        (b"Transfer-Encoding : chunked\r\n", b"0\r\n\r\n" + SMUGGLED),
        (b"Transfer-Encoding: chunked\r\n", b"-1\r\n\r\n" + SMUGGLED),
        (b"Transfer-Encoding: chunked\r\n", b"0x0\r\n\r\n" + SMUGGLED),
        (b"X-Other: a\nX-API-Key: " + RIGHT + b"\r\n", SMUGGLED),
        (b"X-API-Key : " + RIGHT + b"\r\n", SMUGGLED),
        (b"X-API-Key:\r\n " + RIGHT + b"\r\nContent-Length: -1\r\n", SMUGGLED),
        (b"X-Other: a\0b\r\n", SMUGGLED),
        (b"X-Other: a\rX-API-Key: " + RIGHT + b"\r\n", SMUGGLED),
    ],
)
async def test_a_head_that_can_be_read_in_two_ways_ends_its_connection(system, lines, body):
    """Whatever stands behind it is no second request, with whatever credential."""
    _, gateway = system
    assert await status(gateway, POST + lines, body) in ([(400, "INVALID_REQUEST")], [(501, "NOT_IMPLEMENTED")])
