"""What the result of a run must tell its reader, kept as it comes up."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from controller.dispatch.active import ActiveRun
from controller.dispatch.tenure import Tenure
from controller.store.runs import set_notes


async def add_notes(tenure: Tenure, run: ActiveRun, notes: Iterable[str]) -> None:
    """Add notes to a run, each once."""
    all_notes = tuple(dict.fromkeys([*run.record.notes, *notes]))
    if all_notes != run.record.notes:
        await tenure.write(run, lambda c: set_notes(c, run.record.run_key, all_notes))
        run.record = replace(run.record, notes=all_notes)
