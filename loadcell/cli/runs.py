"""`loadcell runs`: what was measured before."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from loadcell.cli import completing
from loadcell.cli.failure import EXIT_OK, EXIT_RUN_FAILED, CommandError, from_error
from loadcell.cli.output_file import check_writable, replacing
from loadcell.cli.session import Session, open_session

if TYPE_CHECKING:
    from loadcell.client import Client

runs_app = typer.Typer(help="List, show, watch, update, cancel, delete, compare, analyze and export runs.")

RunId = Annotated[
    str, typer.Argument(metavar="RUN_ID", autocompletion=completing.runs, help="Identifier of the run.")
]
ControllerFlag = Annotated[str | None, typer.Option("--controller", help="Controller HOST:PORT to ask.")]
DatabaseFlag = Annotated[str | None, typer.Option("--db", help="Database URL or SQLite file.")]
QuietFlag = Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress.")]
JsonFlag = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]


class ExportFormat(StrEnum):
    """File formats of a result."""

    CSV = "csv"
    JSON = "json"
    XLSX = "xlsx"
    HTML = "html"
    JSONL = "jsonl"


def ask(
    controller: str | None, database: str | None, question: Callable[["Client"], Awaitable[int | None]]
) -> int:
    """Put a question to a controller and return the exit code."""

    async def connected(session: Session) -> int | None:
        from loadcell.cli.sdk import LoadcellError  # noqa: PLC0415 (see Session.client)

        async with session.client() as client:
            try:
                return await question(client)
            except LoadcellError as error:
                raise from_error(error, address=session.address) from error

    with open_session(controller=controller, database=database) as session:
        return asyncio.run(connected(session)) or EXIT_OK


@runs_app.command("show")
def show_run(
    *, run_id: RunId, as_json: JsonFlag = False, controller: ControllerFlag = None, database: DatabaseFlag = None
) -> int:
    """Show the result of a run; of a run that goes on, what has been measured so far."""

    async def question(client: "Client") -> None:
        await _show(client, run_id, as_json=as_json)

    return ask(controller, database, question)


async def _show(client: "Client", run_id: str, *, as_json: bool) -> None:
    from loadcell.cli import json_output, layout, tables  # noqa: PLC0415
    from loadcell.cli.measure import partial_result  # noqa: PLC0415
    from loadcell.cli.recommendation_lines import recommendation_lines  # noqa: PLC0415

    run = await client.get_run(run_id)
    result = await partial_result(client, run_id)
    if as_json:
        json_output.print_document(json_output.document(run if result is None else result))
        return
    console = layout.console()
    console.print(tables.RunsTable([run]))
    if result is not None:
        console.print(tables.result_tables(result))
    if run.recommendation and run.status in ("completed", "cancelled"):
        console.print(recommendation_lines(await client.recommendation_result(run)))
    if run.error:
        console.print(f"error: {run.error}")
    if run.notes:
        console.print(f"notes: {run.notes}")


@runs_app.command("watch")
def watch_run(
    *,
    run_id: RunId,
    quiet: QuietFlag = False,
    controller: ControllerFlag = None,
    database: DatabaseFlag = None,
) -> int:
    """Show the progress of a run until it ends, then its result."""

    async def question(client: "Client") -> int:
        from loadcell.cli import layout  # noqa: PLC0415
        from loadcell.cli.progress import progress_for  # noqa: PLC0415

        run = await client.get_run(run_id)
        progress = progress_for(layout.console(stderr=True), quiet=quiet)
        try:
            async for update in client.watch(run):
                progress.update(update)
                run = update.run
        finally:
            progress.close()
        await _show(client, run_id, as_json=False)
        return EXIT_OK if run.status == "completed" else EXIT_RUN_FAILED

    return ask(controller, database, question)


@runs_app.command("cancel")
def cancel_run(*, run_id: RunId, controller: ControllerFlag = None, database: DatabaseFlag = None) -> int:
    """Stop a run; what was measured is kept."""

    async def question(client: "Client") -> None:
        run = await client.cancel_run(run_id)
        print(f"run {run.run_id}: {run.status}")

    return ask(controller, database, question)


@runs_app.command("delete")
def delete_runs(
    *,
    run_ids: Annotated[
        list[str],
        typer.Argument(metavar="RUN_ID...", autocompletion=completing.runs, help="Identifiers of the runs."),
    ],
    controller: ControllerFlag = None,
    database: DatabaseFlag = None,
) -> int:
    """Delete runs with everything measured."""

    async def question(client: "Client") -> None:
        for run_id in run_ids:
            await client.delete_run(run_id)
            print(f"run {run_id}: deleted")

    return ask(controller, database, question)


@runs_app.command("export")
def export_run(
    *,
    run_id: RunId,
    form: Annotated[
        ExportFormat | None,
        typer.Option("--format", "-f", help="csv, json, xlsx or html: the result; jsonl: every request."),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="File; by default standard output.")
    ] = None,
    partial: Annotated[bool, typer.Option("--partial", help="Export what there is, whatever the state.")] = False,
    controller: ControllerFlag = None,
    database: DatabaseFlag = None,
) -> int:
    """Write a result as a file."""
    chosen = _export_format(form, output)
    if chosen is ExportFormat.XLSX and output is None and sys.stdout.isatty():
        raise CommandError("--format xlsx: a terminal cannot show it; give --output FILE")
    if output is not None:
        check_writable(output)

    async def question(client: "Client") -> None:
        from contextlib import aclosing  # noqa: PLC0415

        from loadcell.cli import json_output  # noqa: PLC0415

        async with aclosing(client.export(run_id, chosen.value, partial=partial)) as pieces:
            if output is not None:
                with replacing(output) as file:
                    async for piece in pieces:
                        file.write(piece)
            else:
                async for piece in pieces:
                    json_output.print_document(piece)

    return ask(controller, database, question)


def _export_format(form: ExportFormat | None, output: Path | None) -> ExportFormat:
    if form is not None:
        return form
    if output is None:
        return ExportFormat.JSON
    try:
        return ExportFormat(output.suffix.lower().removeprefix("."))
    except ValueError:
        endings = ", ".join(f".{known}" for known in ExportFormat)
        raise CommandError(f"--output {str(output)!r}: the ending must be one of {endings}") from None
