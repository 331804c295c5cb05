"""`loadcell exports`: files of requests; `loadcell events`: what happens."""

import sys
from contextlib import aclosing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from loadcell.cli.output_file import check_writable, replacing
from loadcell.cli.runs import ControllerFlag, JsonFlag, ask
from loadcell.protocol import MAX_EXPORT

if TYPE_CHECKING:
    from loadcell.client import Client
    from loadcell.v1 import export_pb2

exports_app = typer.Typer(help="Write requests of runs to files and fetch them.")
events_app = typer.Typer(help="Watch what happens.")

JobId = Annotated[str, typer.Argument(metavar="JOB_ID", help="Identifier of the job.")]


@exports_app.command("create")
def create_export(
    *,
    format_: Annotated[str, typer.Option("--format", help="csv, json, jsonl or parquet.")] = "csv",
    compression: Annotated[str, typer.Option(help="none, gzip, zip or zstd.")] = "none",
    fields: Annotated[str, typer.Option(help="Fields, separated by commas. Default: all.")] = "",
    since: Annotated[str, typer.Option(help="Earliest start: RFC 3339 or now-1d.")] = "",
    until: Annotated[str, typer.Option(help="Latest start, exclusive.")] = "",
    model: Annotated[str, typer.Option(help="Exact model.")] = "",
    project: Annotated[str, typer.Option(help="Exact project.")] = "",
    run: Annotated[str, typer.Option(help="Exact run.")] = "",
    limit: Annotated[
        int, typer.Option(min=1, max=MAX_EXPORT, help="Most requests, those that began first.")
    ] = 100_000,
    controller: ControllerFlag = None,
) -> int:
    """Let requests be written to a file and print the identifier of the job."""

    async def question(client: "Client") -> None:
        created = await client.create_export(
            format_,
            compression=compression,
            fields=[fields] if fields else [],
            start_time=since,
            end_time=until,
            model=model,
            project_id=project,
            run_id=run,
            limit=limit,
        )
        print(created.job_id)

    return ask(controller, None, question)


@exports_app.command("list")
def list_exports(*, as_json: JsonFlag = False, controller: ControllerFlag = None) -> int:
    """List the jobs, newest first."""

    async def question(client: "Client") -> None:
        from loadcell.cli import json_output, layout  # noqa: PLC0415
        from loadcell.documents import render  # noqa: PLC0415

        found = [job async for job in client.export_jobs()]
        if as_json:
            json_output.print_document(json_output.document_of({"jobs": [render(job) for job in found]}))
            return
        table = layout.new_table("job", "status", "format", "requests", "bytes", "made", numbers=False)
        for job in found:
            table.add_row(
                job.job_id,
                job.status,
                f"{job.format} {job.compression}",
                f"{job.trace_count:,}",
                f"{job.file_size_bytes:,}",
                layout.local_time(job.created_at),
            )
        layout.console().print(table)

    return ask(controller, None, question)


@exports_app.command("get")
def get_export(*, job_id: JobId, controller: ControllerFlag = None) -> int:
    """Print all that is known of a job, as a JSON document."""

    async def question(client: "Client") -> None:
        _print(await client.export_job(job_id))

    return ask(controller, None, question)


@exports_app.command("cancel")
def cancel_export(*, job_id: JobId, controller: ControllerFlag = None) -> int:
    """Stop a job; nothing is left of its file."""

    async def question(client: "Client") -> None:
        print(f"export {job_id}: {(await client.cancel_export(job_id)).status}")

    return ask(controller, None, question)


@exports_app.command("download")
def download_export(
    *,
    job_id: JobId,
    output: Annotated[Path, typer.Option("--output", "-o", help="File to write.")],
    controller: ControllerFlag = None,
) -> int:
    """Fetch the file of a completed job."""
    check_writable(output)

    async def question(client: "Client") -> None:
        with replacing(output) as file:
            async with aclosing(client.download_export(job_id)) as pieces:
                async for piece in pieces:
                    file.write(piece)

    return ask(controller, None, question)


@events_app.command("watch")
def watch_events(
    *,
    kinds: Annotated[list[str], typer.Argument(metavar="KIND...", help="run_state, system_alert, ...")],
    after: Annotated[
        int | None, typer.Option(min=0, max=2**63 - 1, help="Number of the last event seen, to go on after it.")
    ] = None,
    controller: ControllerFlag = None,
) -> int:
    """Print events as JSON, one a line, until interrupted."""

    async def question(client: "Client") -> None:
        import orjson  # noqa: PLC0415

        from loadcell.documents import render  # noqa: PLC0415

        async with aclosing(client.events(kinds, after_sequence=after)) as events:
            async for event in events:
                sys.stdout.buffer.write(orjson.dumps(render(event)) + b"\n")
                sys.stdout.buffer.flush()

    return ask(controller, None, question)


def _print(job: "export_pb2.ExportJob") -> None:
    from loadcell.cli import json_output  # noqa: PLC0415

    json_output.print_document(json_output.document(job))
