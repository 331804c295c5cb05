"""Builds agents as the controller knows them."""

from __future__ import annotations

from typing import Any

from controller.store.records import AgentRecord
from loadcell.v1 import agent_pb2


def make_agent(name: str = "a", *, requests: float = 0, tokens: float = 1e9, **changes: Any) -> AgentRecord:
    """An agent with one worker; calibrated when `requests` (per second and worker) is given."""
    calibration = agent_pb2.Calibration(max_requests_per_sec=requests, max_tokens_per_sec=tokens)
    plain: dict[str, Any] = {
        "hostname": f"host-{name}",
        "worker_count": 1,
        "software_version": "1",
        "kernel_timestamps": True,
        "draining": False,
        "registered_at": 0,
        "last_seen_at": 0,
        "calibration": calibration if requests else None,
    }
    return AgentRecord(agent_id=name, **plain | changes)
