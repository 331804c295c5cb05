"""What only trouble moves: counters of the database, of ingest and of the fleet, with a real database."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from controller.budget_watch import BudgetWatch
from controller.condition import Condition
from controller.dispatch.dispatcher import Dispatcher
from controller.dispatch.sessions import Sessions
from controller.events.hub import Events
from controller.ingest import totals as counting
from controller.ingest.totals import NOT_COMMITTED, Totals
from controller.metrics import fleet, names
from controller.store import database as storing
from controller.store.database import Connection, Database
from controller.store.migrate import open_database
from controller.store.origins import Origin
from loadcell.clock import wall_micros
from loadcell.errors import LoadcellError
from loadcell.metric_sheet import show
from tests.unit.stats.sample_rows import make_rows


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    opened = await open_database(tmp_path / "loadcell.db")
    yield opened
    await opened.close()


async def test_transactions_that_fail_and_that_are_tried_again_are_counted(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storing, "FIRST_DELAY_SECONDS", 0.001)
    registry = CollectorRegistry()
    show(registry, names.DATABASE_METRICS, database.fill)
    before = registry.get_sample_value("db_queries_total", {"operation": "read"}) or 0
    with pytest.raises(LoadcellError, match="could not carry out"):
        await database.read(lambda c: c.execute(text("select nothing")))
    busy = iter([True, False])

    def at_second_try(_connection: Connection) -> None:
        if next(busy):
            error = sqlite3.OperationalError("database is locked")
            error.sqlite_errorcode = sqlite3.SQLITE_BUSY
            raise OperationalError("select", None, error)

    await database.read(at_second_try)
    assert registry.get_sample_value("db_errors_total", {"error_type": "OperationalError"}) == 1
    assert registry.get_sample_value("storage_retries_total") == 1
    assert registry.get_sample_value("db_queries_total", {"operation": "read"}) == before + 2
    seconds = {"operation": "read", "le": "+Inf"}
    assert registry.get_sample_value("db_query_duration_seconds_bucket", seconds) == before + 2
    waited = registry.get_sample_value("storage_connection_acquire_duration_seconds_count", {"pool": "reader"})
    assert waited == before + 2
    assert registry.get_sample_value("db_pool_size", {"pool": "reader"}) == storing.READER_THREADS


def test_ingest_is_behind_by_the_age_of_what_was_committed_or_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    totals = Totals()
    assert totals.lag_seconds(None) == 0
    rows = make_rows({"start_offset_micros": 0, "e2e_micros": 1_000_000})
    totals.committed(Origin(wall_micros() - 5_000_000, 0, "", "m"), rows)
    assert 4 <= totals.lag_seconds(None) < 60
    assert totals.lag_seconds(-1e6) > 1e6  # seconds of a batch that waits
    monkeypatch.setattr(counting, "LAG_COUNTS_SECONDS", 0)
    assert totals.lag_seconds(None) == 0


def test_why_batches_are_not_stored_is_counted() -> None:
    registry, totals = CollectorRegistry(), Totals()
    show(registry, (*names.INGEST_METRICS, *names.MODEL_METRICS), totals.fill)
    assert registry.get_sample_value("storage_errors_total", {"error_type": NOT_COMMITTED}) == 0
    totals.refused["CORRUPT_BATCH"] += 1
    assert registry.get_sample_value("storage_errors_total", {"error_type": "CORRUPT_BATCH"}) == 1


async def test_a_database_that_does_not_answer_takes_its_figures_with_it_and_no_others(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    dispatcher = Dispatcher(
        database, Sessions(10.0), Events(database), agent_wait_seconds=1, resume_seconds=1, forget_seconds=1
    )
    registry, budgets = CollectorRegistry(), BudgetWatch(database, lambda: 0)
    show(registry, names.FLEET_METRICS, fleet.FleetMetrics(database, dispatcher, budgets).fill)
    dispatcher.tenure.verdicts["client_limited"] += 1
    budgets.raised["critical"] += 2

    async def told(name: str, **labels: str) -> float | None:
        return await asyncio.to_thread(registry.get_sample_value, name, labels)

    assert await told("loadcell_agents", state="lost") == 0
    assert await told("loadcell_active_runs") == 0
    monkeypatch.setattr(fleet, "PATIENCE_SECONDS", 0.01)
    held = asyncio.Event()

    async def never(*_: object) -> dict[str, int]:
        await held.wait()
        return {}

    monkeypatch.setattr(fleet, "count_states", never)
    assert await told("loadcell_agents", state="lost") is None
    assert await told("loadcell_client_limited_runs_total") == 1
    assert await told("loadcell_budget_alerts_total", severity="critical") == 2

    async def cut_off(*_: object) -> dict[str, int]:
        raise asyncio.CancelledError  # as when the process ends

    monkeypatch.setattr(fleet, "count_states", cut_off)
    assert await told("loadcell_agents", state="lost") is None
    assert await told("loadcell_active_runs") == 0


def test_a_condition_is_unwell_only_of_what_is_known_to_be() -> None:
    condition = Condition(("database",), unused=("redis",))
    facts = {"database": "unknown", "redis": "unused"}
    assert condition.health() == (False, True, facts)
    condition.serving = True
    condition.note("database", is_well=False)
    assert condition.health() == (True, False, facts | {"database": "unhealthy"})
    condition.note("database", is_well=True)
    assert condition.health() == (True, True, facts | {"database": "healthy"})
