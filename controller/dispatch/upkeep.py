"""What must happen every few seconds so that no run is "running" for ever.

Ownership is refreshed, runs whose owner is gone are taken over, and what others changed is noticed.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import structlog

from controller.dispatch.leases import delivered
from controller.dispatch.ownership import expiry, may_take_over
from controller.dispatch.replicas import Replicas
from controller.lifecycle import lease_ended
from controller.store.agents import forget_agents, touch_agents
from controller.store.assets import delete_unused_assets, find_unused_assets
from controller.store.database import Connection
from controller.store.leases import list_leases
from controller.store.records import LevelRecord, RunRecord
from controller.store.runs import (
    extend_ownership,
    get_secrets,
    give_up_run,
    list_active,
    list_levels,
    take_over,
)
from controller.store.samples import read_samples, read_sketches
from controller.target import TargetSecrets
from loadcell.clock import wall_micros
from loadcell.stats.columns import CENSORED
from loadcell.v1 import run_pb2

if TYPE_CHECKING:
    from controller.dispatch.active import ActiveRun
    from controller.dispatch.dispatcher import Dispatcher

log = structlog.get_logger()

TICK_SECONDS = 2.0
LEAST_SECONDS = 0.1  # many changes at once are looked at together
FORGET_EVERY_SECONDS = 60.0
KEEP_SECONDS = 300.0  # ended runs stay in memory for the exporter
KEEP_RUNS = 50


class Upkeep:
    """The regular work of a dispatcher."""

    def __init__(self, dispatcher: Dispatcher) -> None:
        self._dispatcher = dispatcher
        self._replicas = Replicas(dispatcher.database, dispatcher.sessions, dispatcher.owner)
        self._forgot_at = -FORGET_EVERY_SECONDS
        self._touched_at = -TICK_SECONDS

    async def run(self) -> None:
        """Do it every two seconds, and when a run was changed; a database that is away is asked again."""
        elsewhere = self._dispatcher.runs.elsewhere
        seen = elsewhere.revision
        while True:
            await asyncio.sleep(LEAST_SECONDS)
            await elsewhere.wait(seen, TICK_SECONDS - LEAST_SECONDS)
            seen = elsewhere.revision  # of before the look: what is changed meanwhile is looked at next
            try:
                await self._refresh()
                await self._dispatcher.draining.follow()
                await self._leave()
                await self.adopt()
                await self._dispatcher.book.settle()
                self._forget_runs()
                await self._forget_the_lost()
            except Exception:
                log.exception("upkeep_failed")

    async def adopt(self) -> None:
        """Take over runs whose owner is gone, or has left them, and go on with them where they stand."""
        now, dispatcher = wall_micros(), self._dispatcher
        for run in await dispatcher.database.read(list_active):
            if dispatcher.runs.get(run.run_id) is not None or not may_take_over(run, now):
                continue
            levels = await dispatcher.database.read(partial(list_levels, run_key=run.run_key))
            leases = await dispatcher.database.read(partial(list_leases, run_key=run.run_key))
            others = await self._replicas.elsewhere(without=run.owner)
            if not self._replicas.belongs_elsewhere(run, levels, leases, others):
                await self._adopt(run, now)

    async def _leave(self) -> None:
        """Leave runs to the controllers that have their agents."""
        dispatcher = self._dispatcher
        candidates = [run for run in dispatcher.runs if not run.ended and run.movable]
        if not candidates or not (others := await self._replicas.elsewhere()):
            return
        for run in candidates:
            if run.ended or not self._replicas.belongs_elsewhere(
                run.record, run.levels, run.leases.values(), others
            ):
                continue
            key, now = run.record.run_key, wall_micros()
            await dispatcher.database.write(partial(give_up_run, run_key=key, owner=dispatcher.owner, now=now))
            self._let_go(run)

    async def _refresh(self) -> None:
        """Tell the database that this process and its agents are alive; learn what others changed."""
        dispatcher = self._dispatcher
        driven = {run.record.run_key: run for run in dispatcher.runs if not run.ended}
        now = time.monotonic()
        seen = dispatcher.sessions.connected() if now - self._touched_at >= TICK_SECONDS - LEAST_SECONDS else []
        if not driven and not seen:
            return
        self._touched_at = now if seen else self._touched_at

        def store(connection: Connection) -> dict[int, run_pb2.RunState]:
            if seen:
                touch_agents(connection, seen, dispatcher.owner)
            return extend_ownership(connection, driven, dispatcher.owner, expiry(wall_micros()))

        owned = await dispatcher.database.write(store)
        for run_key, run in driven.items():
            if run.ended:
                continue
            if run_key not in owned:
                self._let_go(run)
            elif owned[run_key] == run_pb2.RUN_STATE_CANCELLING and not run.cancel_requested:
                dispatcher.note_cancel(run)
            elif any(lease_ended(lease.state) and not delivered(lease) for lease in run.leases.values()):
                await self._catch_up(run)

    async def _catch_up(self, run: ActiveRun) -> None:
        """Take note of batches that came in through another controller."""
        for stored in await self._dispatcher.database.read(lambda c: list_leases(c, run.record.run_key)):
            known = run.leases.get(stored.lease_id)
            if known is not None and stored.committed_batch_number > known.committed_batch_number:
                run.put(replace(known, committed_batch_number=stored.committed_batch_number))

    def _let_go(self, run: ActiveRun) -> None:
        """Stop driving a run that belongs to another controller now, or to nobody because it was deleted."""
        log.warning("run_let_go", run_id=run.record.run_id)
        run.abandoned = True
        if run.task is not None:
            run.task.cancel()
        self._dispatcher.runs.remove(run)
        self._dispatcher.book.hand_over(run)
        run.changes.publish()

    async def _adopt(self, run: RunRecord, now: int) -> None:
        dispatcher, database = self._dispatcher, self._dispatcher.database
        await dispatcher.book.save()  # what is known of a run that this process drove before
        if not await database.write(lambda c: take_over(c, run, dispatcher.owner, expiry(now))):
            return
        levels = await database.read(lambda c: list_levels(c, run.run_key))
        leases = await database.read(lambda c: list_leases(c, run.run_key))
        away = (now - (run.owner_expires_at or run.created_at)) / 1e6
        late = f"no controller drove the run for {away:,.0f} s" if away > dispatcher.resume_seconds else ""
        with structlog.contextvars.bound_contextvars(request_id=run.log_request_id):
            log.warning("run_taken_over", run_id=run.run_id, lease_count=len(leases))
            run = replace(run, owner=dispatcher.owner)
            active = dispatcher.add(run, levels, await self._secrets(run), give_up=late)
            active.cancel_requested = run.state == run_pb2.RUN_STATE_CANCELLING
            for lease in leases:
                active.leases[lease.lease_id] = lease
                dispatcher.sessions.expect(lease.agent_id)
            active.reserved.update(active.agent_ids)
            for level in levels:
                if level.start_micros:
                    await self._refill(active, level)
            for session in dispatcher.sessions:
                dispatcher.book.reconcile_run(session, active)
            dispatcher.drive(active)

    async def _secrets(self, run: RunRecord) -> TargetSecrets | None:
        """Return what the target of a run must be told, None when nobody knows it any more."""
        if not run.needs_secrets:
            return TargetSecrets()
        sealed = await self._dispatcher.database.read(lambda c: get_secrets(c, run.run_key))
        return self._dispatcher.vault.open(run.run_id, sealed)

    async def _refill(self, run: ActiveRun, level: LevelRecord) -> None:
        """Fold what is stored of a level into the live view, at the times when it was."""
        index = level.plan.index
        keys = {lease.lease_key: lease.share_index for lease in run.level_leases(index)}
        database, run_key = self._dispatcher.database, run.record.run_key
        samples, _ = await database.read(lambda c: read_samples(c, run_key, index, keys))
        samples = samples.where(samples.status != CENSORED)  # nobody has told of these
        sketches = await database.read(lambda c: read_sketches(c, keys))
        begun = time.monotonic() - (self._dispatcher.clock.micros() - level.start_micros) / 1e6
        run.live.level(index).begin(begun)
        # As of the start: requests of before the restart are no part of the present rate.
        run.live.fold(index, samples, sketches, begun)
        if level.finished:
            ends = samples.start_offset_micros + samples.e2e_micros
            run.live.level(index).finish(begun + max(ends.tolist(), default=0) / 1e6)

    def _forget_runs(self) -> None:
        """Drop runs that ended some minutes ago, and the oldest ones when there are many."""
        ended = sorted(
            (run.ended_at, run.record.run_id) for run in self._dispatcher.runs if run.ended_at is not None
        )
        limit = time.monotonic() - KEEP_SECONDS
        for position, (ended_at, run_id) in enumerate(ended):
            run = self._dispatcher.runs.get(run_id)
            if run is not None and (ended_at < limit or position < len(ended) - KEEP_RUNS):
                self._dispatcher.runs.remove(run)
                self._dispatcher.committer.forget(run.leases)

    async def _forget_the_lost(self) -> None:
        """Drop agents that are gone and files nobody uses, so that neither grows for ever."""
        now, dispatcher = time.monotonic(), self._dispatcher
        if now - self._forgot_at < FORGET_EVERY_SECONDS:
            return
        self._forgot_at = now
        dispatcher.sessions.forget_lost()
        before, lost_before = wall_micros() - round(dispatcher.forget_seconds * 1e6), self._replicas.stale()
        connected = [agent.agent_id for agent in dispatcher.sessions.connected()]
        agents = await dispatcher.database.write(
            lambda c: forget_agents(c, before, lost_before=lost_before, keep=connected)
        )
        seen = await dispatcher.database.read(lambda c: find_unused_assets(c, before))
        assets = await dispatcher.database.write(lambda c: delete_unused_assets(c, seen)) if seen.unused else 0
        if agents or assets:
            log.info("forgotten", agents=agents, assets=assets)
