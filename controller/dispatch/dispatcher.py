"""The active runs of this process: taking them in, driving them, letting them go."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, TypeVar

import structlog

from controller.dispatch.active import ActiveRun, ActiveRuns, run_id_of
from controller.dispatch.deletions import Deletions
from controller.dispatch.draining import Draining
from controller.dispatch.driver import Driver
from controller.dispatch.handover import HandOver
from controller.dispatch.leases import MAX_NOTES, LeaseBook
from controller.dispatch.ownership import OWNER_SECONDS, owner_id
from controller.dispatch.placement import Placement
from controller.dispatch.probe import Probes
from controller.dispatch.results import rebuild_result
from controller.dispatch.scrape import Scrapes
from controller.dispatch.sessions import Sessions
from controller.dispatch.target_checks import TargetChecks
from controller.dispatch.telling import tell_of_thresholds
from controller.dispatch.tenure import Tenure
from controller.dispatch.upkeep import Upkeep
from controller.dispatch.validating import Validating
from controller.events.hub import Events
from controller.ingest.committer import Committer
from controller.ingest.decode import Batch
from controller.lifecycle import run_ended
from controller.live.latest import latest_request
from controller.live.run import LiveRun
from controller.recommend.events import log_end
from controller.scope import Scope
from controller.store.annotations import get_annotations
from controller.store.database import Connection, Database, DatabaseAwayError
from controller.store.ownership import NotHeldError, give_up_ownership
from controller.store.records import LeaseRecord, LevelRecord, RunRecord
from controller.store.runs import change_state, get_run, set_notes
from controller.target import TargetSecrets
from controller.vault import Vault
from loadcell.clock import AnchoredClock, wall_micros
from loadcell.errors import LoadcellError
from loadcell.settings import Secret
from loadcell.v1 import run_pb2

log = structlog.get_logger()

T = TypeVar("T")

DELETE_WAIT_SECONDS = 30.0  # for a run that another controller drives to stop
END_SECONDS = 5.0  # for runs to end with the command that carried them
MAX_SECRETS = 1_000  # runs whose secrets are kept until they end, here or elsewhere
REBUILD_SECONDS = 1.0  # from a late batch until the result of its run is computed again


@dataclass(slots=True)
class Dispatcher:
    """Owns the active runs. `start` first, `stop` last."""

    database: Database
    sessions: Sessions
    events: Events
    agent_wait_seconds: float
    resume_seconds: float
    forget_seconds: float
    vault: Vault = field(default_factory=lambda: Vault(Secret("")))
    clock: AnchoredClock = field(default_factory=AnchoredClock)  # what agents measure their offset against
    runs: ActiveRuns = field(default_factory=ActiveRuns)
    owner: str = field(default_factory=owner_id)
    book: LeaseBook = field(init=False)
    probes: Probes = field(init=False)
    scrapes: Scrapes = field(init=False)
    target_checks: TargetChecks = field(init=False)
    draining: Draining = field(init=False)
    committer: Committer = field(init=False)
    deletions: Deletions = field(init=False)
    tenure: Tenure = field(init=False)
    _driver: Driver = field(init=False)
    _committing: asyncio.Task[None] | None = None
    _tasks: set[asyncio.Task[Any]] = field(default_factory=set)
    _rebuilding: set[str] = field(default_factory=set)
    _secrets: dict[str, TargetSecrets] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        self.book = LeaseBook(self.database, self.sessions, self.runs, self.owner, self.events)
        self.probes = Probes(self.sessions)
        self.scrapes = Scrapes(self.sessions)
        self.draining = Draining(self.database, self.sessions)
        self.committer = Committer(self.database, self._committed, self.owner)
        self.deletions = Deletions(self.database, self.committer, self.owner)
        self.tenure = Tenure(self.database)
        placement = Placement(self.book, self.agent_wait_seconds)
        self.target_checks = TargetChecks(placement, self.probes)
        handover = HandOver(self.tenure, self.book, placement, self.clock)
        validating = Validating(self.tenure, self.scrapes)
        self._driver = Driver(self.tenure, self.book, placement, self.probes, self.clock, handover, validating)

    async def start(self) -> None:
        """Take over what was left behind and begin to work."""
        upkeep = Upkeep(self)
        self._spawn(self.sessions.attention.run())
        await upkeep.adopt()
        self._committing = asyncio.create_task(self.committer.run())
        self._spawn(self.book.run())
        self._spawn(upkeep.run())
        if self.database.tells:
            self._spawn(self._follow())

    async def stop(self) -> None:
        """Leave the active runs, as they are, to the next controller, and what has ended complete."""
        self.sessions.close_all()
        # What is committed now must still be noted, and reach the results of runs that have ended.
        self.committer.close()
        if self._committing is not None:
            await self._committing
        tasks = [*self._tasks, *(run.task for run in self.runs if run.task is not None)]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        try:
            await self.book.save()
            for run_id in self._rebuilding:
                await rebuild_result(self.database, run_id)
            await self.database.write(lambda c: give_up_ownership(c, self.owner), repeatable=True)
        except LoadcellError as error:
            log.exception("stopped_with_work_left", error=str(error.__cause__ or error))

    async def end_runs(self, why: str) -> None:
        """Cancel every active run with a note that says why, and wait a while for what it measured."""
        active = [run for run in self.runs if not run.ended]
        for run in active:
            run.record = replace(run.record, notes=(*run.record.notes, why))
            noted = partial(set_notes, run_key=run.record.run_key, notes=run.record.notes)
            await self.tenure.write(run, noted, repeatable=True)
            await self.cancel(run.record.run_id)
        if tasks := [run.task for run in active if run.task is not None]:
            await asyncio.wait(tasks, timeout=END_SECONDS)

    async def _follow(self) -> None:
        """Wake those who wait for what other controllers do."""
        async for run_id in self.database.changes():
            self.runs.elsewhere.publish()
            for run in [run for run in self.runs if run_id in {"", run.record.run_id}]:
                await self._reread(run)

    async def _reread(self, run: ActiveRun) -> None:
        """Learn what people have said about a run through another controller."""
        try:
            found = await self.database.read(partial(get_annotations, run_id=run.record.run_id))
        except LoadcellError:
            return  # once it can be read, there are further changes
        if found is not None:
            run.annotate(found)

    async def to_the_end(self, work: Coroutine[Any, Any, T]) -> T:
        """Return the result of `work`, which goes on when the caller goes away; a refusal is theirs alone."""
        return await asyncio.shield(self._spawn(work, LoadcellError))

    def add(
        self,
        record: RunRecord,
        levels: list[LevelRecord],
        secrets: TargetSecrets | None,
        *,
        owned_since: float,
        give_up: str = "",
    ) -> ActiveRun:
        """Take a run in that is this process's; `drive` must follow.

        Args:
            record: The run.
            levels: Its levels.
            secrets: What the target must be told, None when nobody knows it any more.
            owned_since: When it was not stored yet whose it is, by `ownership_clock`.
            give_up: Why it must end without going on; empty: it need not.
        """
        live = LiveRun(record.run_id, [level.plan for level in levels], record.config.goodput_thresholds)
        # It may come back to us: after an outage of the database, or with its agents.
        secrets = secrets or self._secrets.get(record.run_id, secrets)
        if secrets:
            self._secrets[record.run_id] = secrets
            while len(self._secrets) > MAX_SECRETS:
                del self._secrets[next(iter(self._secrets))]
        run = ActiveRun(record, levels, secrets, live, give_up=give_up, secrets_stored=self.vault.seals)
        run.owned_until = owned_since + OWNER_SECONDS
        self.runs.add(run)
        return run

    def drive(self, run: ActiveRun, *, first: Callable[[], Awaitable[None]] | None = None) -> None:
        """Begin to drive a run that was taken in, once `first` is done."""
        run.task = asyncio.create_task(self._drive(run, first), name=f"run {run.record.run_id}")

    async def cancel(self, run_id: str) -> None:
        """Ask a run to stop; one that has ended is left as it is.

        Raises:
            LoadcellError: RUN_NOT_FOUND.
        """

        def store(connection: Connection) -> None:
            run = get_run(connection, run_id, Scope.everything())
            if run is None:
                raise LoadcellError("RUN_NOT_FOUND", f"there is no run {run_id}", metadata={"run_id": run_id})
            if not run_ended(run.state) and run.state != run_pb2.RUN_STATE_CANCELLING:
                change_state(connection, run.run_key, run_pb2.RUN_STATE_CANCELLING)

        await self.database.write(store, repeatable=True)
        active = self.runs.get(run_id)
        if active is not None and not active.ended:
            self.note_cancel(active)

    async def delete(self, run_id: str) -> None:
        """Cancel a run and delete it with everything measured; to be carried out `to_the_end`.

        Raises:
            LoadcellError: RUN_NOT_FOUND; SERVICE_UNAVAILABLE when the controller that drives it does not stop it.
        """
        await self.cancel(run_id)
        active = self.runs.get(run_id)
        if active is not None and active.task is not None:
            await asyncio.wait({active.task})
        run = await self._wait_until_ended(run_id)
        if run is None:
            return
        await self.deletions.begin(run.run_key)
        if active is not None:
            active.abandoned = True
            active.changes.publish()
            self.runs.remove(active)
        await self.deletions.carry_out(run.run_key)
        log.info("benchmark_deleted", run_id=run_id)

    async def go_on_deleting(self) -> None:
        """Go on, in the background, with deletions that were left halfway."""
        for run_key in await self.deletions.left():
            log.warning("deletion_gone_on_with", run_key=run_key)
            self._spawn(self.deletions.carry_out(run_key))

    async def _wait_until_ended(self, run_id: str) -> RunRecord | None:
        deadline = time.monotonic() + DELETE_WAIT_SECONDS
        while True:
            run = await self.database.read(lambda c: get_run(c, run_id, Scope.everything()))
            if run is None or run_ended(run.state):
                return run
            if time.monotonic() > deadline:
                raise LoadcellError("SERVICE_UNAVAILABLE", "the run does not stop; try again")
            await asyncio.sleep(0.2)

    async def _drive(self, run: ActiveRun, first: Callable[[], Awaitable[None]] | None) -> None:
        try:
            if first is not None:
                await first()
            await self._driver.drive(run)
        except NotHeldError:
            log.warning("run_changed_elsewhere", run_id=run.record.run_id)
            run.abandoned = True
        except DatabaseAwayError:
            # The agents go on. Whoever reaches the database again takes the run over as it says.
            log.warning("run_left_as_it_is", run_id=run.record.run_id)
            run.abandoned = True
        except Exception as error:
            log.exception("driver_failed", run_id=run.record.run_id)
            cause = error.message if isinstance(error, LoadcellError) else "an unexpected error; see the log"
            await self._end_without_result(run, f"the controller could not go on with the run: {cause}")
        if run.abandoned:
            self.runs.remove(run)
            self.book.hand_over(run)
            run.changes.publish()
        else:
            self._secrets.pop(run.record.run_id, None)

    async def _end_without_result(self, run: ActiveRun, error: str) -> None:
        cancelling = run.record.state == run_pb2.RUN_STATE_CANCELLING
        state = run_pb2.RUN_STATE_CANCELLED if cancelling else run_pb2.RUN_STATE_FAILED
        ended = replace(run.record, state=state, completed_at=wall_micros(), error=error, owner=None)
        values = {"completed_at": ended.completed_at, "error": error, "owner": None}
        try:
            await self.tenure.write(run, lambda c: change_state(c, ended.run_key, state, values))
        except LoadcellError:
            # Nothing can be stored; whoever next looks at the database takes the run over.
            log.exception("run_not_ended", run_id=run.record.run_id)
            run.abandoned = True
            return
        run.record, run.ended_at = ended, time.monotonic()
        run.changes.publish()
        log.error("benchmark_failed", run_id=run.record.run_id, error=error)
        log_end(run.record, None)

    def note_cancel(self, run: ActiveRun) -> None:
        """Make the driver of a run stop it; the database knows already."""
        run.cancel_requested = True
        run.record = replace(run.record, state=run_pb2.RUN_STATE_CANCELLING)
        run.changes.publish()
        self.sessions.changes.publish()

    def _committed(self, lease: LeaseRecord, number: int, batch: Batch) -> None:
        """Take note of a committed batch."""
        self.events.stored(lease, batch.arrays)
        run = self.runs.of_lease(lease.lease_id)
        if run is None or run.result_begun:
            self.rebuild_later(run_id_of(lease.lease_id))
        if run is None:
            return
        known = run.leases[lease.lease_id]
        if not batch.arrays.warmup.all():
            run.live.fold(lease.level, batch.arrays, batch.sketches, time.monotonic())
            started = run.levels[lease.level].start_micros
            latest = latest_request(lease.run_key, lease.level, lease.lease_key, batch.arrays, started)
            run.live.level(lease.level).note_latest(latest)
            tell_of_thresholds(self.events, run, lease.level)
        known = replace(known, committed_batch_number=max(number, known.committed_batch_number))
        notes = tuple(dict.fromkeys([*known.notes, *batch.notes]))[:MAX_NOTES]
        if notes == known.notes:
            run.put(known)
        else:
            self.book.put(run, replace(known, notes=notes))

    def rebuild_later(self, run_id: str) -> None:
        """Make the result of an ended run again soon: more of it has arrived."""
        if run_id not in self._rebuilding:
            self._rebuilding.add(run_id)
            self._spawn(self._rebuild(run_id))

    async def _rebuild(self, run_id: str) -> None:
        await asyncio.sleep(REBUILD_SECONDS)
        run = self.runs.get(run_id)
        if run is not None and run.task is not None:
            await asyncio.wait({run.task})
        self._rebuilding.discard(run_id)
        try:
            if not await rebuild_result(self.database, run_id):
                self.rebuild_later(run_id)
        except asyncio.CancelledError:
            self._rebuilding.add(run_id)  # for `stop`
            raise
        except LoadcellError as error:
            # It is booked in the database and found again.
            log.warning("result_not_rebuilt", run_id=run_id, error=str(error.__cause__ or error))

    def _spawn(self, work: Coroutine[Any, Any, T], *told: type[Exception]) -> asyncio.Task[T]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(lambda ended: self._ended(ended, told))
        return task

    def _ended(self, task: asyncio.Task[Any], told: tuple[type[Exception], ...]) -> None:
        self._tasks.discard(task)
        if task.cancelled() or (error := task.exception()) is None or isinstance(error, told):
            return
        log.error("background_task_failed", exc_info=error)
