"""Drives one run from wherever it stands to its end.

All it knows is in the database as well, so that another process can go on where this one stopped.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import structlog

from controller.dispatch.accounts import close_level
from controller.dispatch.active import ActiveRun, lease_id_of
from controller.dispatch.handover import HandOver
from controller.dispatch.leases import SECRETS_LOST, LeaseBook, delivered
from controller.dispatch.limits import agents_wanted, asset_limit, prepare_limit, probe_limit, run_limit
from controller.dispatch.notes import add_notes
from controller.dispatch.outcomes import CancelRequestedError, RunFailedError
from controller.dispatch.placement import Placement
from controller.dispatch.probe import Probes
from controller.dispatch.results import finish_run
from controller.dispatch.shortfall import check_carried_out
from controller.dispatch.tenure import Tenure
from controller.dispatch.validating import Validating
from controller.lifecycle import lease_ended
from controller.recommend.events import log_start
from controller.scope import Scope
from controller.store.censored import censor_stopped
from controller.store.database import Connection, DatabaseAwayError
from controller.store.leases import insert_leases, list_leases
from controller.store.ownership import NotHeldError
from controller.store.records import LeaseRecord, LevelRecord
from controller.store.runs import change_state, get_run, set_level, set_probe
from controller.target import TargetSecrets, target_spec, workload_spec
from loadcell.clock import AnchoredClock, wall_micros
from loadcell.errors import LoadcellError
from loadcell.v1 import agent_pb2, run_pb2

log = structlog.get_logger()

CHECK_SECONDS = 0.25  # how often a waiting driver looks for lost agents and passed limits
REST = 9  # times as long as a look took, before the next
STOP_SECONDS = 15.0  # after a cancel: for agents to stop (one second) and to deliver what they measured
START_AHEAD_MICROS = 60_000  # from the decision to start until the start, for the message to arrive
MAX_UNCERTAINTY_MICROS = 1_000_000  # clocks that are known worse than this do not delay the start further
PROBE_ATTEMPTS = 3  # agents asked, when one is lost during its probe

_Lease = agent_pb2.LeaseState
_Run = run_pb2.RunState


@dataclass(frozen=True, slots=True)
class Driver:
    """Everything a run is driven with."""

    tenure: Tenure
    book: LeaseBook
    placement: Placement
    probes: Probes
    clock: AnchoredClock
    handover: HandOver
    validating: Validating

    async def drive(self, run: ActiveRun) -> None:
        """Bring a run to its end and store its result.

        Raises:
            NotHeldError: Another controller has the run.
            DatabaseAwayError: What is stored of the run is where it stands.
        """
        try:
            await self._prepare(run)
            for level in run.levels:
                if not run.levels[level.plan.index].finished:
                    await self._run_level(run, run.levels[level.plan.index])
            await self.validating.after(run)
            await self._finish(run, _Run.RUN_STATE_COMPLETED, None)
        except CancelRequestedError:
            await self._cancel(run)
        except RunFailedError as error:
            await self._fail(run, str(error))
        except (DatabaseAwayError, NotHeldError):
            raise  # not the run's failure
        except LoadcellError as error:
            if error.reason in ("ILLEGAL_TRANSITION", "RUN_NOT_FOUND"):
                await self._follow(run)
            else:
                await self._fail(run, error.message)

    async def _follow(self, run: ActiveRun) -> None:
        """Do what another controller has made of the run in the database: a cancel, or a deletion."""
        stored = await self.tenure.database.read(lambda c: get_run(c, run.record.run_id, Scope.everything()))
        log.warning("run_changed_elsewhere", run_id=run.record.run_id)
        if stored is not None and stored.state == _Run.RUN_STATE_CANCELLING:
            run.record = replace(run.record, state=stored.state)
            await self._cancel(run)
        else:
            run.abandoned = True

    async def _prepare(self, run: ActiveRun) -> None:
        """Choose an agent and look at the target through it."""
        if run.give_up:
            raise RunFailedError(run.give_up)
        if run.record.probed:
            return
        for _ in range(PROBE_ATTEMPTS):
            # All that any level needs, so that no level waits for an agent that another run has taken.
            agents = await self.placement.choose(run, max(_wanted(run, level) for level in run.levels))
            await add_notes(self.tenure, run, self.placement.check_capacity(run, agents))
            if run.record.state == _Run.RUN_STATE_PENDING:
                await self._change(run, _Run.RUN_STATE_SCHEDULED)
            found = await self.probes.ask(
                agents[0],
                target_spec(run.record, self._secrets(run)),
                workload_spec(run.record.config, run.record.words_per_token),
                probe_limit(run.record.config.timeout) + asset_limit(run.record.config),
                given_up=lambda: run.cancel_requested,
            )
            if run.cancel_requested:
                raise CancelRequestedError
            if found is not None:
                await self._take_probe(run, found)
                return
        raise RunFailedError(f"{PROBE_ATTEMPTS} agents were lost while they looked at the target")

    async def _take_probe(self, run: ActiveRun, found: agent_pb2.ProbeResult) -> None:
        if found.error:
            raise RunFailedError(found.error)
        words = found.words_per_token if found.words_per_token > 0 else 1.0
        model = found.model or run.record.model
        await self.tenure.write(
            run,
            lambda c: set_probe(
                c, run.record.run_key, model=model, pin_output=found.pin_output, words_per_token=words
            ),
        )
        run.record = replace(
            run.record, model=model, pin_output=found.pin_output, words_per_token=words, probed=True
        )
        await add_notes(self.tenure, run, found.notes)

    async def _run_level(self, run: ActiveRun, level: LevelRecord) -> None:
        index, timeout = level.plan.index, run.record.config.timeout
        if not run.level_leases(index):
            agents, notes = await self.placement.choose_for(run, level.plan, _wanted(run, level))
            await add_notes(self.tenure, run, notes)
            if index == 0:
                await self.validating.before(run, agents)
            await self._offer(run, level, agents)
        if not level.start_micros:
            await self._until(
                run,
                index,
                lambda: self._all(run, index, _prepared),
                prepare_limit(level.plan, timeout) + asset_limit(run.record.config),
            )
            await self._start(run, level)
        run.live.level(index).begin(time.monotonic())
        await self._until(run, index, lambda: self._all(run, index, _done), run_limit(level.plan, timeout))
        await self.book.save()

        leases, close = run.level_leases(index), self._closing(run, index)

        def store(connection: Connection) -> None:
            censor_stopped(connection, run.record.run_key)
            close(connection)
            seed, lease_seconds = run.record.config.seed, self.book.sessions.lease_seconds
            check_carried_out(connection, level, seed, leases, lease_seconds)
            set_level(connection, run.record.run_key, index, finished=True)

        await self.tenure.write(run, store)
        run.levels[index] = replace(run.levels[index], finished=True)
        run.live.level(index).finish(time.monotonic())
        run.changes.publish()

    async def _offer(self, run: ActiveRun, level: LevelRecord, agents: Sequence[str]) -> None:
        """Give each agent its share of a level."""
        self._secrets(run)
        records = [
            LeaseRecord(
                lease_key=0,
                lease_id=lease_id_of(run.record.run_id, level.plan.index, share),
                run_key=run.record.run_key,
                level=level.plan.index,
                share_index=share,
                share_count=len(agents),
                agent_id=agent_id,
                state=_Lease.LEASE_STATE_OFFERED,
            )
            for share, agent_id in enumerate(agents)
        ]
        run_key = run.record.run_key

        def store(connection: Connection) -> list[LeaseRecord]:
            insert_leases(connection, records)
            return list_leases(connection, run_key)

        for lease in await self.tenure.write(run, store):
            if lease.level == level.plan.index:
                run.put(lease)
                self.book.grant(run, lease)

    async def _start(self, run: ActiveRun, level: LevelRecord) -> None:
        """Start all leases of a level at one instant."""
        index = level.plan.index
        notice = START_AHEAD_MICROS + self._clock_margin(run, index)
        start = self.clock.micros() + notice
        started_at = wall_micros() + notice
        first = run.record.state == _Run.RUN_STATE_SCHEDULED

        def store(connection: Connection) -> None:
            set_level(connection, run.record.run_key, index, start_micros=start)
            if first:
                change_state(connection, run.record.run_key, _Run.RUN_STATE_RUNNING, {"started_at": started_at})

        await self.tenure.write(run, store)
        run.levels[index] = replace(level, start_micros=start)
        if first:
            run.record = replace(run.record, state=_Run.RUN_STATE_RUNNING, started_at=started_at)
        for lease in run.level_leases(index):
            if not lease_ended(lease.state):
                self.book.start(run, lease)
        run.changes.publish()
        if first:
            log.info(
                "benchmark_started",
                run_id=run.record.run_id,
                server_url=run.record.server_url,
                model=run.record.model,
                adapter=run.record.adapter,
            )
            log_start(run.record)

    def _clock_margin(self, run: ActiveRun, index: int) -> int:
        """Return how much later than the message's travel the start must be, in microseconds."""
        sessions = (self.book.sessions.get(lease.agent_id) for lease in run.level_leases(index))
        known = [s.agent.clock_uncertainty_micros or 0.0 for s in sessions if s is not None]
        return round(min(max(known, default=0.0), MAX_UNCERTAINTY_MICROS))

    async def _until(self, run: ActiveRun, index: int, reached: Callable[[], bool], limit_seconds: float) -> None:
        """Wait for a condition on the leases of a level, handing over those whose agents are lost."""
        deadline = time.monotonic() + limit_seconds
        while True:
            seen, begun = run.changes.revision, time.monotonic()
            if run.cancel_requested:
                raise CancelRequestedError
            waiting = await self.handover.look(run, index)
            for lease in run.level_leases(index):
                _raise_failure(lease)
            if reached() and not run.lost_workers:
                return
            if time.monotonic() > deadline:
                raise RunFailedError(f"level {index} took longer than {limit_seconds:,.0f} s; the run is given up")
            # Every sign of life wakes us and each look goes through all leases; 1,000 agents give 500 a second.
            await asyncio.sleep(min(REST * (time.monotonic() - begun), CHECK_SECONDS))
            await run.changes.wait(seen, CHECK_SECONDS)
            if waiting:
                deadline += time.monotonic() - begun  # how long others are waited for has a limit of its own

    def _all(self, run: ActiveRun, index: int, condition: Callable[[LeaseRecord], bool]) -> bool:
        return all(condition(lease) for lease in run.level_leases(index))

    def _secrets(self, run: ActiveRun) -> TargetSecrets:
        if run.secrets is None:
            raise RunFailedError(SECRETS_LOST)
        return run.secrets

    async def _stop(self, run: ActiveRun, reason: str) -> None:
        """Stop all leases, wait until what they measured has arrived, give up those that do not answer."""
        run.stopping = reason
        run.lost_workers.clear()
        run.waiting_for = ""
        for lease in run.leases.values():
            if not lease_ended(lease.state):
                self.book.cancel(lease.agent_id, lease.lease_id, reason)
        deadline = time.monotonic() + STOP_SECONDS
        while True:
            seen = run.changes.revision
            late = time.monotonic() > deadline
            for lease in list(run.leases.values()):
                if not lease_ended(lease.state) and (late or self.book.sessions.lost(lease.agent_id)):
                    self.book.expire(run, lease, f"agent {lease.agent_id} did not stop in time")
            if late or all(self._settled(lease) for lease in run.leases.values()):
                return
            await run.changes.wait(seen, CHECK_SECONDS)

    def _settled(self, lease: LeaseRecord) -> bool:
        return lease_ended(lease.state) and (delivered(lease) or self.book.sessions.lost(lease.agent_id))

    async def _cancel(self, run: ActiveRun) -> None:
        if run.record.state != _Run.RUN_STATE_CANCELLING:
            await self._change(run, _Run.RUN_STATE_CANCELLING)
        await self._stop(run, "the run was cancelled")
        await self._finish(run, _Run.RUN_STATE_CANCELLED, None)

    async def _fail(self, run: ActiveRun, error: str) -> None:
        # The other agents must not go on loading the target for a run that has failed.
        await self._stop(run, error)
        await self._finish(run, _Run.RUN_STATE_FAILED, error)

    def _closing(self, run: ActiveRun, index: int) -> Callable[[Connection], None]:
        """Return what accounts for all that was begun of a level, by what is known of it now."""
        level, seed, leases = run.levels[index], run.record.config.seed, run.level_leases(index)
        known = {lease.lease_id: run.live.level(index).next_ordinal(lease.lease_id) for lease in leases}
        now = max(1, self.clock.micros() - level.start_micros)

        def close(connection: Connection) -> None:
            if censored := close_level(connection, level, seed, leases, known, now):
                log.warning("samples_censored", run_id=run.record.run_id, level_index=index, count=censored)

        return close

    async def _close_books(self, run: ActiveRun) -> None:
        """Account for what a run that is given up has begun and will not deliver."""
        for level in run.levels:
            if level.start_micros and not level.finished:
                await self.tenure.write(run, self._closing(run, level.plan.index), repeatable=True)

    async def _finish(self, run: ActiveRun, state: run_pb2.RunState, error: str | None) -> None:
        now = time.monotonic()
        for level in run.levels:
            if run.live.level(level.plan.index).begun:
                run.live.level(level.plan.index).finish(now)
        await self.book.save()
        if state != _Run.RUN_STATE_COMPLETED:
            await self._close_books(run)
        await finish_run(self.tenure, run, state, error)

    async def _change(self, run: ActiveRun, new: run_pb2.RunState) -> None:
        await self.tenure.write(run, lambda c: change_state(c, run.record.run_key, new))
        run.record = replace(run.record, state=new)
        run.changes.publish()


def _prepared(lease: LeaseRecord) -> bool:
    return _cut(lease) or lease.state in (
        _Lease.LEASE_STATE_READY,
        _Lease.LEASE_STATE_RUNNING,
        _Lease.LEASE_STATE_COMPLETED,
    )


def _done(lease: LeaseRecord) -> bool:
    return _cut(lease) or (lease.state == _Lease.LEASE_STATE_COMPLETED and delivered(lease))


def _cut(lease: LeaseRecord) -> bool:
    """Whether others do what is left of a lease, and what is not known of it is stored as such."""
    return lease.end_ordinal is not None


def _raise_failure(lease: LeaseRecord) -> None:
    """Raise when an agent could not do what it was given: no other could either."""
    if lease.state == _Lease.LEASE_STATE_FAILED:
        raise RunFailedError(f"agent {lease.agent_id}: {lease.error or 'the share failed'}")


def _wanted(run: ActiveRun, level: LevelRecord) -> int:
    return agents_wanted(run.record.config, level.plan)
