"""The gateway as a process."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from scripted_controller import ScriptedController

from gateway.contract import SERVICES
from loadcell.v1 import run_pb2
from tests.free_ports import free_address
from tests.patience import PATIENCE_SECONDS


def environment(**more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LOADCELL_")}
    return kept | {"LOADCELL_HTTP": "127.0.0.1:0", "LOADCELL_EXPORTER": "127.0.0.1:0"} | more


async def output(process: asyncio.subprocess.Process) -> bytes:
    """What a process that ends still has to say; one that does not end is killed."""
    try:
        _, said = await asyncio.wait_for(process.communicate(), PATIENCE_SECONDS)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return said


@asynccontextmanager
async def gateway_process(**more: str) -> AsyncIterator[tuple[asyncio.subprocess.Process, dict[str, Any]]]:
    """A gateway that has said it is ready, with the line in which it said so."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "gateway", stderr=asyncio.subprocess.PIPE, env=environment(**more)
    )
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while (started := json.loads(await process.stderr.readline()))["event"] != "application_started":
                pass
        yield process, started
    finally:
        if process.returncode is None:
            process.terminate()
        await output(process)


def client_of(started: dict[str, Any]) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=f"http://{started['http']}", trust_env=False)


async def refused(**more: str) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "gateway", stderr=asyncio.subprocess.PIPE, env=environment(**more)
    )
    error = await output(process)
    return process.returncode, error.decode()


async def test_the_gateway_starts_before_the_controller_and_finds_it_later():
    address = free_address()
    async with gateway_process(LOADCELL_CONTROLLER=address) as (_, started), client_of(started) as client:
        early = await client.get("/api/v1/benchmark/history")
        assert (early.status_code, early.json()["error"]["error_code"]) == (503, "SERVICE_UNAVAILABLE")
        assert address not in early.text
        assert (await client.get("/ready")).status_code == 503
        controller = ScriptedController(SERVICES, {"ListRuns": run_pb2.ListRunsResponse(total=1)})
        server, _ = await controller.start(address)
        async with asyncio.timeout(PATIENCE_SECONDS):
            while (await client.get("/ready")).status_code != 200:
                await asyncio.sleep(0.05)
        assert (await client.get("/api/v1/benchmark/history")).json()["total"] == 1
        await server.stop(None)


async def test_the_gateway_ends_with_status_0_on_a_signal_and_finishes_open_calls():
    controller = ScriptedController(SERVICES, {"ListRuns": run_pb2.ListRunsResponse(total=1)}, delay_seconds=0.5)
    server, address = await controller.start()
    async with gateway_process(LOADCELL_CONTROLLER=address) as (process, started):
        async with client_of(started) as client:
            call = asyncio.create_task(client.get("/api/v1/benchmark/history"))
            async with asyncio.timeout(PATIENCE_SECONDS):
                await controller.called.wait()
                process.send_signal(signal.SIGTERM)
                answer = await call
                assert (answer.status_code, answer.headers["Connection"]) == (200, "close")
        log = await output(process)
        assert process.returncode == 0
        assert b"application_shutdown" in log
        assert b"Traceback" not in log
    await server.stop(None)


async def test_a_gateway_that_stops_takes_nobody_else_and_keeps_no_connection():
    controller = ScriptedController(SERVICES, {"ListRuns": run_pb2.ListRunsResponse(total=1)}, delay_seconds=0.5)
    server, address = await controller.start()
    async with gateway_process(LOADCELL_CONTROLLER=address) as (process, started), client_of(started) as client:
        host, port = started["http"].rsplit(":", 1)
        async with asyncio.timeout(PATIENCE_SECONDS):
            kept, writer = await asyncio.open_connection(host, port)
            writer.write(b"GET /alive HTTP/1.1\r\nHost: localhost\r\n\r\n")
            await kept.readuntil(b'{"status":"alive","service":"loadcell-gateway"}')
            call = asyncio.create_task(client.get("/api/v1/benchmark/history"))
            await controller.called.wait()
            process.send_signal(signal.SIGTERM)
            assert await kept.read() == b""
            with pytest.raises(ConnectionRefusedError):
                await asyncio.open_connection(host, port)
            assert (await call).status_code == 200
            writer.close()
            await writer.wait_closed()
    await server.stop(None)


async def test_who_is_not_answered_when_the_time_to_stop_is_over_is_told_so():
    controller = ScriptedController(SERVICES, {"ListRuns": run_pb2.ListRunsResponse()}, delay_seconds=600)
    server, address = await controller.start()
    settings = {"LOADCELL_CONTROLLER": address, "LOADCELL_STOP_SECONDS": "0"}
    async with gateway_process(**settings) as (process, started), client_of(started) as client:
        call = asyncio.create_task(client.get("/api/v1/benchmark/history", timeout=PATIENCE_SECONDS))
        async with asyncio.timeout(PATIENCE_SECONDS):
            await controller.called.wait()
            process.send_signal(signal.SIGTERM)
            answer = await call
        assert (answer.status_code, answer.json()["error"]["error_code"]) == (503, "SERVICE_UNAVAILABLE")
        assert b"Traceback" not in await output(process)
        assert process.returncode == 0
    await server.stop(None)


async def test_a_second_signal_ends_the_gateway_at_once():
    controller = ScriptedController(SERVICES, {"ListRuns": run_pb2.ListRunsResponse()}, delay_seconds=600)
    server, address = await controller.start()
    async with gateway_process(LOADCELL_CONTROLLER=address) as (process, started), client_of(started) as client:
        call = asyncio.create_task(client.get("/api/v1/benchmark/history", timeout=PATIENCE_SECONDS))
        async with asyncio.timeout(PATIENCE_SECONDS):
            await controller.called.wait()
            process.send_signal(signal.SIGTERM)
            while json.loads(await process.stderr.readline())["event"] != "application_shutdown":
                pass
            process.send_signal(signal.SIGTERM)
            assert await process.wait() == -signal.SIGTERM
            with pytest.raises(httpx.TransportError):
                await call
    await server.stop(None)


async def test_the_key_is_not_logged_and_the_exporter_has_a_port_of_its_own():
    async with gateway_process(LOADCELL_API_KEY="s3cret", LOADCELL_CONTROLLER="127.0.0.1:1") as (process, started):
        async with httpx.AsyncClient(trust_env=False) as client:
            metrics = await client.get(f"http://{started['exporter']}/metrics")
            assert "loadcell_controller_up 0.0" in metrics.text
            await client.get(f"http://{started['http']}/?token=t0ken", headers={"X-API-Key": "call3r"})
        process.terminate()
        log = await output(process)
    for secret in (b"s3cret", b"t0ken", b"call3r"):
        assert secret not in log


async def test_a_taken_port_is_one_clear_line_and_status_1():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        for name in ("LOADCELL_HTTP", "LOADCELL_EXPORTER"):
            status, error = await refused(**{name: address})
            assert (status, error.count("\n")) == (1, 1)
            assert f"{name}={address}" in error


async def test_a_bad_setting_is_one_clear_line_and_status_2():
    status, error = await refused(LOADCELL_EXPORTER="0.0.0.0:9090")
    assert (status, error.count("\n")) == (2, 1)
    assert "LOADCELL_EXPORTER_KEY" in error
