"""A gateway that other machines can reach, before a controller that lets everybody in."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from asyncio.subprocess import PIPE, Process, create_subprocess_exec
from dataclasses import replace

import httpx
import pytest
from prometheus_client import CollectorRegistry

from controller.server import serve
from controller.settings import ControllerSettings
from gateway.app import make_app
from gateway.bindings import read_bindings
from gateway.contract import SERVICES
from gateway.door import Door, OpenDoorError
from gateway.metrics.http import HttpMetrics
from gateway.upstream import Upstream
from loadcell.channel import dial
from loadcell.client import Client
from loadcell.settings import Address, Secret, SettingsError, address, load
from loadcell.v1 import run_pb2
from tests.free_ports import free_address
from tests.patience import PATIENCE_SECONDS

HISTORY = "/api/v1/benchmark/history"
LIST = run_pb2.DESCRIPTOR.services_by_name["RunService"].methods_by_name["ListRuns"]


async def test_nobody_gets_through_as_long_as_no_credential_is_asked_for(start):
    controller = await start()
    async with dial(controller.address) as channel:
        door = Door(Upstream(channel))
        upstream = Upstream(channel, before=door.check)
        with pytest.raises(OpenDoorError):
            await upstream.call(LIST, run_pb2.ListRunsRequest())
        async with Client(controller.address) as anybody:
            made = await anybody.create_api_key("mine", role="admin")
        await upstream.call(LIST, run_pb2.ListRunsRequest(), metadata=(("x-api-key", made.key),))


@pytest.mark.parametrize("asks", [{"jwt_secret": Secret("s" * 32)}, {"api_key": Secret("mine")}])
async def test_it_is_shut_where_a_credential_is_asked_for_by_a_setting(start, asks):
    controller = await start(**asks)
    async with dial(controller.address) as channel:
        await Door(Upstream(channel)).first_check()


async def test_foreign_hosts_and_pages_are_served_as_soon_as_credentials_are_asked_for(start):
    controller = await start()
    async with dial(controller.address) as channel:
        upstream, metrics = Upstream(channel), HttpMetrics(CollectorRegistry())
        app = make_app(read_bindings(SERVICES), upstream, metrics, before_others=Door(upstream).check)
        transport = httpx.ASGITransport(app, client=("127.0.0.1", 5_123))
        async with httpx.AsyncClient(transport=transport, base_url="http://loadcell.example") as web:
            page = {"Host": "127.0.0.1", "Origin": "http://page.example"}
            refused = await web.get(HISTORY)
            assert (refused.status_code, (await web.get(HISTORY, headers=page)).status_code) == (403, 403)
            assert "make a key with `loadcell keys create`" in refused.json()["error"]["message"]
            async with Client(controller.address) as anybody:
                key = (await anybody.create_api_key("mine", role="admin")).key
            for headers in ({}, page):
                assert (await web.get(HISTORY, headers=headers)).status_code == 401
                assert (await web.get(HISTORY, headers={"X-API-Key": key, **headers})).status_code == 200


async def test_strangers_wait_for_a_controller_that_is_away():
    async with dial(free_address()) as channel:
        upstream, metrics = Upstream(channel), HttpMetrics(CollectorRegistry())
        app = make_app(read_bindings(SERVICES), upstream, metrics, before_others=Door(upstream).check)
        transport = httpx.ASGITransport(app, client=("127.0.0.1", 5_123))
        async with httpx.AsyncClient(transport=transport, base_url="http://loadcell.example") as web:
            assert (await web.get("/alive")).status_code == 503
            assert (await web.get("/alive", headers={"Host": "localhost"})).status_code == 200


async def test_a_controller_that_was_open_is_taken_for_open_until_it_says_otherwise(tmp_path):
    here = ControllerSettings(grpc=address(free_address()), database=tmp_path / "loadcell.db")
    async with dial(str(here.grpc)) as channel:
        door = Door(Upstream(channel))
        async with serve(here), Client(str(here.grpc)):
            with pytest.raises(OpenDoorError):
                await door.check()
        with pytest.raises(OpenDoorError):
            await door.check()
        async with serve(replace(here, api_key=Secret("mine"))):
            await door.first_check()


async def test_a_gateway_serves_others_without_a_key_of_its_own_where_the_controller_has_keys(tmp_path):
    here = ControllerSettings(grpc=Address("127.0.0.1", 0), database=tmp_path / "loadcell.db")
    async with serve(here) as serving:
        async with Client(str(serving.address)) as anybody:
            key = (await anybody.create_api_key("mine", role="admin")).key
        gateway = await begin_gateway(str(serving.address))
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                while (said := json.loads(await gateway.stderr.readline()))["event"] != "application_started":
                    pass
            place = f"http://127.0.0.1:{said['http'].rpartition(':')[2]}{HISTORY}"
            async with httpx.AsyncClient(trust_env=False) as web:
                assert (await web.get(place)).status_code == 401
                assert (await web.get(place, headers={"X-API-Key": key})).status_code == 200
        finally:
            gateway.terminate()
            await gateway.communicate()


async def begin_gateway(controller: str, **more: str) -> Process:
    """Start a gateway that other machines can reach."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LOADCELL_")}
    places = {"LOADCELL_HTTP": "0.0.0.0:0", "LOADCELL_EXPORTER": "127.0.0.1:0", "LOADCELL_CONTROLLER": controller}
    return await create_subprocess_exec(sys.executable, "-m", "gateway", env=kept | places | more, stderr=PIPE)


async def test_it_does_not_even_start_also_before_the_socket_of_one_user(tmp_path):
    here = ControllerSettings(grpc=Address("", 0, str(tmp_path / "grpc")), database=tmp_path / "loadcell.db")
    async with serve(here) as serving:
        gateway = await begin_gateway(str(serving.address), LOADCELL_API_KEY="some key")
        _, said = await gateway.communicate()
    last = said.decode().splitlines()[-1]
    assert gateway.returncode == 2
    assert last.startswith("gateway: LOADCELL_HTTP=0.0.0.0:0: the controller lets everybody in")


def test_a_key_of_the_database_is_not_taken_for_the_key_that_permits_everything():
    with pytest.raises(SettingsError, match=r"LOADCELL_API_KEY.*made with `loadcell keys create`") as refused:
        load(ControllerSettings, {"LOADCELL_API_KEY": "lc_live_" + "A" * 43})
    assert "AAAA" not in str(refused.value)
    assert load(ControllerSettings, {"LOADCELL_API_KEY": "mine"}).api_key == Secret("mine")
