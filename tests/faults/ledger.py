"""The books of a run: what was planned against what is stored, read straight from the tables."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, create_engine, func, or_, select
from sqlalchemy.pool import NullPool

from controller.lifecycle import lease_ended, run_ended
from controller.store.schema import batches, benchmark_runs, leases, run_levels, traces
from controller.store.schema_sums import batch_sums
from loadcell.pacing.schedule import constant, poisson
from loadcell.pacing.shares import worker_share
from loadcell.stats.ordinals import unpack
from loadcell.v1 import agent_pb2, result_pb2, run_pb2, sample_pb2, target_pb2

_OK = sample_pb2.SAMPLE_STATUS_OK
_ERROR = sample_pb2.SAMPLE_STATUS_ERROR
_CANCELLED = sample_pb2.SAMPLE_STATUS_CANCELLED
_CENSORED = sample_pb2.SAMPLE_STATUS_CENSORED


@dataclass(frozen=True)
class Level:
    """One level in the books. Counts are by status over measured requests; lists hold ordinals."""

    plan: target_pb2.LevelPlan
    planned: int | None  # None: a closed loop that is bounded by time
    counts: Counter[int]
    executed: Counter[int]
    censored: Counter[int]
    cancelled: Counter[int]


@dataclass(frozen=True)
class Ledger:
    """Reads the books of one run.

    Args:
        url: SQLAlchemy URL of the database.
        run_id: The run.
        result: Its result document.
    """

    url: str
    run_id: str
    result: result_pb2.RunResult

    @property
    def notes(self) -> list[str]:
        """What the result tells its reader, but for what agents of a test do not have, and for what was kept.

        How well clocks are known says how busy the machine is.
        """
        apart = ("loadcell calibrate", "not all requests were kept", "is known no better")
        return [note for note in self.result.notes if not any(words in note for words in apart)]

    def complaints(self) -> list[str]:
        """Everything that is wrong, a sentence each; empty when the books are straight."""
        engine = create_engine(self.url, poolclass=NullPool)
        try:
            with engine.connect() as connection:
                return list(self._complaints(connection))
        finally:
            engine.dispose()

    def levels(self) -> list[Level]:
        engine = create_engine(self.url, poolclass=NullPool)
        try:
            with engine.connect() as connection:
                return self._levels(connection, self._run_key(connection))
        finally:
            engine.dispose()

    def _run_key(self, connection: Connection) -> int:
        key: int = connection.execute(
            select(benchmark_runs.c.run_key).where(benchmark_runs.c.run_id == self.run_id)
        ).scalar_one()
        return key

    def _complaints(self, connection: Connection) -> Iterator[str]:
        yield from _left_over(connection)
        run_key = self._run_key(connection)
        state, error = connection.execute(
            select(benchmark_runs.c.state, benchmark_runs.c.error).where(benchmark_runs.c.run_key == run_key)
        ).one()
        completed = state == run_pb2.RUN_STATE_COMPLETED
        if state == run_pb2.RUN_STATE_FAILED and not error:
            yield "the run failed and does not say why"
        yield from _batches(connection, run_key)
        found = self._levels(connection, run_key)
        documents = {level.index: level for level in self.result.results}
        for level in found:
            name = f"level {level.plan.index}"
            yield from (f"{name}: {complaint}" for complaint in _plan(level, completed=completed))
            if level.plan.index in documents:
                yield from (f"{name}: {complaint}" for complaint in _totals(level, documents[level.plan.index]))
            elif level.counts:
                yield f"{name}: {sum(level.counts.values())} requests are stored and the result has no such level"
            lost = any(level.censored)
            if lost and not self.notes:
                yield f"{name}: requests are CENSORED and no note says so"
        if completed and len(documents) != len(found):
            yield f"the result has {len(documents)} of {len(found)} levels"

    def _levels(self, connection: Connection, run_key: int) -> list[Level]:
        plans = connection.execute(
            select(run_levels.c.plan).where(run_levels.c.run_key == run_key).order_by(run_levels.c.level)
        ).scalars()
        return [self._level(connection, run_key, target_pb2.LevelPlan.FromString(plan)) for plan in plans]

    def _level(self, connection: Connection, run_key: int, plan: target_pb2.LevelPlan) -> Level:
        rows = connection.execute(
            select(traces.c.ordinal, traces.c.status).where(
                traces.c.run_key == run_key, traces.c.level == plan.index, traces.c.warmup == 0
            )
        ).all()
        counts = Counter(status for _, status in rows)
        executed = Counter(ordinal for ordinal, status in rows if status in (_OK, _ERROR))
        if self.result.percentiles == "sketch":
            # Not all of these have rows; all are in the sums of their batch.
            kept, executed, sums = executed, Counter[int](), Counter[str]()
            for batch in self._sums(connection, run_key, plan.index):
                executed.update(unpack(batch.ordinals).tolist())
                sums.update(dict(sample_pb2.SampleSums.FromString(zlib.decompress(batch.sums)).counts))
            counts |= {_OK: sums["ok"], _ERROR: sums["error"]}
            if sums["ok"] + sums["error"] != executed.total() or kept - executed:
                raise AssertionError(f"kept, in no sums: {kept - executed}; or they and ordinals differ: {sums}")
        return Level(
            plan=plan,
            planned=planned(plan, self.result.config.seed),
            counts=counts,
            executed=executed,
            censored=Counter(ordinal for ordinal, status in rows if status == _CENSORED),
            cancelled=Counter(ordinal for ordinal, status in rows if status == _CANCELLED),
        )

    def _sums(self, connection: Connection, run_key: int, level: int) -> Sequence[Row[Any]]:
        return connection.execute(
            select(batch_sums.c.ordinals, batch_sums.c.sums)
            .join(leases, leases.c.lease_key == batch_sums.c.lease_key)
            .where(batch_sums.c.run_key == run_key, leases.c.level == level)
        ).all()


def planned(plan: target_pb2.LevelPlan, seed: int) -> int | None:
    """Requests of a level, None for a closed loop that is bounded by time."""
    if plan.request_count:
        return plan.request_count
    if not plan.rate:
        return None
    whole = worker_share(concurrency=0, max_concurrency=0, share=0, shares=1, worker=0, workers=1)
    duration = plan.duration_micros * 1000
    if plan.arrival == target_pb2.ARRIVAL_POISSON:
        arrivals = poisson(plan.rate, whole, seed=seed, level=plan.index, count=None, duration_ns=duration)
    else:
        arrivals = constant(plan.rate, whole, count=None, duration_ns=duration)
    return sum(1 for _ in arrivals)


def _left_over(connection: Connection) -> Iterator[str]:
    """Runs and leases of the whole database that are not over."""
    for run_id, state in connection.execute(select(benchmark_runs.c.run_id, benchmark_runs.c.state)):
        if not run_ended(state):
            yield f"run {run_id} is left in {run_pb2.RunState.Name(state)}"
    for lease_id, state in connection.execute(select(leases.c.lease_id, leases.c.state)):
        if not lease_ended(state):
            yield f"lease {lease_id} is left in {agent_pb2.LeaseState.Name(state)}"


def _batches(connection: Connection, run_key: int) -> Iterator[str]:
    """Batches of a lease are numbered without gaps, and all their rows are stored."""
    stored = connection.execute(
        select(traces.c.lease_key, func.count().label("rows"))
        # The controller knows nothing of what an agent has not told: such a row came in no batch.
        .where(traces.c.run_key == run_key, or_(traces.c.status != _CENSORED, traces.c.requested_tokens >= 0))
        .group_by(traces.c.lease_key)
    )
    rows_of = {one.lease_key: one.rows for one in stored}
    kept = connection.execute(
        select(batch_sums.c.lease_key, func.sum(batch_sums.c.kept_count))
        .where(batch_sums.c.run_key == run_key)
        .group_by(batch_sums.c.lease_key)
    )
    kept_of = {key: int(count) for key, count in kept}
    held = {
        key: (number, last, count)
        for key, number, last, count in connection.execute(
            select(
                batches.c.lease_key,
                func.count(),
                func.max(batches.c.batch_number),
                func.sum(batches.c.row_count),
            ).group_by(batches.c.lease_key)
        )
    }
    for lease in connection.execute(select(leases).where(leases.c.run_key == run_key)):
        number, last, count = held.get(lease.lease_key, (0, 0, 0))
        if number != last or last != lease.committed_batch_number:
            noted = lease.committed_batch_number
            yield f"lease {lease.lease_id} has {number} batches, the last is {last}, noted {noted}"
        count = kept_of.get(lease.lease_key, count)
        if count != rows_of.get(lease.lease_key, 0):
            yield f"lease {lease.lease_id} has {rows_of.get(lease.lease_key, 0)} rows of {count} in its batches"
        if lease.state == agent_pb2.LEASE_STATE_COMPLETED and last < lease.last_batch_number:
            yield f"lease {lease.lease_id} completed with {lease.last_batch_number} batches and {last} are stored"


def _plan(level: Level, *, completed: bool) -> Iterator[str]:
    everything = level.executed.keys() | level.censored.keys() | level.cancelled.keys()
    if unknown := set(level.counts) - {_OK, _ERROR, _CANCELLED, _CENSORED}:
        yield f"rows with the status {unknown}"
    if level.planned is not None:
        if beyond := [ordinal for ordinal in everything if not 0 <= ordinal < level.planned]:
            yield f"ordinals beyond the plan of {level.planned}: {sorted(beyond)[:10]}"
        missing = set(range(level.planned)) - everything
        if completed and missing:
            yield f"{len(missing)} of {level.planned} planned requests are nowhere: {sorted(missing)[:10]}"
    if completed and level.cancelled:
        yield f"{len(level.cancelled)} requests of a completed run are CANCELLED"
    if level.plan.rate:
        rows = level.executed + level.censored + level.cancelled
        if twice := [ordinal for ordinal, count in rows.items() if count > 1]:
            yield f"{len(twice)} ordinals of an open loop are there twice: {sorted(twice)[:10]}"


def _totals(level: Level, document: result_pb2.LevelResult) -> Iterator[str]:
    pairs = {
        "requests": (sum(level.counts.values()), document.total_requests),
        "OK": (level.counts[_OK], document.successful_requests),
        "ERROR": (level.counts[_ERROR], document.failed_requests),
        "CANCELLED": (level.counts[_CANCELLED], document.cancelled_requests),
        "CENSORED": (level.counts[_CENSORED], document.censored_requests),
    }
    for name, (stored, shown) in pairs.items():
        if stored != shown:
            yield f"{stored} {name} are stored and the result shows {shown}"
