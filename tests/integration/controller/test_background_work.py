"""What the controller does in the background goes on after an error, or says that it has ended by one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import structlog

from controller import budget_watch, retention
from controller.admission import Admissions
from controller.budget_watch import BudgetWatch
from controller.retention import Ages, retain
from controller.store.migrate import open_database
from loadcell.errors import LoadcellError
from tests.patience import PATIENCE_SECONDS

ERRORS = (LoadcellError("DATABASE_ERROR", "away"), KeyError("nobody thought of it"))


def failing_first(function: Callable, went_on: asyncio.Event, loop: asyncio.AbstractEventLoop) -> Callable:
    """Return a function that raises each of ERRORS once and then does what another does."""
    errors = list(ERRORS)

    def fails(*args, **more):
        if errors:
            raise errors.pop(0)
        done = function(*args, **more)
        loop.call_soon_threadsafe(went_on.set)
        return done

    return fails


async def events_until(went_on: asyncio.Event, work) -> list[tuple[str, str]]:
    """Do work until it has gone on, and return what was logged meanwhile: level and event."""
    with structlog.testing.capture_logs() as lines:
        task = asyncio.create_task(work)
        async with asyncio.timeout(PATIENCE_SECONDS):
            await went_on.wait()
        assert not task.done()
        task.cancel()
        await asyncio.wait([task])
    return [(line["log_level"], line["event"]) for line in lines]


async def test_retention_goes_on_after_any_error(tmp_path, monkeypatch):
    went_on = asyncio.Event()
    monkeypatch.setattr(retention, "EVERY_SECONDS", 0.001)
    first = failing_first(retention.create_ahead, went_on, asyncio.get_running_loop())
    monkeypatch.setattr(retention, "create_ahead", first)
    database = await open_database(tmp_path / "loadcell.db")
    try:
        logged = await events_until(went_on, retain(database, Ages(requests=1, minutes=1, hours=1, days=1)))
    finally:
        await database.close()
    assert logged == [("warning", "retention_put_off"), ("error", "retention_put_off")]


async def test_budgets_are_watched_after_any_error(tmp_path, monkeypatch):
    went_on = asyncio.Event()
    monkeypatch.setattr(budget_watch, "LOOK_SECONDS", 0.001)
    monkeypatch.setattr(budget_watch, "REST", 0)
    first = failing_first(budget_watch.alerts_due, went_on, asyncio.get_running_loop())
    monkeypatch.setattr(budget_watch, "alerts_due", first)
    database = await open_database(tmp_path / "loadcell.db")
    try:
        logged = await events_until(went_on, BudgetWatch(database, lambda: 0).run())
    finally:
        await database.close()
    assert logged == [("warning", "budgets_not_looked_at"), ("error", "budgets_not_looked_at")]


async def test_a_background_task_that_fails_is_logged_with_its_error(start, monkeypatch):
    error = KeyError("nobody thought of it")

    async def fails(_self):
        raise error

    monkeypatch.setattr(Admissions, "run", fails)
    with structlog.testing.capture_logs() as lines:
        await start()
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not any(line["event"] == "background_task_failed" for line in lines):
                await asyncio.sleep(0.01)
    (told,) = [line for line in lines if line["event"] == "background_task_failed"]
    assert (told["log_level"], told["exc_info"]) == ("error", error)
