"""What watchers are told of each agent."""

from __future__ import annotations

from controller.live.agents import MAX_AGENTS, describe_agents
from controller.live.level import LiveLevel
from controller.store.records import LeaseRecord
from loadcell.stats.goodput import Objectives
from loadcell.v1 import agent_pb2, result_pb2, target_pb2

RUNNING, EXPIRED = agent_pb2.LEASE_STATE_RUNNING, agent_pb2.LEASE_STATE_EXPIRED


def lease(number: int, agent: str, state: agent_pb2.LeaseState = RUNNING) -> LeaseRecord:
    return LeaseRecord(number, f"run.0.{number}", 1, 0, number, 3, agent, state)


def test_the_leases_of_an_agent_count_together() -> None:
    level = LiveLevel(target_pb2.LevelPlan(concurrency=4, request_count=20), Objectives())
    limited = result_pb2.WorkerHealth(cpu_share=0.99)
    level.progress(agent_pb2.LeaseProgress(lease_id="run.0.0", started=9, ended=7, in_flight=2, health=limited))
    level.progress(agent_pb2.LeaseProgress(lease_id="run.0.2", started=3, ended=1, unacknowledged_batches=1))
    shown = describe_agents([lease(0, "b"), lease(1, "a", EXPIRED), lease(2, "b")], level)
    assert [(agent.agent_id, agent.state) for agent in shown] == [("b", "running"), ("a", "expired")]
    assert (shown[0].started, shown[0].ended, shown[0].in_flight, shown[0].unacknowledged_batches) == (12, 8, 2, 1)
    assert [agent.verdict for agent in shown] == ["client_limited", "clean"]


def test_of_many_agents_the_first_are_told() -> None:
    level = LiveLevel(target_pb2.LevelPlan(concurrency=4, request_count=20), Objectives())
    shown = describe_agents([lease(number, f"agent-{number}") for number in range(MAX_AGENTS + 5)], level)
    assert [agent.agent_id for agent in shown] == [f"agent-{number}" for number in range(MAX_AGENTS)]
