"""What is stored of a run is changed by the controller that drives it, and by nobody who only believes to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from controller.dispatch.active import ActiveRun
from controller.store.database import Connection, Database
from controller.store.ownership import hold_run

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Tenure:
    """The way of everything a driver writes: it holds the run in the same transaction.

    Attributes:
        database: Where to.
        verdicts: How many results were written since the start, by the status of their verdict.
    """

    database: Database
    verdicts: Counter[str] = field(default_factory=Counter)

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
