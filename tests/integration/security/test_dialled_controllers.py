"""Several controllers behind one address: of both families, and found again where their names have moved."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from pathlib import Path

import grpc
import pytest

from loadcell.channel import dial
from loadcell.settings import Address
from loadcell.v1 import fleet_pb2, fleet_pb2_grpc
from tests.integration.security.certificates import Authority, serving
from tests.patience import PATIENCE_SECONDS


async def asked(channel: grpc.aio.Channel) -> None:
    await fleet_pb2_grpc.FleetServiceStub(channel).ListAgents(
        fleet_pb2.ListAgentsRequest(), timeout=PATIENCE_SECONDS
    )


async def reaches(channel: grpc.aio.Channel) -> None:
    """Call, as whoever reconnects does, until somebody answers."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            with contextlib.suppress(grpc.aio.AioRpcError):
                return await asked(channel)
            await asyncio.sleep(0.05)


def ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


@pytest.mark.skipif(not ipv6(), reason="this machine has no IPv6")
@pytest.mark.parametrize("place", ["127.0.0.1", "::1"])
async def test_controllers_of_both_families_are_reached(start, place):
    controller = await start(grpc=Address(place, 0))
    nobody = "[::1]:1" if place == "127.0.0.1" else "127.0.0.1:1"
    for addresses in (f"{nobody},{controller.address}", f"{controller.address},{nobody}"):
        async with dial(addresses) as channel:
            await asked(channel)


class Names:
    """Stands in for a name server, which a test cannot have: every name under .test is at the place set here."""

    def __init__(self, place: str) -> None:
        self.place = place
        self._ask = socket.getaddrinfo

    def __call__(self, host: str, *rest: object, **more: object) -> list:
        return self._ask(self.place if host.endswith(".test") else host, *rest, **more)


@pytest.mark.parametrize("tls", [False, True])
async def test_a_name_that_has_moved_is_looked_up_again(
    start, tmp_path: Path, monkeypatch, unused_tcp_port: int, tls: bool
):
    ca = Authority(tmp_path, "ours")
    pair = ca.pair("server", "controller.test", "127.0.0.1", "127.0.0.2")
    options = {"tls": ca.trusted(), **serving(pair)} if tls else {}
    first = await start(grpc=Address("127.0.0.1", unused_tcp_port), **options)
    names = Names("127.0.0.1")
    monkeypatch.setattr(socket, "getaddrinfo", names)
    address = f"controller.test:{unused_tcp_port},127.0.0.1:1"
    async with dial(address, tls=ca.trusted() if tls else None) as channel:
        await asked(channel)
        names.place = "127.0.0.2"
        await asked(channel)  # who is connected stays
        assert channel.newest().channel.get_state() is grpc.ChannelConnectivity.READY
        await first.stack.aclose()
        await start(grpc=Address("127.0.0.2", unused_tcp_port), **options)
        await reaches(channel)
