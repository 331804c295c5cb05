"""What the dispatcher tells subscribers of. The states of runs are told of where they are stored."""

from __future__ import annotations

from controller.dispatch.active import ActiveRun
from controller.events.hub import Events
from controller.events.kinds import METRIC_THRESHOLD, SYSTEM_ALERT
from controller.store.contexts import context_of
from controller.store.records import LeaseRecord
from loadcell.v1 import event_pb2


def tell_of_thresholds(events: Events, run: ActiveRun, level: int) -> None:
    """Tell of the objectives that a level has gone beyond since the last call."""
    for beyond in run.live.level(level).newly_beyond():
        context = context_of(run.record.config, run.record.model)
        data = event_pb2.MetricThresholdEvent(
            metric_name=beyond.name,
            threshold_value=beyond.objective,
            current_value=beyond.value,
            provider=context.provider,
            model=context.model,
            environment=context.environment,
            run_id=run.record.run_id,
            level=level,
        )
        events.publish(METRIC_THRESHOLD, context.project_id, data)


def tell_of_lost_agent(events: Events, run: ActiveRun, lease: LeaseRecord, error: str) -> None:
    """Tell that an agent does not carry out its share."""
    data = event_pb2.SystemAlertEvent(
        alert_type="agent_lost",
        severity="warning",
        message=f"agent {lease.agent_id} has lost its share of level {lease.level}: {error}",
        run_id=run.record.run_id,
        agent_id=lease.agent_id,
    )
    events.publish(SYSTEM_ALERT, context_of(run.record.config, run.record.model).project_id, data)
