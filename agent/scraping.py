"""Reads what a target says of itself, beside everything else."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import structlog

from agent.engine.route import Route
from agent.exposition import read_series
from agent.targets.endpoint import Endpoint
from agent.targets.registry import create
from loadcell.errors import LoadcellError
from loadcell.target_guard.guard import TargetGuard
from loadcell.target_guard.rules import parse_rules
from loadcell.v1 import agent_pb2

_TIMEOUT_SECONDS = 10.0
_MOST_BYTES = 8 * 1024 * 1024
_OK = 200

log = structlog.get_logger()


class Scraping:
    """The scrapes of this agent. `guard` says what may be a target for any run."""

    def __init__(self, guard: TargetGuard) -> None:
        self._guard = guard
        self._tasks: set[asyncio.Task[agent_pb2.ScrapeResult]] = set()

    def start(self, scrape: agent_pb2.Scrape) -> asyncio.Task[agent_pb2.ScrapeResult]:
        """Return the running scrape; it never fails, its result tells."""
        task = asyncio.get_running_loop().create_task(self._run(scrape))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def close(self) -> None:
        """End what is running."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _run(self, scrape: agent_pb2.Scrape) -> agent_pb2.ScrapeResult:
        guard = replace(self._guard, project=parse_rules(scrape.target.allowed_targets))
        result = agent_pb2.ScrapeResult(scrape_id=scrape.scrape_id)
        try:
            result.series.extend(await self._read(scrape, guard))
        except (LoadcellError, ValueError) as error:
            result.error = error.message if isinstance(error, LoadcellError) else str(error)
        except Exception as error:
            log.exception("scrape_failed")
            result.error = f"internal error of the agent: {error!r}"
        log.info("target_scraped", series=len(result.series), error=result.error or None)
        return result

    async def _read(self, scrape: agent_pb2.Scrape, guard: TargetGuard) -> list[agent_pb2.ServerSeries]:
        """Return the counters of a target.

        Raises:
            LoadcellError: INVALID_FIELD_VALUE; TARGET_UNREACHABLE, there is no page.
            ValueError: The page cannot be used.
        """
        from agent.fetching import fetch  # noqa: PLC0415  an HTTP client is slow to import, see Probing.load

        target = scrape.target
        endpoint = Endpoint.parse(target.server_url, tls_verify=target.tls_verify)
        dialect = create(
            target.adapter, endpoint, model=target.model, api_key=target.api_key, headers=dict(target.headers)
        )
        route = Route(endpoint, guard)
        path = f"{endpoint.base_path}/metrics"
        failure = await route.resolve()
        if failure is not None:
            raise LoadcellError("TARGET_UNREACHABLE", failure.message)
        page = await fetch(
            target, route, path, most_bytes=_MOST_BYTES, timeout_seconds=_TIMEOUT_SECONDS, what="page of metrics"
        )
        if page.problem:
            raise LoadcellError("TARGET_UNREACHABLE", dialect.sanitize(page.problem))
        if page.status != _OK:
            raise LoadcellError("TARGET_REFUSED", f"{path} was answered with status {page.status}")
        return await asyncio.to_thread(read_series, page.body)
