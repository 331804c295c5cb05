"""What must happen every few seconds so that no run is "running" for ever.

Ownership is refreshed, runs whose owner is gone are taken over, and what others changed is noticed.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import structlog

from controller.dispatch.adoption import Adoption
from controller.dispatch.leases import delivered
from controller.dispatch.ownership import OWNER_SECONDS, may_take_over, ownership_clock
from controller.dispatch.replicas import Replicas
from controller.lifecycle import lease_ended
from controller.store.agents import forget_agents, touch_agents
from controller.store.assets import delete_unused_assets, find_unused_assets
from controller.store.database import Connection, DatabaseAwayError
from controller.store.leases import list_leases
from controller.store.ownership import extend_ownership, give_up_run, list_booked, now_micros
from loadcell.clock import wall_micros
from loadcell.v1 import run_pb2

if TYPE_CHECKING:
    from controller.dispatch.active import ActiveRun
    from controller.dispatch.dispatcher import Dispatcher

log = structlog.get_logger()

TICK_SECONDS = 2.0
TOUCH_SECONDS = 4.0  # between two times of telling the others of the agents here: a thousand rows
LEAST_SECONDS = 0.1  # many changes at once are looked at together
SELDOM_SECONDS = 60.0  # between two looks at what is forgotten, and at results that others have left
KEEP_SECONDS = 300.0  # ended runs stay in memory for the exporter
KEEP_RUNS = 50


class Upkeep:
    """The regular work of a dispatcher."""

    def __init__(self, dispatcher: Dispatcher) -> None:
        self._dispatcher = dispatcher
        self._replicas = Replicas(dispatcher.database, dispatcher.sessions, dispatcher.owner)
        self._adoption = Adoption(dispatcher, self._replicas)
        self._seldom_at = -SELDOM_SECONDS
        self._touched_at = -TOUCH_SECONDS

    async def run(self) -> None:
        """Do it every two seconds, and when a run was changed; a database that is away is asked again."""
        elsewhere = self._dispatcher.runs.elsewhere
        seen = elsewhere.revision
        while True:
            await asyncio.sleep(LEAST_SECONDS)
            await elsewhere.wait(seen, TICK_SECONDS - LEAST_SECONDS)
            seen = elsewhere.revision  # of before the look: what is changed meanwhile is looked at next
            await self._look()

    async def adopt(self) -> None:
        """Take over what was left behind, for the first time."""
        await self._adoption.look()

    async def _look(self) -> None:
        """Take every step, whatever becomes of those before it."""
        steps: dict[str, Callable[[], Awaitable[None]]] = {
            "refresh": self._refresh,
            "draining": self._dispatcher.draining.follow,
            "leave": self._leave,
            "adopt": self._adoption.look,
            "settle": self._dispatcher.book.settle,
        }
        if time.monotonic() - self._seldom_at >= SELDOM_SECONDS:
            self._seldom_at = time.monotonic()
            steps |= {
                "results": self._find_results,
                "deletions": self._dispatcher.go_on_deleting,
                "agents": self._forget_agents,
                "files": self._forget_files,
            }
        for name, step in steps.items():
            try:
                await step()
            except DatabaseAwayError as error:
                log.warning("upkeep_waits", step=name, error=str(error.__cause__ or error))
            except Exception:
                log.exception("upkeep_failed", step=name)
        self._forget_runs()

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
            await dispatcher.book.save()  # what the next one goes on from
            run.owned_until = 0.0  # it may be the other one's from now on
            give_up = partial(give_up_run, run_key=run.record.run_key, owner=dispatcher.owner)
            await dispatcher.database.write(give_up, repeatable=True)
            self._let_go(run)

    async def _refresh(self) -> None:
        """Tell the database that this process and its agents are alive; learn what others changed."""
        dispatcher = self._dispatcher
        driven = {run.record.run_key: run for run in dispatcher.runs if not run.ended}
        now = time.monotonic()
        seen = dispatcher.sessions.connected() if now - self._touched_at >= TOUCH_SECONDS - LEAST_SECONDS else []
        if not driven and not seen:
            return
        self._touched_at = now if seen else self._touched_at

        def store(connection: Connection) -> dict[int, run_pb2.RunState]:
            if seen:
                touch_agents(connection, seen, dispatcher.owner)
            return extend_ownership(connection, driven, dispatcher.owner, OWNER_SECONDS)

        since = ownership_clock()  # of before the transaction: it may have to wait
        owned = await dispatcher.database.write(store, repeatable=True)
        for run_key, run in driven.items():
            if run.ended:
                continue
            if run_key not in owned:
                self._let_go(run)
                continue
            run.owned_until = since + OWNER_SECONDS
            if owned[run_key] == run_pb2.RUN_STATE_CANCELLING and not run.cancel_requested:
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

    async def _find_results(self) -> None:
        """Make the results again that a controller was about to when it died."""
        dispatcher = self._dispatcher
        now, booked = await dispatcher.database.read(lambda c: (now_micros(c), list_booked(c)))
        for run_id, owner, expires_at in booked:
            if owner == dispatcher.owner or may_take_over(owner, expires_at, now):
                dispatcher.rebuild_later(run_id)

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

    async def _forget_agents(self) -> None:
        """Drop agents that are gone, so that they do not grow for ever."""
        dispatcher, before = self._dispatcher, self._forgotten_before()
        dispatcher.sessions.forget_lost()
        lost_before = self._replicas.stale()
        connected = [agent.agent_id for agent in dispatcher.sessions.connected()]
        agents = await dispatcher.database.write(
            lambda c: forget_agents(c, before, lost_before=lost_before, keep=connected)
        )
        if agents:
            log.info("forgotten", agents=agents)

    async def _forget_files(self) -> None:
        """Drop files nobody uses."""
        database, before = self._dispatcher.database, self._forgotten_before()
        seen = await database.read(lambda c: find_unused_assets(c, before))
        assets = await database.write(lambda c: delete_unused_assets(c, seen)) if seen.unused else 0
        if assets:
            log.info("forgotten", assets=assets)

    def _forgotten_before(self) -> int:
        return wall_micros() - round(self._dispatcher.forget_seconds * 1e6)
