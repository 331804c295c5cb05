"""On the command line: targets that are denied, and load that must be meant."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from system import PATIENCE_SECONDS, System

from loadcell.mockserver import Behavior, serve
from tests.free_ports import free_address

SMALL = ("--input-len", "16", "--output-len", "4", "--warmup", "0", "-n", "20")


@asynccontextmanager
async def agent_of_another(system: System, controller: str, **settings: str) -> AsyncIterator[None]:
    """Keep an agent connected whose owner has settings of his own."""
    environment = {**system.environment, "LOADCELL_CONTROLLER": controller, "LOADCELL_WORKERS": "1", **settings}
    agent = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "agent", env=environment, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        yield
    finally:
        agent.terminate()
        await asyncio.wait_for(agent.wait(), PATIENCE_SECONDS)


async def test_a_denied_target_is_refused_with_its_rule(system: System):
    async with serve(Behavior(ttft_ms=1)) as server:
        done = await system.run("run", server.url, *SMALL, LOADCELL_TARGET_DENY="127.0.0.0/8")
        assert (done.code, done.out) == (2, "")
        assert done.err.splitlines()[-1].startswith("error: URL: ")
        assert "'127.0.0.0/8' in LOADCELL_TARGET_DENY" in done.err
        assert server.requests == 0


async def test_an_agent_obeys_its_own_rules_whatever_the_controller_lets_through(system: System):
    controller = free_address()
    async with (
        serve(Behavior(ttft_ms=1)) as server,
        system.up("--grpc", controller, "--agents", "0"),
        agent_of_another(system, controller, LOADCELL_TARGET_ALLOW="10.0.0.0/8"),
    ):
        done = await system.run("run", server.url, *SMALL, "--json")
    assert (done.code, done.document["status"]) == (1, "failed")
    assert "none of those in LOADCELL_TARGET_ALLOW" in done.document["error"]
    assert server.requests == 0


async def test_much_load_must_be_meant(system: System):
    async with serve(Behavior(ttft_ms=1)) as server:
        plan = ("run", server.url, "--rate", "60", *SMALL, "--json")
        done = await system.run(*plan, LOADCELL_ACKNOWLEDGE_RATE="50")
        assert (done.code, done.out) == (1, "")
        assert "rate 60 is above 50 (LOADCELL_ACKNOWLEDGE_RATE)" in done.err
        assert server.requests == 0
        done = await system.run(*plan, "--acknowledge-load", LOADCELL_ACKNOWLEDGE_RATE="50")
        assert done.code == 0, done.err + system.logs()
