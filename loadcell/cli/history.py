"""`loadcell runs list` and `update`: finding runs, and saying something about them."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from loadcell.cli.failure import CommandError
from loadcell.cli.flags import parse_labels
from loadcell.cli.runs import ControllerFlag, DatabaseFlag, JsonFlag, RunId, ask

if TYPE_CHECKING:
    from loadcell.client import Client

LABEL = "KEY=VALUE"


class Sort(StrEnum):
    """What runs are sorted by."""

    CREATED_AT = "created_at"
    STARTED_AT = "started_at"
    COMPLETED_AT = "completed_at"
    DURATION = "duration"
    MODEL = "model"
    SERVER_URL = "server_url"
    STATUS = "status"


class Order(StrEnum):
    """Which end of a list comes first."""

    ASC = "asc"
    DESC = "desc"


def list_runs(
    *,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="Most runs to list.")] = 20,
    search: Annotated[
        str, typer.Option(help="Only runs with these words in identifier, model, server, labels or notes.")
    ] = "",
    status: Annotated[str, typer.Option(help="Only runs with this status.")] = "",
    model: Annotated[str, typer.Option(help="Only runs of this model.")] = "",
    project: Annotated[str, typer.Option(help="Only runs of this project.")] = "",
    since: Annotated[
        str, typer.Option(metavar="TIME", help="Only runs created since: 2026-01-31T12:00:00Z, or now-7d.")
    ] = "",
    until: Annotated[str, typer.Option(metavar="TIME", help="Only runs created before.")] = "",
    labels: Annotated[
        list[str] | None,
        typer.Option("--label", metavar=LABEL, help="Only runs with this label; KEY: of any value. Repeatable."),
    ] = None,
    baseline: Annotated[
        bool | None, typer.Option("--baseline/--no-baseline", help="Only runs marked as baseline, or the others.")
    ] = None,
    sort: Annotated[Sort, typer.Option(help="What the list is sorted by.")] = Sort.CREATED_AT,
    order: Annotated[Order, typer.Option(help="asc: the least first; desc: the greatest.")] = Order.DESC,
    as_json: JsonFlag = False,
    controller: ControllerFlag = None,
    database: DatabaseFlag = None,
) -> int:
    """List runs, newest first."""

    async def question(client: "Client") -> None:
        from contextlib import aclosing  # noqa: PLC0415

        from loadcell.cli import json_output, layout, tables  # noqa: PLC0415
        from loadcell.documents import render  # noqa: PLC0415
        from loadcell.v1 import run_pb2  # noqa: PLC0415

        found: list[run_pb2.Run] = []
        total = 0
        pages = client.run_pages(
            status=status,
            model=model,
            project_id=project,
            created_from=since,
            created_to=until,
            labels=labels or [],
            baseline=baseline,
            search=search,
            sort_by=sort.value,
            sort_order=order.value,
            page_size=min(limit, 1000),
        )
        async with aclosing(pages):
            async for page in pages:
                found += page.runs[: limit - len(found)]
                total = page.total
                if len(found) >= limit:
                    break
        if as_json:
            listed = {"runs": [render(run) for run in found], "total": total}
            json_output.print_document(json_output.document_of(listed))
            return
        console = layout.console()
        console.print(tables.RunsTable(found))
        if total > len(found):
            console.print(f"{len(found):,} of {total:,} runs")

    return ask(controller, database, question)


def update_run(
    *,
    run_id: RunId,
    labels: Annotated[
        list[str] | None, typer.Option("--label", metavar=LABEL, help="Label to set. Repeatable.")
    ] = None,
    remove_labels: Annotated[
        list[str] | None, typer.Option("--remove-label", metavar="KEY", help="Label to remove. Repeatable.")
    ] = None,
    notes: Annotated[str | None, typer.Option(help="Notes; an empty text removes them.")] = None,
    baseline: Annotated[
        bool | None, typer.Option("--baseline/--no-baseline", help="Mark the run as one to compare others with.")
    ] = None,
    as_json: JsonFlag = False,
    controller: ControllerFlag = None,
    database: DatabaseFlag = None,
) -> int:
    """Change labels, notes and the baseline mark of a run."""
    if not labels and not remove_labels and notes is None and baseline is None:
        raise CommandError("nothing to change: give --label, --remove-label, --notes or --baseline")
    wanted = parse_labels(labels or [])

    async def question(client: "Client") -> None:
        from loadcell.cli import json_output, layout, tables  # noqa: PLC0415

        run = await client.update_run(
            run_id, labels=wanted, remove_labels=remove_labels or [], notes=notes, baseline=baseline
        )
        if as_json:
            json_output.print_document(json_output.document(run))
            return
        console = layout.console()
        console.print(tables.RunsTable([run]))
        if run.notes:
            console.print(f"notes: {run.notes}")

    return ask(controller, database, question)
