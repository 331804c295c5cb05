"""`loadcell report`: results as a file or a text for others to read."""

import sys
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from loadcell.cli import completing
from loadcell.cli.failure import EXIT_RUN_FAILED, CommandError
from loadcell.cli.flags import DocumentForm
from loadcell.cli.gates import GateFlag, GithubFlag, JunitFlag, check_junit, tell_gates
from loadcell.cli.output_file import check_writable, replacing
from loadcell.cli.runs import ControllerFlag, DatabaseFlag, ask
from loadcell.reports.early_end import EARLY_ENDS

if TYPE_CHECKING:
    from loadcell.client import Client
    from loadcell.v1 import run_pb2

BASELINE = "baseline"


class ReportFormat(StrEnum):
    """What a report is written as."""

    MARKDOWN = "markdown"
    HTML = "html"
    XLSX = "xlsx"
    CSV = "csv"
    JSON = "json"


_FILES: dict[ReportFormat, DocumentForm] = {
    ReportFormat.HTML: "html",
    ReportFormat.XLSX: "xlsx",
    ReportFormat.CSV: "csv",
    ReportFormat.JSON: "json",
}
_OF_SEVERAL = (ReportFormat.MARKDOWN, ReportFormat.HTML)
_SUFFIXES = {
    ".md": ReportFormat.MARKDOWN,
    ".html": ReportFormat.HTML,
    ".xlsx": ReportFormat.XLSX,
    ".csv": ReportFormat.CSV,
    ".json": ReportFormat.JSON,
}


def report(
    *,
    run_ids: Annotated[
        list[str],
        typer.Argument(
            metavar="RUN_ID...",
            autocompletion=completing.runs_and_baseline,
            help="One run, or two to ten that are compared with the first; `baseline` is the newest marked so.",
        ),
    ],
    form: Annotated[
        ReportFormat | None,
        typer.Option("--format", "-f", help="By default what the ending of --output says, else markdown."),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="File: .md, .html, .xlsx, .csv or .json; else standard output."),
    ] = None,
    gates: GateFlag = None,
    junit: JunitFlag = None,
    github: GithubFlag = None,
    controller: ControllerFlag = None,
    database: DatabaseFlag = None,
) -> int:
    """Report on runs: Markdown for pull requests and job summaries, or a file."""
    chosen = report_format(form, output)
    if len(run_ids) > 1 and chosen not in _OF_SEVERAL:
        raise CommandError(f"--format {chosen}: is of one run, and {len(run_ids)} are given")
    if run_ids == [BASELINE]:
        raise CommandError("`baseline` is what another run is compared with; give its RUN_ID, too")
    if gates and len(run_ids) == 1:
        raise CommandError("--gate needs a run to compare with; give its RUN_ID first, or `baseline`")
    if chosen is ReportFormat.XLSX and output is None and sys.stdout.isatty():
        raise CommandError("--format xlsx: a terminal cannot show it; give --output FILE")
    check_junit(junit, gates)
    if output is not None:
        check_writable(output)

    async def question(client: "Client") -> None:
        from loadcell.cli import json_output  # noqa: PLC0415

        comparison: run_pb2.CompareRunsResponse | None = None
        partial = False
        if len(run_ids) > 1:
            comparison = await client.compare(run_ids, gates=gates or [])
        else:
            partial = await ended_early(client, run_ids[0])
        if chosen is ReportFormat.MARKDOWN:
            content = await _markdown(client, run_ids, comparison, partial=partial)
        else:
            form = _FILES[chosen]
            pieces = client.export(run_ids[0], form, further=run_ids[1:], gates=gates or [], partial=partial)
            content = b"".join([piece async for piece in pieces])
        if output is None:
            json_output.print_document(content)
        else:
            with replacing(output) as file:
                file.write(content)
        if comparison is not None:
            tell_gates(comparison, junit=junit, github=github)

    return ask(controller, database, question)


def report_format(form: ReportFormat | None, output: Path | None) -> ReportFormat:
    """Return what is asked for by name or by the ending of the file; Markdown where nothing says.

    Raises:
        CommandError: The ending says nothing.
    """
    if form is not None:
        return form
    if output is None:
        return ReportFormat.MARKDOWN
    found = _SUFFIXES.get(output.suffix.lower())
    if found is None:
        raise CommandError(
            f"--output {str(output)!r}: the ending must be one of {', '.join(_SUFFIXES)}, or give --format"
        )
    return found


async def ended_early(client: "Client", run_id: str) -> bool:
    """Whether a run failed or was cancelled, so that only a part of it can be reported.

    Raises:
        CommandError: There is no such part: nothing was measured.
    """
    from loadcell.cli.measure import partial_result  # noqa: PLC0415

    run = await client.get_run(run_id)
    if run.status not in EARLY_ENDS:
        return False
    result = await partial_result(client, run_id)
    if result is None or not any(level.total_requests for level in result.results):
        ended = "failed" if run.status == "failed" else "was cancelled"
        because = f": {run.error}" if run.error else ""
        raise CommandError(f"run {run_id} {ended} before anything was measured{because}", EXIT_RUN_FAILED)
    return True


async def _markdown(
    client: "Client",
    run_ids: Sequence[str],
    comparison: "run_pb2.CompareRunsResponse | None",
    *,
    partial: bool,
) -> bytes:
    from loadcell.reports.markdown import markdown  # noqa: PLC0415

    results = [await client.result(run_id, partial=partial) for run_id in identified(run_ids, comparison)]
    return markdown(results, comparison).encode()


def identified(run_ids: Sequence[str], comparison: "run_pb2.CompareRunsResponse | None") -> list[str]:
    """Return the runs of a report, with the identifier that the comparison has for the baseline."""
    levels = comparison.by_concurrency.values() if comparison is not None else ()
    others = {figures.run_id for level in levels for figures in level.runs} - set(run_ids)
    return [each for run_id in run_ids for each in (others if run_id == BASELINE else [run_id])]
