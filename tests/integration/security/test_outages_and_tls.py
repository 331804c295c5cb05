"""A controller that cannot be reached: TLS is named where it is the cause, and not on a plain outage."""

from __future__ import annotations

import asyncio

import grpc
import pytest

from loadcell.channel import dial
from loadcell.tls_errors import explain_outage
from loadcell.v1 import agent_pb2_grpc
from tests.fakes.tcp_server import tcp_server
from tests.integration.security.certificates import Authority, serving


async def said(address: str, tls=None) -> str:
    """What an agent would log that was refused there."""
    async with dial(address, tls=tls) as channel:
        with pytest.raises(grpc.aio.AioRpcError) as failed:
            await agent_pb2_grpc.AgentServiceStub(channel).Session().read()
    return await explain_outage(failed.value.details())


@pytest.mark.parametrize("first_bytes", [0, 1])
async def test_a_controller_that_goes_away_is_no_matter_of_tls(tmp_path, first_bytes):
    """What listens accepts and closes, as a controller does that is killed, or a proxy without one behind it."""

    async def close(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await reader.read(first_bytes)

    async with tcp_server(close) as port:
        address = f"127.0.0.1:{port}"
        for tls in (None, Authority(tmp_path, "with-tls").trusted()) if first_bytes else (None,):
            detail = await said(address, tls)
            assert "failed to connect" in detail
            assert "LOADCELL_TLS" not in detail
    assert "LOADCELL_TLS" not in await said(address)  # and nobody listens at all


async def test_tls_is_named_where_it_is_spoken(start, tmp_path):
    ca = Authority(tmp_path, "ours")
    served = await start(tls=ca.trusted(), **serving(ca.pair("server")))
    mutual = await start(tls=ca.trusted(ca.pair("own", "agent")), **serving(ca.pair("server"), ca.file))
    other = Authority(tmp_path, "other")
    assert "LOADCELL_TLS_CA must be set here" in await said(served.address)
    assert "LOADCELL_TLS_CLIENT_CERT must be signed by" in await said(mutual.address, ca.trusted())
    assert "not signed by an authority in LOADCELL_TLS_CA" in await said(served.address, other.trusted())
