"""Deletes runs that have ended. What a controller leaves halfway is gone on with by another."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial

import structlog

from controller.dispatch.ownership import OWNER_SECONDS, may_take_over
from controller.ingest.committer import Committer
from controller.store.database import Database
from controller.store.deletion import begin_deletion, delete_some, list_deleting
from controller.store.ownership import now_micros

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Deletions:
    """What this controller deletes."""

    database: Database
    committer: Committer
    owner: str
    _under_way: set[int] = field(default_factory=set)

    async def begin(self, run_key: int) -> None:
        """Hide a run that has ended and refuse what still arrives of it; `carry_out` must follow."""
        begin = partial(begin_deletion, run_key=run_key, owner=self.owner, seconds=OWNER_SECONDS)
        self.committer.forget(await self.database.write(begin), deleted=True)

    async def carry_out(self, run_key: int) -> None:
        """Delete a run that is hidden, and everything measured."""
        some = partial(delete_some, run_key=run_key, owner=self.owner, seconds=OWNER_SECONDS)
        self._under_way.add(run_key)
        try:
            while await self.database.write(some, repeatable=True):
                pass
        finally:
            self._under_way.discard(run_key)

    async def left(self) -> list[int]:
        """Return the runs whose deletion was begun and that nobody goes on with."""
        now, found = await self.database.read(lambda c: (now_micros(c), list_deleting(c)))
        return [
            run_key
            for run_key, owner, expires_at in found
            if run_key not in self._under_way and (owner == self.owner or may_take_over(owner, expires_at, now))
        ]
