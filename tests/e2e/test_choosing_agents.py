"""Agents chosen on the command line: by labels, by what they can do, and waited for."""

import asyncio
import time

from system import PATIENCE_SECONDS, System

from agent.calibration import HostCalibration, store_calibration
from loadcell.mockserver import Behavior, serve

SMALL = ("--input-len", "16", "--output-len", "8", "--warmup", "1", "-n", "20")


async def test_a_run_that_waits_for_its_agents_says_so(system: System):
    async with serve(Behavior(ttft_ms=1)) as server, system.up("--agents", "2", LOADCELL_AGENT_LABELS="region=eu"):
        listed = (await system.run("agents", "list", "--json")).document["agents"]
        assert [agent["labels"] for agent in listed] == [{"region": "eu"}] * 2
        name = listed[0]["agent_id"]
        assert (await system.run("agents", "drain", name)).code == 0
        choice = ("--agents", "region=eu,count=2", "-c", "2")
        waiting = await system.start("run", server.url, *choice, *SMALL, "--json")
        assert waiting.stderr is not None
        said = [await asyncio.wait_for(waiting.stderr.readline(), PATIENCE_SECONDS) for _ in range(2)]
        assert said[1].decode() == "waiting for 1 of 2 agents with region=eu; 1 draining\n"
        assert (await system.run("agents", "drain", name, "--resume")).code == 0
        done = await system.finish(waiting)
        assert done.code == 0, done.err + system.logs()
        assert sorted(part["total_requests"] for part in done.document["agents"]) == [10, 10]
        shown = await system.run("agents", "show", name, "--json")
        assert (shown.document["state"], shown.document["labels"]) == ("ready", {"region": "eu"})
        unknown = await system.run("agents", "show", "nobody")
        assert (unknown.code, unknown.err) == (2, "error: there is no agent nobody\n")


async def test_a_plan_beyond_the_calibration_needs_force(system: System):
    store_calibration(HostCalibration(10.0, 1e9, 30.0, 9.5, round(time.time() * 1e6)), system.home)
    async with serve(Behavior(ttft_ms=1)) as server:
        plan = ("run", server.url, "--rate", "1000", "--workers", "1", *SMALL, "--json")
        refused = await system.run(*plan)
        assert refused.code == 1
        # Refused before there is a run where the agent was there first; a failed run where the run was.
        assert not refused.out or refused.document["status"] == "failed"
        assert server.requests == 0
        assert "1000/s is 1,000 requests/s, its 1 agent was calibrated for 10" in refused.err
        assert refused.err.splitlines()[-1].startswith("error: ")
        forced = await system.run(*plan, "--force")
        assert forced.code == 0, forced.err + system.logs()
        notes = forced.document["notes"]
        assert any(note.startswith("forced beyond the capacity of the agents: 1000/s") for note in notes)
        assert forced.document["config"]["force"]


async def test_labels_need_agents_that_are_there_already(system: System):
    async with serve(Behavior(ttft_ms=1)) as server:
        done = await system.run("run", server.url, "--agents", "region=eu")
        assert (done.code, done.out) == (2, "")
        assert "name the controller with --controller" in done.err
        assert server.requests == 0
    assert await system.has_no_processes()
