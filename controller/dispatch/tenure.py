"""What is stored of a run is changed by the controller that drives it, and by nobody who only believes to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from controller.dispatch.active import ActiveRun
from controller.store.database import Connection, Database
from controller.store.ownership import hold_run

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Tenure:
    """The way of everything a driver writes: it holds the run in the same transaction."""

    database: Database

    async def write(self, run: ActiveRun, change: Callable[[Connection], T], *, repeatable: bool = False) -> T:
        """Carry out a change in a transaction in which nobody can take the run over.

        Args:
            run: The run.
            change: What to do.
            repeatable: As for `Database.write`.

        Raises:
            NotHeldError: Another controller has the run, or it was deleted; nothing is changed.
            LoadcellError: As `Database.write`.
        """
        run_key, owner = run.record.run_key, run.record.owner

        def held(connection: Connection) -> T:
            hold_run(connection, run_key, owner)
            return change(connection)

        return await self.database.write(held, repeatable=repeatable)
