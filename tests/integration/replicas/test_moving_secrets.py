"""Runs with secrets of the target move between controllers that have the key they are stored under."""

from __future__ import annotations

import base64

KEY = {"LOADCELL_SECRET_KEY": base64.b64encode(b"k" * 32).decode()}


async def test_a_run_with_secrets_goes_to_the_controller_that_has_the_agents(fleet):
    driver, here = await fleet.controller(**KEY)
    other, there = await fleet.controller(**KEY)
    await fleet.agent(there, "agent-1")
    runs = await fleet.runs(here)
    run_id = await fleet.create(runs, api_key="sk-secret")
    result = await fleet.result(runs, run_id)
    await other.said("run_taken_over")
    assert [agent.agent_id for agent in result.agents] == ["agent-1"]
    assert fleet.ask("SELECT secrets FROM benchmark_runs") == [(None,)]
    assert not any("sk-secret" in line for line in driver.lines + other.lines)
