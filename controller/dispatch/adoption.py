"""Taking over runs whose controller is gone, or has left them, and going on with them where they stand."""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import structlog

from controller.dispatch.ownership import OWNER_SECONDS, known_dead, may_take_over, ownership_clock
from controller.dispatch.replicas import Replicas
from controller.keeping import keeping_of
from controller.store.database import Connection, DatabaseAwayError
from controller.store.leases import list_leases
from controller.store.ownership import give_up_run, now_micros, take_over
from controller.store.records import LeaseRecord, LevelRecord, RunRecord
from controller.store.runs import get_secrets, list_active, list_levels
from controller.store.samples import read_samples, read_sketches
from controller.store.sums import read_folds
from controller.store.validation import list_steps
from controller.target import TargetSecrets
from loadcell.errors import LoadcellError
from loadcell.stats.columns import CENSORED
from loadcell.stats.fold import merge_folds
from loadcell.v1 import run_pb2

if TYPE_CHECKING:
    from controller.dispatch.active import ActiveRun
    from controller.dispatch.dispatcher import Dispatcher

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Stored:
    """What is stored of a run, at one moment."""

    levels: list[LevelRecord]
    leases: list[LeaseRecord]
    secrets: bytes | None
    validation: list[run_pb2.ValidationLog]


@dataclass(frozen=True, slots=True)
class Adoption:
    """Takes runs in for a dispatcher."""

    dispatcher: Dispatcher
    replicas: Replicas

    async def look(self) -> None:
        """Take over what nobody drives, unless another controller has the agents of it."""
        database, runs = self.dispatcher.database, self.dispatcher.runs
        now, active = await database.read(lambda c: (now_micros(c), list_active(c)))
        left = [run for run in active if runs.get(run.run_id) is None]
        for run in [run for run in left if may_take_over(run.owner, run.owner_expires_at, now)]:
            try:
                await self._consider(run, now)
            except DatabaseAwayError:
                raise
            except Exception:
                # One that cannot be read must not keep the others waiting.
                log.exception("run_not_taken_over", run_id=run.run_id)

    async def _consider(self, run: RunRecord, now: int) -> None:
        stored = await self._read(run)
        others = await self.replicas.elsewhere(without=run.owner)
        if not self.replicas.belongs_elsewhere(run, stored.levels, stored.leases, others):
            await self._take(run, now)

    async def _take(self, run: RunRecord, now: int) -> None:
        owner, since = self.dispatcher.owner, ownership_clock()
        if not await self.dispatcher.database.write(lambda c: take_over(c, run, owner, OWNER_SECONDS)):
            return
        try:
            self._begin(run, await self._read(run), now, since)
        except Exception:
            # Whoever comes next may do better; if not even this can be written, the ownership ends by itself.
            with contextlib.suppress(LoadcellError):
                await self.dispatcher.database.write(lambda c: give_up_run(c, run.run_key, owner), repeatable=True)
            raise

    def _begin(self, run: RunRecord, stored: _Stored, now: int, since: float) -> None:
        """Drive a run from where it stands. Nothing here waits: it is taken in with its driver or not at all."""
        dispatcher = self.dispatcher
        away = (now - (run.owner_expires_at or run.created_at)) / 1e6
        late = f"no controller drove the run for {away:,.0f} s" if away > dispatcher.resume_seconds else ""
        # One that only was not heard of may go on answering its agents for as long as it believes to be the owner.
        margin = 0.0 if run.owner is None or known_dead(run.owner) else OWNER_SECONDS
        secrets = dispatcher.vault.open(run.run_id, stored.secrets) if run.needs_secrets else TargetSecrets()
        with structlog.contextvars.bound_contextvars(request_id=run.log_request_id):
            log.warning("run_taken_over", run_id=run.run_id, lease_count=len(stored.leases))
            record = replace(run, owner=dispatcher.owner)
            active = dispatcher.add(record, stored.levels, secrets, owned_since=since, give_up=late)
            active.validation = stored.validation
            active.cancel_requested = run.state == run_pb2.RUN_STATE_CANCELLING
            for lease in stored.leases:
                active.put(lease)
                dispatcher.sessions.expect(lease.agent_id, margin)
            active.reserved.update(active.agent_ids)
            for session in dispatcher.sessions:
                dispatcher.book.reconcile_run(session, active)
            dispatcher.drive(active, first=partial(self._refill, active))

    async def _read(self, run: RunRecord) -> _Stored:
        def read(connection: Connection) -> _Stored:
            key = run.run_key
            return _Stored(
                list_levels(connection, key),
                list_leases(connection, key),
                get_secrets(connection, key),
                list_steps(connection, key) if run.config.HasField("validation_config") else [],
            )

        return await self.dispatcher.database.read(read)

    async def _refill(self, run: ActiveRun) -> None:
        """Fold what is stored of a run into its live view."""
        for level in run.levels:
            if level.start_micros:
                await self._refill_level(run, level)

    async def _refill_level(self, run: ActiveRun, level: LevelRecord) -> None:
        """Fold what is stored of a level into the live view, at the times when it was."""
        index = level.plan.index
        keys = {lease.lease_key: lease.share_index for lease in run.level_leases(index)}
        database, run_key = self.dispatcher.database, run.record.run_key
        sampled = keeping_of(run.record.config) is not None
        samples, _ = await database.read(lambda c: read_samples(c, run_key, index, keys, folded=sampled))
        samples = samples.where(samples.status != CENSORED)  # nobody has told of these
        sketches = await database.read(lambda c: read_sketches(c, keys))
        sums = merge_folds((await database.read(lambda c: read_folds(c, run_key, keys))).values())
        begun = time.monotonic() - (self.dispatcher.clock.micros() - level.start_micros) / 1e6
        run.live.level(index).begin(begun)
        # As of the start: requests of before the restart are no part of the present rate.
        run.live.fold(index, samples, sketches, begun)
        run.live.level(index).fold_sums(sums, begun)
        if level.finished:
            ends = samples.start_offset_micros + samples.e2e_micros
            last = max([*ends.tolist(), sums.extremes.get("last_end", 0)])
            run.live.level(index).finish(begun + last / 1e6)
