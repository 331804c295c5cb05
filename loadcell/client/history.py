"""Calls about runs of the past: lists, changes, results, comparisons, files."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from typing import Literal

from loadcell.client.calls import answer, responses
from loadcell.client.references import RunReference, identifier
from loadcell.v1 import analysis_pb2, result_pb2, run_pb2, run_pb2_grpc

_MODES = {"rules": analysis_pb2.ANALYSIS_MODE_RULES, "llm": analysis_pb2.ANALYSIS_MODE_LLM}


class History:
    """The part of the client that asks about runs of the past."""

    _runs: run_pb2_grpc.RunServiceStub
    _timeout: float

    async def run_pages(
        self,
        *,
        status: str = "",
        model: str = "",
        project_id: str = "",
        created_from: str = "",
        created_to: str = "",
        labels: Sequence[str] = (),
        baseline: bool | None = None,
        search: str = "",
        sort_by: str = "",
        sort_order: str = "",
        page_size: int = 50,
    ) -> AsyncGenerator[run_pb2.ListRunsResponse, None]:
        """Yield pages of runs, newest first by default; each tells how many runs there are on all of them.

        Args:
            status: Status word or state.
            model: Exact model name.
            project_id: Exact project.
            created_from: Earliest creation: RFC 3339, or relative such as "now-7d".
            created_to: Latest creation, exclusive.
            labels: Labels the runs must have: "key=value", or "key" for any value.
            baseline: Only runs that are marked as baselines, or only the others.
            search: Words that must all stand in identifier, model, server URL, labels or notes, in either case.
            sort_by: "created_at" (default), "started_at", "completed_at", "duration", "model", "server_url" or
                "status".
            sort_order: "asc" or "desc" (default).
            page_size: Runs on a page, 1 to 1,000.
        """
        request = run_pb2.ListRunsRequest(
            limit=page_size,
            status=status,
            model=model,
            project_id=project_id,
            created_from=created_from,
            created_to=created_to,
            labels=labels,
            baseline=baseline,
            search=search,
            sort_by=sort_by,
            sort_order=sort_order,
        )
        while True:
            page: run_pb2.ListRunsResponse = await answer(self._runs.ListRuns(request, timeout=self._timeout))
            yield page
            request.cursor = page.next_cursor
            if not page.next_cursor:
                return

    async def list_runs(
        self,
        *,
        status: str = "",
        model: str = "",
        project_id: str = "",
        created_from: str = "",
        created_to: str = "",
        labels: Sequence[str] = (),
        baseline: bool | None = None,
        search: str = "",
        sort_by: str = "",
        sort_order: str = "",
        page_size: int = 50,
    ) -> AsyncGenerator[run_pb2.Run, None]:
        """Yield the runs, fetching page after page; the arguments and the order are those of `run_pages`."""
        pages = self.run_pages(
            status=status,
            model=model,
            project_id=project_id,
            created_from=created_from,
            created_to=created_to,
            labels=labels,
            baseline=baseline,
            search=search,
            sort_by=sort_by,
            sort_order=sort_order,
            page_size=page_size,
        )
        async with aclosing(pages):
            async for page in pages:
                for run in page.runs:
                    yield run

    async def update_run(
        self,
        run: RunReference,
        *,
        labels: Mapping[str, str] | None = None,
        remove_labels: Sequence[str] = (),
        notes: str | None = None,
        baseline: bool | None = None,
    ) -> run_pb2.Run:
        """Change what people say about a run; what is not given stays.

        Args:
            run: The run.
            labels: Labels to set; the others stay.
            remove_labels: Keys of labels to remove.
            notes: Notes, at most 10,000 characters; an empty text removes them.
            baseline: Whether the run is one to compare others with.
        """
        request = run_pb2.UpdateRunRequest(
            run_id=identifier(run), labels=labels, remove_labels=remove_labels, notes=notes, baseline=baseline
        )
        response: run_pb2.UpdateRunResponse = await answer(self._runs.UpdateRun(request, timeout=self._timeout))
        return response.run

    async def result(self, run: RunReference, *, partial: bool = False) -> result_pb2.RunResult:
        """Return the result document; `partial` returns what there is, whatever the state of the run."""
        request = run_pb2.GetRunResultRequest(run_id=identifier(run), partial=partial)
        response: run_pb2.GetRunResultResponse = await answer(
            self._runs.GetRunResult(request, timeout=self._timeout)
        )
        return response.result

    async def analysis_pieces(
        self,
        run: RunReference,
        *,
        mode: Literal["rules", "llm"] = "rules",
        language: Literal["en", "ko"] = "en",
        refresh: bool = False,
    ) -> AsyncGenerator[analysis_pb2.AnalyzeRunResponse, None]:
        """Yield what a result means piece by piece while it is written; the last piece is all of it.

        Args:
            run: The run.
            mode: Who says it: rules, or the model the controller is set to, whose analysis is stored.
            language: The language.
            refresh: Has the model make its analysis anew.
        """
        request = analysis_pb2.AnalyzeRunRequest(
            run_id=identifier(run), mode=_MODES[mode], language=language, refresh=refresh
        )
        async with aclosing(responses(self._runs.AnalyzeRun(request))) as pieces:
            async for piece in pieces:
                yield piece

    async def analyze(
        self,
        run: RunReference,
        *,
        mode: Literal["rules", "llm"] = "rules",
        language: Literal["en", "ko"] = "en",
        refresh: bool = False,
    ) -> analysis_pb2.Analysis:
        """Return what a result means; the arguments are those of `analysis_pieces`."""
        last = analysis_pb2.AnalyzeRunResponse()
        pieces = self.analysis_pieces(run, mode=mode, language=language, refresh=refresh)
        async with aclosing(pieces):
            async for piece in pieces:
                last = piece
        return last.analysis

    async def timeline(
        self, run: RunReference, *, level: int | None = None, offset_seconds: int = 0, page_size: int = 3_600
    ) -> AsyncGenerator[run_pb2.TimelinePoint, None]:
        """Yield what happened in each second of a run, or of one of its levels, fetching page after page.

        Args:
            run: The run.
            level: Position of the level, from 0; all levels by default.
            offset_seconds: Seconds to skip.
            page_size: Seconds on a page, 1 to 10,000.
        """
        request = run_pb2.GetRunTimelineRequest(
            run_id=identifier(run), level=level, offset_seconds=offset_seconds, limit=page_size
        )
        while True:
            call = self._runs.GetRunTimeline(request, timeout=self._timeout)
            page: run_pb2.GetRunTimelineResponse = await answer(call)
            for point in page.points:
                yield point
            if not page.HasField("next_offset_seconds"):
                return
            request.offset_seconds = page.next_offset_seconds

    async def compare(
        self, runs: Sequence[RunReference], *, gates: Sequence[str] = ()
    ) -> run_pb2.CompareRunsResponse:
        """Set two to ten finished runs side by side; the first is the base of the changes and of the gates.

        Args:
            runs: The runs; "baseline" stands for the newest one marked so, of the same project and model.
            gates: What must hold of every run against the first, such as "ttft.p99:+5%".
        """
        request = run_pb2.CompareRunsRequest(run_ids=[identifier(run) for run in runs], gates=gates)
        response: run_pb2.CompareRunsResponse = await answer(
            self._runs.CompareRuns(request, timeout=self._timeout)
        )
        return response

    async def export(
        self,
        run: RunReference,
        format: Literal["csv", "json", "xlsx", "html", "jsonl"] = "json",  # noqa: A002 (the field of the request)
        *,
        partial: bool = False,
        further: Sequence[RunReference] = (),
        gates: Sequence[str] = (),
    ) -> AsyncGenerator[bytes, None]:
        """Yield a file with the result, piece by piece: the document, or with jsonl a line for each request.

        Args:
            run: The run.
            format: What is written.
            partial: Whether a run that goes on is told as far as it has come.
            further: Other runs that a page (html) compares with this one, at most nine.
            gates: What must hold of those against this one, as in `compare`.
        """
        request = run_pb2.ExportRunResultRequest(
            run_id=identifier(run),
            format=format,
            partial=partial,
            further_run_ids=[identifier(one) for one in further],
            gates=gates,
        )
        async with aclosing(responses(self._runs.ExportRunResult(request))) as pieces:
            async for piece in pieces:
                yield piece.data
