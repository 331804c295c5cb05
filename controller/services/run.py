"""RunService."""

# Names and signatures are those of the generated classes.
# ruff: noqa: N802

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

import structlog
from google.api import httpbody_pb2

from controller.access.principal import note_project
from controller.access.projects import project_of_new
from controller.analysis.analyses import Analyses
from controller.annotating import annotate
from controller.assets import receive
from controller.creation import create_run
from controller.dispatch.dispatcher import Dispatcher
from controller.limits.quotas import Quotas
from controller.load_rules import LoadRules
from controller.messages import run_message
from controller.plan import plan_run
from controller.query.compare import compare
from controller.query.compared_runs import results_to_compare
from controller.query.files import document, export
from controller.query.gates import read_gates
from controller.query.listing import page_of_runs
from controller.query.results import is_visible, require_result, require_run
from controller.query.several import read_several
from controller.query.several_runs import several_runs
from controller.query.timeline import run_timeline
from controller.scope import Scope
from controller.services.answers import Answers
from controller.services.caller import scope_of
from controller.store.assets import insert_asset
from controller.store.contexts import DEFAULT_PROJECT
from controller.store.database import Connection, Database
from controller.store.leases import agents_of_runs
from controller.target_check import check_target
from controller.watch import watch
from loadcell.clock import wall_micros
from loadcell.v1 import analysis_pb2, run_pb2, run_pb2_grpc

log = structlog.get_logger()


class RunServicer(run_pb2_grpc.RunServiceServicer):
    """Runs and their results. Errors are raised as LoadcellError and translated by an interceptor."""

    def __init__(
        self,
        database: Database,
        dispatcher: Dispatcher,
        answers: Answers,
        analyses: Analyses,
        *,
        quotas: Quotas,
        rules: LoadRules,
    ) -> None:
        self._database = database
        self._analyses = analyses
        self._quotas = quotas
        self._dispatcher = dispatcher
        self._answers = answers
        self._rules = rules

    async def CreateRun(self, request: run_pb2.CreateRunRequest, context: Any) -> run_pb2.CreateRunResponse:
        """Create a run and begin to drive it."""
        scope = scope_of(context)
        request.project_id = project_of_new(request.project_id, scope)
        plan = plan_run(request)
        return await create_run(
            request, plan, self._database, self._dispatcher, scope=scope, quotas=self._quotas, rules=self._rules
        )

    async def CheckTarget(self, request: run_pb2.CheckTargetRequest, context: Any) -> run_pb2.CheckTargetResponse:
        """Have an agent look at a target."""
        request.project_id = project_of_new(request.project_id, scope_of(context))
        return await check_target(request, self._database, self._dispatcher.target_checks, self._rules)

    async def GetRun(self, request: run_pb2.GetRunRequest, context: Any) -> run_pb2.GetRunResponse:
        """Return a run."""
        return run_pb2.GetRunResponse(run=await self._run(request.run_id, scope_of(context)))

    async def BatchGetRuns(
        self, request: run_pb2.BatchGetRunsRequest, context: Any
    ) -> run_pb2.BatchGetRunsResponse:
        """Return several runs."""
        scope, run_ids = scope_of(context), read_several(request.run_ids, "run_ids")
        found = {run_id: run for run_id in run_ids if (run := self._driven(run_id, scope)) is not None}
        others = [run_id for run_id in run_ids if run_id not in found]
        if others:
            found |= await self._database.read(lambda c: several_runs(c, others, scope))
        return run_pb2.BatchGetRunsResponse(
            runs=[found[run_id] for run_id in run_ids if run_id in found],
            not_found=[run_id for run_id in run_ids if run_id not in found],
        )

    async def ListRuns(self, request: run_pb2.ListRunsRequest, context: Any) -> run_pb2.ListRunsResponse:
        """Return a page of runs."""
        scope = scope_of(context)
        return await self._database.read(lambda c: page_of_runs(c, request, scope, wall_micros()))

    async def UpdateRun(self, request: run_pb2.UpdateRunRequest, context: Any) -> run_pb2.UpdateRunResponse:
        """Change what people say about a run."""
        scope = scope_of(context)
        new = await self._database.write(lambda c: annotate(c, request, scope), repeatable=True)
        note_project(new.config.project_id or DEFAULT_PROJECT)
        active = self._dispatcher.runs.get(request.run_id)
        if active is not None:
            active.annotate(new)
        await self._answers.forget()
        return run_pb2.UpdateRunResponse(run=await self._run(request.run_id, scope))

    async def CancelRun(self, request: run_pb2.CancelRunRequest, context: Any) -> run_pb2.CancelRunResponse:
        """Ask a run to stop."""
        scope = scope_of(context)
        note_project((await self._database.read(lambda c: require_run(c, request.run_id, scope))).project_id)
        await self._dispatcher.cancel(request.run_id)
        return run_pb2.CancelRunResponse(run=await self._run(request.run_id, scope))

    async def DeleteRun(self, request: run_pb2.DeleteRunRequest, context: Any) -> run_pb2.DeleteRunResponse:
        """Delete a run and everything measured, also when the caller does not wait for the end of it."""
        scope = scope_of(context)
        note_project((await self._database.read(lambda c: require_run(c, request.run_id, scope))).project_id)
        log.info("benchmark_delete_request", run_id=request.run_id)

        async def delete() -> None:
            try:
                await self._dispatcher.delete(request.run_id)
            finally:
                await self._answers.forget()

        await self._dispatcher.to_the_end(delete())
        return run_pb2.DeleteRunResponse(deleted=request.run_id)

    async def WatchRun(
        self, request: run_pb2.WatchRunRequest, context: Any
    ) -> AsyncIterator[run_pb2.WatchRunResponse]:
        """Stream the state of a run until it has ended."""
        async for update in watch(request.run_id, scope_of(context), self._database, self._dispatcher.runs):
            yield update

    async def GetRunResult(
        self, request: run_pb2.GetRunResultRequest, context: Any
    ) -> run_pb2.GetRunResultResponse:
        """Return the result document."""
        scope = scope_of(context)
        result = await self._database.read(
            lambda c: require_result(c, request.run_id, scope, partial=request.partial)
        )
        return run_pb2.GetRunResultResponse(result=result)

    async def GetRunTimeline(
        self, request: run_pb2.GetRunTimelineRequest, context: Any
    ) -> run_pb2.GetRunTimelineResponse:
        """Return what happened in each second of a run."""
        scope = scope_of(context)
        return await self._database.read(lambda c: run_timeline(c, request, scope))

    async def CompareRuns(self, request: run_pb2.CompareRunsRequest, context: Any) -> run_pb2.CompareRunsResponse:
        """Set finished runs side by side."""
        gates = read_gates(request.gates)
        scope = scope_of(context)
        results = await self._database.read(lambda c: results_to_compare(c, request.run_ids, scope))
        return await asyncio.to_thread(compare, results, gates)

    async def ExportRunResult(
        self, request: run_pb2.ExportRunResultRequest, context: Any
    ) -> AsyncIterator[run_pb2.ExportRunResultResponse]:
        """Stream a result as a file."""
        async for data in export(self._database, request, scope_of(context)):
            yield run_pb2.ExportRunResultResponse(data=data)

    async def DownloadRunResult(
        self, request: run_pb2.DownloadRunResultRequest, context: Any
    ) -> httpbody_pb2.HttpBody:
        """Return a result as one body."""
        content_type, content = await document(self._database, request, scope_of(context), request.format or "csv")
        return httpbody_pb2.HttpBody(content_type=content_type, data=content)

    async def AnalyzeRun(
        self, request: analysis_pb2.AnalyzeRunRequest, context: Any
    ) -> AsyncIterator[analysis_pb2.AnalyzeRunResponse]:
        """Say what a result means, piece by piece."""
        async with aclosing(self._analyses.pieces(request, scope_of(context))) as pieces:
            async for piece in pieces:
                yield piece

    async def UploadAsset(
        self, request_iterator: AsyncIterator[run_pb2.UploadAssetRequest], context: Any
    ) -> run_pb2.UploadAssetResponse:
        """Check and store a file."""
        scope = scope_of(context)
        with await receive(request_iterator) as upload:
            asset = await asyncio.to_thread(upload.finish)
            await self._database.write(
                lambda c: insert_asset(c, asset, upload.pieces(), wall_micros(), scope=scope)
            )
        return run_pb2.UploadAssetResponse(
            sha256=asset.sha256, size_bytes=asset.size_bytes, row_count=upload.row_count
        )

    def _driven(self, run_id: str, scope: Scope) -> run_pb2.Run | None:
        """Return a run that this controller drives now."""
        active = self._dispatcher.runs.get(run_id)
        # One that has ended may have been deleted through another controller.
        if active is None or active.ended or not is_visible(active.record, scope):
            return None
        return run_message(active.record, active.agent_ids)

    async def _run(self, run_id: str, scope: Scope) -> run_pb2.Run:
        driven = self._driven(run_id, scope)
        if driven is not None:
            return driven

        def read(connection: Connection) -> run_pb2.Run:
            run = require_run(connection, run_id, scope)
            return run_message(run, agents_of_runs(connection, [run.run_key]).get(run.run_key, []))

        return await self._database.read(read)
