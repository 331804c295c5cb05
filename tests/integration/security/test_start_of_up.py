"""The start of `loadcell up`: what cannot work is said, and who stops it is heard."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import pytest

from loadcell.cli.failure import EXIT_OK, EXIT_USAGE, CommandError
from loadcell.cli.session import Session
from loadcell.cli.up import _stay_up
from loadcell.settings import Secret
from loadcell.stack import Stack, StackPlan
from tests.free_ports import free_address
from tests.integration.security.certificates import Authority, serving
from tests.patience import PATIENCE_SECONDS


@pytest.fixture(autouse=True)
def no_tls_here(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CA", "CLIENT_CERT", "CLIENT_KEY"):
        monkeypatch.delenv(f"LOADCELL_TLS_{name}", raising=False)
    monkeypatch.setattr("loadcell.logs.configure", lambda *_: None)  # the log is that of the tests


def started_here(tmp_path: Path, address: str) -> Session:
    """A controller as `up` has it; its process is this one."""
    stack = Stack(StackPlan(directory=tmp_path, database="", grpc=address, agents=0), grpc=address)
    return Session(address, Secret(""), stack)


async def test_a_controller_with_tls_needs_an_authority_here(start, tmp_path):
    controller = await start(**serving(Authority(tmp_path, "ours").pair("server")))
    with pytest.raises(CommandError, match="LOADCELL_TLS_CA must be set here") as refused:
        async with started_here(tmp_path, controller.address).client():
            pass
    assert refused.value.exit_code == EXIT_USAGE


async def test_a_controller_that_asks_for_certificates_needs_one_here(start, tmp_path, monkeypatch):
    ca = Authority(tmp_path, "ours")
    controller = await start(**serving(ca.pair("server"), ca.file))
    monkeypatch.setenv("LOADCELL_TLS_CA", str(ca.file))
    with pytest.raises(CommandError, match="LOADCELL_TLS_CLIENT_CERT must be signed") as refused:
        async with started_here(tmp_path, controller.address).client():
            pass
    assert refused.value.exit_code == EXIT_USAGE


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_a_signal_ends_a_start_that_lasts(tmp_path, number):
    before = signal.getsignal(number)
    session = started_here(tmp_path, free_address())
    assert session.stack is not None
    up = asyncio.create_task(_stay_up(session.stack, session, "http"))
    async with asyncio.timeout(PATIENCE_SECONDS):
        while signal.getsignal(number) is before:
            await asyncio.sleep(0.01)
        os.kill(os.getpid(), number)
        assert await up == EXIT_OK
