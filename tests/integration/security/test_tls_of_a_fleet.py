"""TLS and mTLS with certificates that are right, wrong, old, replaced and missing."""

from __future__ import annotations

import asyncio

import grpc
import pytest
import structlog

from loadcell.channel import dial
from loadcell.client import Client, LoadcellError
from loadcell.rpc_errors import from_rpc_error
from loadcell.settings import Address, Secret, SettingsError
from loadcell.v1 import run_pb2, run_pb2_grpc
from tests.integration.security.certificates import Authority, Pair, serving
from tests.patience import PATIENCE_SECONDS


@pytest.fixture
def ca(tmp_path):
    return Authority(tmp_path, "ours")


@pytest.fixture
def other(tmp_path):
    return Authority(tmp_path, "other")


async def why(address: str, tls=None) -> str:
    """Return what a caller is told who cannot connect."""
    async with dial(address, tls=tls) as channel:
        with pytest.raises(grpc.aio.AioRpcError) as failed:
            await run_pb2_grpc.RunServiceStub(channel).ListRuns(
                run_pb2.ListRunsRequest(), timeout=PATIENCE_SECONDS
            )
    assert failed.value.code() is grpc.StatusCode.UNAVAILABLE
    return from_rpc_error(failed.value).message


async def lists(address: str, tls) -> None:
    async with Client(address, tls=tls) as client:
        async for _ in client.list_runs():
            break


async def test_a_whole_run_over_mutual_tls(start, ca):
    tls = ca.trusted(ca.pair("agent", "agent-1"))
    controller = await start(tls=tls, **serving(ca.pair("server"), ca.file))
    await controller.agent("agent-1", tls=tls)
    run_id = await controller.create()
    assert (await controller.ended(run_id)).state == run_pb2.RUN_STATE_COMPLETED
    await lists(controller.address, tls)


async def test_the_sdk_needs_no_certificate_where_none_is_asked_for(start, ca):
    controller = await start(tls=ca.trusted(), **serving(ca.pair("server")))
    await lists(controller.address, ca.trusted())


async def test_a_caller_learns_what_is_wrong_with_the_certificates(start, ca, other):
    controller = await start(tls=ca.trusted(), **serving(ca.pair("server")))
    elsewhere = await start(tls=ca.trusted(), **serving(ca.pair("elsewhere", "loadcell.example")))
    plain = await start()
    assert "not signed by an authority in LOADCELL_TLS_CA" in await why(controller.address, other.trusted())
    assert "LOADCELL_TLS_CA must be set here" in await why(controller.address)
    assert "for other names than the one that was dialled" in await why(elsewhere.address, ca.trusted())
    assert "does not speak TLS" in await why(plain.address, ca.trusted())


async def test_clients_without_a_certificate_of_the_right_authority_are_not_let_in(start, ca, other):
    controller = await start(tls=ca.trusted(ca.pair("right", "agent-1")), **serving(ca.pair("server"), ca.file))
    for tls in (ca.trusted(), ca.trusted(other.pair("wrong", "agent-1"))):
        assert "LOADCELL_TLS_CLIENT_CERT must be signed by" in await why(controller.address, tls)
    assert "LOADCELL_TLS_CLIENT_CERT must be signed by" in await why(controller.address)


async def test_certificates_are_replaced_without_a_restart(start, ca, other):
    """The server's, the clients' authority and the client's own, all three between two calls."""
    server, own = ca.pair("server"), ca.pair("agent", "agent-1")
    roots = ca.file.with_name("roots.pem")
    roots.write_bytes(ca.file.read_bytes())
    tls = type(ca.trusted())(roots, own.cert, own.key)
    controller = await start(tls=tls, **serving(server, roots))
    agent = await controller.agent("agent-1", tls=tls)

    roots.write_bytes(other.file.read_bytes())
    other.pair("server", into=server)
    other.pair("agent", "agent-1", into=own)
    # Who comes now needs the new ones; who was there before stays.
    await lists(controller.address, tls)
    assert "not signed by" in await why(controller.address, ca.trusted())
    await controller.runs.ListRuns(run_pb2.ListRunsRequest())
    beats = len(agent.replies)
    await agent.until(lambda: len(agent.replies) > beats + 2)
    assert agent.ended is None


async def test_a_channel_uses_new_files_for_its_next_call_and_lets_old_calls_end(start, ca):
    own = ca.pair("agent", "agent-1")
    controller = await start(tls=ca.trusted(own), **serving(ca.pair("server"), ca.file))
    run_id = await controller.create()
    async with dial(controller.address, tls=ca.trusted(own)) as channel:
        runs = run_pb2_grpc.RunServiceStub(channel)
        watching = runs.WatchRun(run_pb2.WatchRunRequest(run_id=run_id))
        await watching.read()
        before = channel.newest()
        ca.pair("agent", "agent-1", into=own)
        await runs.ListRuns(run_pb2.ListRunsRequest())
        assert channel.newest() is not before
        assert (await watching.read()).run.run_id == run_id
        watching.cancel()
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not before.closed:
                await asyncio.sleep(0.02)


async def test_files_that_cannot_be_used_leave_the_earlier_ones_in_use(start, ca):
    server = ca.pair("server")
    controller = await start(tls=ca.trusted(), **serving(server))
    with structlog.testing.capture_logs() as lines:
        server.cert.write_bytes(server.cert.read_bytes()[:200])  # half written
        await lists(controller.address, ca.trusted())
    refused = next(line for line in lines if line["event"] == "files_refused")
    assert f"LOADCELL_TLS_CERT={server.cert}" in refused["error"]
    ca.pair("server", "localhost", into=server)
    assert "for other names" in await why(controller.address, ca.trusted())


async def test_an_expired_certificate_is_named_on_both_sides(start, ca):
    old = ca.pair("old", days=-1)
    with pytest.raises(SettingsError, match=f"LOADCELL_TLS_CERT={old.cert}: the certificate has expired"):
        await start(**serving(old))
    expired = ca.trusted(ca.pair("old-agent", "agent-1", days=-1))
    with pytest.raises(
        SettingsError, match=r"LOADCELL_TLS_CLIENT_CERT=.*old-agent.pem: the certificate has expired"
    ):
        dial("127.0.0.1:1", tls=expired)


async def test_files_are_named_that_are_missing_or_do_not_belong_together(start, ca, tmp_path):
    good, second = ca.pair("good"), ca.pair("second")
    junk = tmp_path / "junk.pem"
    junk.write_text("no certificate")
    gone = tmp_path / "gone.pem"
    cases = [
        (Pair(gone, good.key), None, "LOADCELL_TLS_CERT=.*gone.pem: No such file"),
        (Pair(good.cert, gone), None, "LOADCELL_TLS_KEY=.*gone.pem: No such file"),
        (Pair(good.cert, second.key), None, "LOADCELL_TLS_KEY=.*second.key: the key is not that of"),
        (Pair(junk, good.key), None, "LOADCELL_TLS_CERT=.*junk.pem and .*: not a PEM certificate"),
        (good, junk, "LOADCELL_TLS_CLIENT_CA=.*junk.pem: it holds no certificate"),
        (good, gone, "LOADCELL_TLS_CLIENT_CA=.*gone.pem: No such file"),
        (good, good.cert, "LOADCELL_TLS_CLIENT_CA=.*: it holds no certificate of an authority"),
    ]
    for pair, client_ca, message in cases:
        with pytest.raises(SettingsError, match=message):
            await start(**serving(pair, client_ca))


async def test_half_a_configuration_is_refused(start, ca):
    pair = ca.pair("server")
    for settings, missing in (
        ({"tls_cert": pair.cert}, "LOADCELL_TLS_KEY"),
        ({"tls_key": pair.key}, "LOADCELL_TLS_CERT"),
        ({"tls_client_ca": ca.file}, "LOADCELL_TLS_CERT"),
    ):
        with pytest.raises(SettingsError, match=f"set {missing}"):
            await start(**settings)


async def test_other_machines_are_served_without_tls_only_with_a_key_and_a_warning(start, ca):
    everywhere = Address("0.0.0.0", 0)
    with pytest.raises(SettingsError, match="LOADCELL_API_KEY"):
        await start(grpc=everywhere, tls=ca.trusted(), **serving(ca.pair("server")))
    with structlog.testing.capture_logs() as lines:
        await start(grpc=everywhere, api_key=Secret("k"))
    assert [line["event"] for line in lines if line["event"] == "served_without_tls"]
    with structlog.testing.capture_logs() as lines:
        await start(grpc=everywhere, api_key=Secret("k"), tls=ca.trusted(), **serving(ca.pair("server")))
    assert not [line for line in lines if line["event"] == "served_without_tls"]


async def test_a_unix_socket_needs_no_tls_although_it_is_set_up(start, ca, tmp_path):
    path = Address("", 0, str(tmp_path / "grpc"))
    controller = await start(grpc=path, tls=ca.trusted(), **serving(ca.pair("server"), ca.file))
    await lists(controller.address, ca.trusted())
    await lists(controller.address, None)


async def test_the_sdk_says_what_is_wrong_with_tls(start, ca, other):
    controller = await start(tls=ca.trusted(), **serving(ca.pair("server")))
    async with Client(controller.address, tls=other.trusted()) as client:
        assert "LOADCELL_TLS_CA" in await client.refused_by_tls()
        with pytest.raises(LoadcellError, match="LOADCELL_TLS_CA") as refused:
            await client.get_run("any")
    assert refused.value.reason == "SERVICE_UNAVAILABLE"
    async with Client("127.0.0.1:1") as nobody:
        assert await nobody.refused_by_tls() == ""
