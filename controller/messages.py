"""Messages of the contract made from the rows of the store."""

from __future__ import annotations

from collections.abc import Sequence

from google.protobuf.timestamp_pb2 import Timestamp

from controller.lifecycle import STATUS_WORDS, agent_state
from controller.store.contexts import DEFAULT_PROJECT
from controller.store.records import AgentRecord, RunRecord
from loadcell.v1 import fleet_pb2, run_pb2


def timestamp(micros: int) -> Timestamp:
    """Return the message of an instant in microseconds since 1970 UTC."""
    return Timestamp(seconds=micros // 1_000_000, nanos=micros % 1_000_000 * 1_000)


def run_message(run: RunRecord, agent_ids: Sequence[str], *, with_config: bool = True) -> run_pb2.Run:
    """Return the message of a run; times that have not come stay unset."""
    message = run_pb2.Run(
        run_id=run.run_id,
        status=STATUS_WORDS[run.state],
        state=run.state,
        server_url=run.server_url,
        model=run.model,
        adapter=run.adapter,
        framework=run.config.framework,
        started_at=None if run.started_at is None else timestamp(run.started_at),
        completed_at=None if run.completed_at is None else timestamp(run.completed_at),
        created_at=timestamp(run.created_at),
        error=run.error,
        labels=run.config.labels,
        agent_ids=agent_ids,
        project_id=run.config.project_id or DEFAULT_PROJECT,
        baseline=run.baseline,
        notes=run.remark,
        recommendation=run.config.HasField("recommendation"),
    )
    if with_config:
        message.config.CopyFrom(run.config)
    return message


def agent_message(
    agent: AgentRecord, *, lease_count: int, lost_before_micros: int, uplink_bytes: int
) -> fleet_pb2.Agent:
    """Return the message of an agent.

    Args:
        agent: the agent.
        lease_count: leases it holds.
        lost_before_micros: an agent last heard of before this instant is lost.
        uplink_bytes: what it keeps that is not committed.
    """
    return fleet_pb2.Agent(
        agent_id=agent.agent_id,
        state=agent_state(
            lost=agent.last_seen_at < lost_before_micros, draining=agent.draining, lease_count=lease_count
        ),
        hostname=agent.hostname,
        labels=agent.labels,
        worker_count=agent.worker_count,
        software_version=agent.software_version,
        host=agent.host,
        last_seen_at=timestamp(agent.last_seen_at),
        registered_at=timestamp(agent.registered_at),
        calibration=agent.calibration,
        clock_offset_micros=agent.clock_offset_micros,
        clock_uncertainty_micros=agent.clock_uncertainty_micros,
        clock_steps=agent.clock_steps,
        uplink_bytes=uplink_bytes,
        lease_count=lease_count,
        kernel_timestamps=agent.kernel_timestamps,
    )
