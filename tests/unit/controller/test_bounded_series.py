"""However many runs, models and callers there are, the series of Prometheus stay as many as they were."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from prometheus_client import CollectorRegistry
from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families

from controller.access.principal import Principal, serve_as
from controller.admission import Admissions
from controller.dispatch.active import ActiveRun
from controller.dispatch.dispatcher import Dispatcher
from controller.dispatch.sessions import Sessions
from controller.events.hub import Events
from controller.ingest.models import MOST_MODELS, OTHER, ModelTotals
from controller.limits.limiter import Limiter
from controller.limits.rates import parse_rates
from controller.live.run import LiveRun
from controller.metrics.names import MODEL_METRICS
from controller.services.fleet import MAX_RUNS, FleetServicer
from controller.store.database import Database
from controller.store.migrate import open_database
from controller.store.origins import Origin
from controller.store.records import LevelRecord, RunRecord
from gateway.metrics.families import families
from gateway.metrics.http import HttpMetrics
from gateway.metrics.runs import RunText
from loadcell.metric_sheet import Sheet
from loadcell.stats.columns import OK
from loadcell.v1 import fleet_pb2, result_pb2, run_pb2, target_pb2
from tests.unit.stats.sample_rows import make_rows

RUNS = 10_000
PLAN = target_pb2.LevelPlan(concurrency=1, request_count=10)
RUN = RunRecord(
    run_key=0,
    run_id="run",
    log_request_id="",
    state=run_pb2.RUN_STATE_COMPLETED,
    server_url="http://t",
    model="m",
    adapter="openai",
    config=result_pb2.RunConfig(),
    needs_secrets=False,
    probed=True,
    pin_output=False,
    words_per_token=1.0,
    created_at=0,
    started_at=0,
    completed_at=0,
    error=None,
    notes=(),
    owner=None,
    owner_expires_at=None,
)


def count(metrics: Iterable[Metric]) -> int:
    return sum(len(metric.samples) for metric in metrics)


async def live_series(database: Database, runs: int) -> int:
    dispatcher = Dispatcher(
        database, Sessions(10.0), Events(database), agent_wait_seconds=1, resume_seconds=1, forget_seconds=1
    )
    for number in range(runs):
        record = replace(RUN, run_id=f"run-{number}", model=f"model-{number}")
        live = LiveRun(record.run_id, [PLAN], target_pb2.GoodputThresholds())
        live.level(0).begin(1.0)
        levels = [LevelRecord(PLAN, 1, finished=True)]
        dispatcher.runs.add(ActiveRun(record, levels, None, live, ended_at=float(number)))
    servicer = FleetServicer(database, dispatcher, cast("Admissions", None))
    serve_as(Principal.unlimited("test"))
    live = await servicer.GetLiveMetrics(fleet_pb2.GetLiveMetricsRequest(), None)
    of_runs = text_string_to_metric_families(RunText().text(live.runs, openmetrics=False))
    return count(families(live)) + count(of_runs)


async def test_W43_ten_thousand_runs_have_no_more_series_than_fifty(tmp_path: Path) -> None:
    database = await open_database(tmp_path / "loadcell.db")
    try:
        assert await live_series(database, RUNS) == await live_series(database, MAX_RUNS)
    finally:
        await database.close()


def test_models_beyond_the_first_are_told_together() -> None:
    totals, rows = ModelTotals(), make_rows({"status": OK})
    for number in range(RUNS):
        totals.add(Origin(0, 0, "somebody", f"model-{number}"), rows, [])
    sheet = Sheet(MODEL_METRICS)
    totals.fill(sheet)
    told = {sample.labels["model"]: sample for metric in sheet for sample in metric.samples}
    assert len(told) == MOST_MODELS + 1
    durations = next(metric for metric in sheet if metric.name == "llm_duration_seconds")
    others = [s.value for s in durations.samples if s.name.endswith("_count") and s.labels["model"] == OTHER]
    assert others == [RUNS - MOST_MODELS]


async def test_callers_have_no_series_of_their_own() -> None:
    registry = CollectorRegistry()
    limiter = Limiter(parse_rates(""), registry)
    await limiter.take("first", "viewer", "search", "")
    before = count(registry.collect())
    for number in range(RUNS):
        await limiter.take(f"caller-{number}", "viewer", "search", "")
    assert count(registry.collect()) == before


def test_made_up_verbs_have_no_series_of_their_own() -> None:
    registry = CollectorRegistry()
    metrics = HttpMetrics(registry)
    about: dict[str, Any] = {"received": None, "sent": 0, "request_id": ""}
    metrics.observe("FIRST", "unmatched", 404, 0.1, **about)
    before = count(registry.collect())
    for number in range(100):
        metrics.observe(f"VERB{number}", "unmatched", 404, 0.1, **about)
    assert count(registry.collect()) == before
