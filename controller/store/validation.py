"""Operations on the steps of the comparison of runs with what their servers say. They go with their run."""

from __future__ import annotations

from sqlalchemy import Connection, func, insert, select

from controller.report.facts import Told
from controller.store.schema_validation import run_validation_steps as steps
from loadcell.v1 import agent_pb2, run_pb2


def add_step(
    connection: Connection, run_key: int, log: run_pb2.ValidationLog, figures: agent_pb2.ScrapeResult | None = None
) -> None:
    """Store a further step of a run, with what the server said if it was asked."""
    number = select(func.coalesce(func.max(steps.c.number) + 1, 0)).where(steps.c.run_key == run_key)
    values = {
        "run_key": run_key,
        "number": connection.execute(number).scalar_one(),
        "step": log.step,
        "status": log.status,
        "message": log.message,
        "created_at": log.timestamp.ToMicroseconds(),
        "figures": None if figures is None else figures.SerializeToString(),
    }
    connection.execute(insert(steps), values)


def list_steps(connection: Connection, run_key: int) -> list[run_pb2.ValidationLog]:
    """Return the steps of a run in their order."""
    query = (
        select(steps.c.step, steps.c.status, steps.c.message, steps.c.created_at)
        .where(steps.c.run_key == run_key)
        .order_by(steps.c.number)
    )
    found = []
    for step, status, message, created_at in connection.execute(query):
        log = run_pb2.ValidationLog(step=step, status=status, message=message)
        log.timestamp.FromMicroseconds(created_at)
        found.append(log)
    return found


def get_told(connection: Connection, run_key: int) -> Told:
    """Return what the server of a run said of itself; where it was asked twice for one moment, the last answer."""
    query = (
        select(steps.c.step, steps.c.created_at, steps.c.figures)
        .where(steps.c.run_key == run_key, steps.c.figures.is_not(None))
        .order_by(steps.c.number)
    )
    found = {
        step: (created_at, agent_pb2.ScrapeResult.FromString(figures))
        for step, created_at, figures in connection.execute(query)
    }
    _, before = found.get("before", (0, None))
    asked_at, after = found.get("after", (0, None))
    return Told(before, after, asked_at)
