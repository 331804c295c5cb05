"""Builds the facts of a run for tests."""

from __future__ import annotations

from typing import Any

from controller.report.facts import AgentFacts, LeaseFacts, LevelFacts, RunFacts
from loadcell.stats.columns import SampleArrays
from loadcell.v1 import agent_pb2, result_pb2, run_pb2, target_pb2

START = 1_700_000_000_000_000


def make_agent(name: str = "a", **changes: Any) -> AgentFacts:
    plain: dict[str, Any] = {"hostname": f"host-{name}", "worker_count": 1, "host": {"cpu_count": "2"}}
    plain |= {"clock_offset_micros": 12.0, "clock_uncertainty_micros": 90.0}
    return AgentFacts(agent_id=name, **plain | changes)


def make_lease(agent: int = 0, **changes: Any) -> LeaseFacts:
    plain: dict[str, Any] = {"state": agent_pb2.LEASE_STATE_COMPLETED, "error": "", "timestamp_source": "kernel"}
    plain |= {"health": result_pb2.WorkerHealth(cpu_share=0.2, reads=100), "start_micros": START, "notes": []}
    plain |= {"end_offset_micros": 0, "ramp_down_offset_micros": 0}
    return LeaseFacts(agent=agent, **plain | changes)


def make_level(samples: SampleArrays, plan: target_pb2.LevelPlan | None = None, **changes: Any) -> LevelFacts:
    plain: dict[str, Any] = {"start_micros": START, "leases": [make_lease()], "sketches": [], "finish_reasons": []}
    plan = plan or target_pb2.LevelPlan(concurrency=1, request_count=len(samples))
    return LevelFacts(plan=plan, samples=samples, **plain | changes)


def make_run(*levels: LevelFacts, **changes: Any) -> RunFacts:
    run = run_pb2.Run(
        run_id="0190",
        status="completed",
        server_url="http://t",
        model="m",
        adapter="openai",
        **changes.pop("run", {}),
    )
    run.completed_at.FromMicroseconds(START + 60_000_000)
    plain: dict[str, Any] = {"config": result_pb2.RunConfig(seed=7), "agents": [make_agent()], "notes": []}
    return RunFacts(run=run, levels=list(levels), **plain | changes)
