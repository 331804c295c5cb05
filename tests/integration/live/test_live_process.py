"""The gateway as a process: what lasts ends when it is told to stop, and nothing that was shown is in its log."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys

import httpx
from websockets.asyncio.client import connect

from loadcell.settings import Secret
from tests.integration.live.conftest import closed, heard
from tests.patience import PATIENCE_SECONDS

BOSS = Secret("the-key-of-the-settings")


async def test_a_gateway_that_is_told_to_stop_ends_what_lasts_and_has_logged_no_credential(start):
    controller = await start(api_key=BOSS)
    run_id = await controller.create()
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LOADCELL_")}
    environ = {"LOADCELL_HTTP": "127.0.0.1:0", "LOADCELL_EXPORTER": "127.0.0.1:0", "LOADCELL_URL_TOKENS": "true"}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "gateway"),
        stderr=asyncio.subprocess.PIPE,
        env={**kept, **environ, "LOADCELL_CONTROLLER": controller.address, "LOADCELL_LOG_LEVEL": "debug"},
    )
    said = []
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                said.append(await process.stderr.readline())
                line = json.loads(said[-1])
                if line["event"] == "application_started":
                    break
        headers = {"X-API-Key": BOSS.reveal()}
        async with httpx.AsyncClient(base_url=f"http://{line['http']}", trust_env=False) as http:
            ticket = (await http.post("/api/v1/auth/ticket", json={}, headers=headers)).json()["ticket"]
            of_run = f"ws://{line['http']}/ws/benchmark/{run_id}"
            path = f"/api/v1/events?events=run_state&token={BOSS.reveal()}"
            async with (
                connect(f"{of_run}?ticket={ticket}", proxy=None) as socket,
                http.stream("GET", path, timeout=PATIENCE_SECONDS) as response,
            ):
                assert (await heard(socket))["type"] == "progress"
                assert response.status_code == 200
                shown = (await http.get(f"http://{line['exporter']}/metrics")).text
                for kind in ("websocket", "sse"):
                    assert f'loadcell_live_connections{{kind="{kind}"}} 1.0' in shown
                process.send_signal(signal.SIGTERM)
                assert (await closed(socket))[1] == 1001
                await response.aread()
        said.append((await asyncio.wait_for(process.communicate(), PATIENCE_SECONDS))[1])
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 0
    logged = b"".join(said).decode()
    assert "websocket_opened" in logged
    assert [secret for secret in (BOSS.reveal(), ticket, "lc_session_") if secret in logged] == []
