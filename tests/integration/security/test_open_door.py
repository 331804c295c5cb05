"""A gateway that other machines can reach, before a controller that lets everybody in."""

from __future__ import annotations

import os
import sys
from asyncio.subprocess import PIPE, create_subprocess_exec

import pytest

from controller.server import serve
from controller.settings import ControllerSettings
from gateway.door import Door, OpenDoorError
from gateway.upstream import Upstream
from loadcell.channel import dial
from loadcell.client import Client
from loadcell.settings import Address, Secret, SettingsError, load
from loadcell.v1 import run_pb2

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


async def test_it_does_not_even_start_also_before_the_socket_of_one_user(tmp_path):
    here = ControllerSettings(grpc=Address("", 0, str(tmp_path / "grpc")), database=tmp_path / "loadcell.db")
    async with serve(here) as serving:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("LOADCELL_")}
        gateway = await create_subprocess_exec(
            *(sys.executable, "-m", "gateway"),
            env=kept
            | {
                "LOADCELL_HTTP": "0.0.0.0:0",
                "LOADCELL_EXPORTER": "127.0.0.1:0",
                "LOADCELL_API_KEY": "some key",
                "LOADCELL_CONTROLLER": str(serving.address),
            },
            stderr=PIPE,
        )
        _, said = await gateway.communicate()
    last = said.decode().splitlines()[-1]
    assert gateway.returncode == 2
    assert last.startswith("gateway: LOADCELL_HTTP=0.0.0.0:0: the controller lets everybody in")


def test_a_key_of_the_database_is_not_taken_for_the_key_that_permits_everything():
    with pytest.raises(SettingsError, match=r"LOADCELL_API_KEY.*made with `loadcell keys create`") as refused:
        load(ControllerSettings, {"LOADCELL_API_KEY": "lc_live_" + "A" * 43})
    assert "AAAA" not in str(refused.value)
    assert load(ControllerSettings, {"LOADCELL_API_KEY": "mine"}).api_key == Secret("mine")
