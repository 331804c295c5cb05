"""Every metric that is documented is told by the process it is documented of, and moves when something happens."""

import asyncio
import contextlib
import os
import signal
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable

import httpx
from prometheus_client.parser import text_string_to_metric_families
from system import System, command_of

from loadcell.metric_names import MetricName
from loadcell.mockserver import Behavior, MockServer, serve
from scripts.reference import METRICS, metric_names
from tests.free_ports import free_address
from tests.patience import PATIENCE_SECONDS

KEY = "key-of-a-test-of-metrics"
REQUEST_ID = "request-of-a-test-of-metrics"
RESTARTS = "agent loadcell_agent_worker_restarts_total"  # moves when a worker is killed
# Counters of trouble that this system has none of; what makes each move is in tests of the part that counts.
TROUBLE = {
    "loadcell_batches_duplicate_total",
    "loadcell_client_limited_runs_total",
    "loadcell_agent_refusals_total",
    "db_errors_total",
    "storage_retries_total",
    "storage_errors_total",
    "loadcell_agent_lost_batches_total",
    "loadcell_agent_held_back_seconds_total",
    "loadcell_agent_clock_steps_total",
}
# Gauges for which nothing may be all there is to tell.
OFTEN_NOTHING = {
    "rate_limit_degraded",
    "loadcell_client_verdict",
    "storage_buffer_size",
    "loadcell_agent_spool_bytes",
    "loadcell_agent_uplink_memory_bytes",
    "loadcell_agent_unacknowledged_batches",
}


class Scrapes:
    """What each process has told since the first look."""

    def __init__(self, addresses: dict[str, str]) -> None:
        self.addresses = addresses
        self._before: dict[str, dict[str, float]] = {}
        self._now: dict[str, dict[str, float]] = {}
        self._seen: dict[str, set[str]] = defaultdict(set)  # metrics that were not zero at some time

    async def look(self, client: httpx.AsyncClient) -> list[str]:
        """Scrape every process; return what has not moved yet."""
        for process, address in self.addresses.items():
            answer = await client.get(f"http://{address}/metrics")
            assert answer.status_code == 200
            self._now[process] = found = told(answer.text, metric_names(process))
            self._before.setdefault(process, found)
            self._seen[process] |= {name for name, value in found.items() if value}
        return [
            f"{process} {metric.name}"
            for process in METRICS
            for metric in metric_names(process)
            if not self._moved(process, metric)
        ]

    def _moved(self, process: str, metric: MetricName) -> bool:
        value = self._now[process].get(metric.name)
        if metric.type == "gauge":
            shown = value is not None or metric.name in self._seen[process]
            return shown and (metric.name in self._seen[process] or metric.name in OFTEN_NOTHING)
        return metric.name in TROUBLE or (value or 0) > self._before[process].get(metric.name, 0)


def told(text: str, table: Iterable[MetricName]) -> dict[str, float]:
    """The sum of each metric, of histograms their counts; everything must be in the table."""
    known, found = {metric.name: metric for metric in table}, defaultdict(float)
    for family in text_string_to_metric_families(text):
        metric = known[f"{family.name}_total" if family.type == "counter" else family.name]
        assert metric.type == family.type
        for sample in family.samples:
            assert set(sample.labels) - {"le"} == set(metric.labels), sample
            if family.type != "histogram" or sample.name.endswith("_count"):
                found[metric.name] += abs(sample.value)
    return dict(found)


async def drive(client: httpx.AsyncClient, server: MockServer) -> str:
    """Do a little of everything, once; return the run that goes on."""
    price = {"model": "mock-model", "provider": "mock", "prompt_cost_per_1k": 50, "completion_cost_per_1k": 50}
    assert (await client.put("/api/v1/costs/pricing", json=price)).is_success
    budget = {"name": "small", "amount": 1, "period": "daily", "warning_threshold": 0.5}
    assert (await client.post("/api/v1/costs/budgets", json=budget)).is_success
    run = {
        "server_url": server.url,
        "model": "mock-model",
        "concurrency": [2],
        "duration_seconds": 3 * PATIENCE_SECONDS,  # it is cancelled when it was seen
        "input_len": 64,
        "output_len": 32,
        "warmup": 0,
        "goodput_thresholds": {"e2e_ms": 60_000},
    }
    started = await client.post("/api/v1/benchmark/run", json=run)
    assert started.is_success, started.text
    assert (await client.post("/graphql", json={"query": "{ __typename }"})).is_success
    for key in (KEY, KEY, "wrong"):
        answer = await client.get("/api/v1/traces", headers={"x-api-key": key})
        assert answer.status_code == (200 if key == KEY else 401)
    refused = [(await client.post("/api/v1/traces/search", json={})).status_code for _ in range(4)]
    assert 429 in refused
    return started.json()["run_id"]


@contextlib.asynccontextmanager
async def watching(client: httpx.AsyncClient) -> AsyncIterator[None]:
    """Have one of each kind of connection that lasts."""
    async with client.stream("GET", "/api/v1/events?events=run_state") as events:
        assert events.is_success
        yield


async def test_W43_every_documented_metric_of_every_process_moves_on_a_port_of_its_own(system: System):
    ports = {process: free_address() for process in ("controller", "agent")}
    settings = {
        "LOADCELL_API_KEY": KEY,
        "LOADCELL_CONTROLLER_METRICS": ports["controller"],
        "LOADCELL_AGENT_METRICS": ports["agent"],
        "LOADCELL_RATE_LIMITS": "viewer=1000,admin=1000,search=1/2",
    }
    behavior = Behavior(ttft_ms=20, itl_ms=1, server_error_rate=0.2)
    async with system.up(**settings) as line, serve(behavior) as server, httpx.AsyncClient() as scraper:
        http, exporter = line.split()[3], line.split("metrics http://")[1].partition("/")[0]
        scrapes = Scrapes({"gateway": exporter, **ports})
        await scrapes.look(scraper)
        async with httpx.AsyncClient(base_url=http, headers={"x-api-key": KEY}) as client:
            run_id = await drive(client, server)
            async with watching(client):
                await until_still(scrapes, scraper, [RESTARTS])
            assert (await client.post(f"/api/v1/benchmark/run/{run_id}/cancel")).is_success
            os.kill(next(pid for pid in system.processes() if b"agent.worker" in command_of(pid)), signal.SIGKILL)
            await until_still(scrapes, scraper, [])
            await the_call_is_an_example_of_both(client, scraper, scrapes)
            await health_is_told(scraper, ports)


async def until_still(scrapes: Scrapes, scraper: httpx.AsyncClient, expected: list[str]) -> None:
    """Look again and again until only this has not moved."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while (still := await scrapes.look(scraper)) != expected:
        assert time.monotonic() < deadline, still
        await asyncio.sleep(0.1)


async def the_call_is_an_example_of_both(client: httpx.AsyncClient, scraper: httpx.AsyncClient, scrapes: Scrapes):
    """The identifier of a call is with the time it took, in gateway and controller."""
    assert (await client.get("/api/v1/traces", headers={"X-Request-ID": REQUEST_ID})).is_success
    for process, metric in (
        ("gateway", "http_request_duration_seconds"),
        ("controller", "grpc_server_handling_seconds"),
    ):
        accept = {"Accept": "application/openmetrics-text; version=1.0.0"}
        text = (await scraper.get(f"http://{scrapes.addresses[process]}/metrics", headers=accept)).text
        lines = [line for line in text.splitlines() if f'# {{request_id="{REQUEST_ID}"}}' in line]
        assert any(line.startswith(f"{metric}_bucket") for line in lines), process


async def health_is_told(scraper: httpx.AsyncClient, ports: dict[str, str]) -> None:
    for process, depends in (("controller", {"database", "redis"}), ("agent", {"controller", "workers", "spool"})):
        for path, status in (("alive", "alive"), ("ready", "ready"), ("health", "healthy")):
            answer = await scraper.get(f"http://{ports[process]}/{path}")
            assert (answer.status_code, answer.json()["status"]) == (200, status), answer.text
        assert depends <= answer.json().keys()
        assert (await scraper.get(f"http://{ports[process]}/")).status_code == 404
