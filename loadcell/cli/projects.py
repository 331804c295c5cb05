"""`loadcell projects`: where load of a project may be aimed, and how much its runs may take."""

import math
from typing import TYPE_CHECKING, Annotated, Any

import typer

from loadcell.cli.failure import CommandError
from loadcell.cli.runs import ControllerFlag, JsonFlag, ask
from loadcell.protocol import MAX_QUOTAS

if TYPE_CHECKING:
    from loadcell.client import Client

projects_app = typer.Typer(help="List, show and set what projects may do.")

DEFAULT = "default"
ProjectArgument = Annotated[str, typer.Argument(metavar="PROJECT", help="Name of the project.")]


@projects_app.command("list")
def list_projects(*, as_json: JsonFlag = False, controller: ControllerFlag = None) -> int:
    """List the projects that have had runs or have settings."""

    async def question(client: "Client") -> None:
        from loadcell.cli import json_output, layout, project_tables  # noqa: PLC0415
        from loadcell.documents import render  # noqa: PLC0415

        found = [project async for project in client.projects()]
        if as_json:
            listed = {"projects": [render(project) for project in found]}
            json_output.print_document(json_output.document_of(listed))
        else:
            layout.console().print(project_tables.projects_table(found))

    return ask(controller, None, question)


@projects_app.command("show")
def show_project(
    *, project_id: ProjectArgument, as_json: JsonFlag = False, controller: ControllerFlag = None
) -> int:
    """Show what is set for a project, and how much of its quotas is taken."""

    async def question(client: "Client") -> None:
        await _show(client, project_id, as_json=as_json)

    return ask(controller, None, question)


@projects_app.command("set")
def set_project(
    *,
    project_id: ProjectArgument,
    targets: Annotated[
        str | None,
        typer.Option(metavar="RULES", help="Only targets of its runs, as 10.0.0.0/8:8000,*.example.com; '': any."),
    ] = None,
    running_runs: Annotated[
        str | None, typer.Option(metavar="N", help="Most runs at once; 0: any number, default: as the controller.")
    ] = None,
    rate: Annotated[
        str | None, typer.Option(metavar="N", help="Most requests per second of their open loops together.")
    ] = None,
    agents: Annotated[str | None, typer.Option(metavar="N", help="Most agents they ask for together.")] = None,
    stored_traces: Annotated[str | None, typer.Option(metavar="N", help="Most traces that are stored.")] = None,
    as_json: JsonFlag = False,
    controller: ControllerFlag = None,
) -> int:
    """Set what new runs of a project may do; what is not given stays as it is."""
    changes: dict[str, Any] = {
        name: _quota(name, text)
        for name, text in zip(MAX_QUOTAS, (running_runs, rate, agents, stored_traces), strict=True)
        if text is not None
    }
    if targets is not None:
        changes["allowed_targets"] = targets
    if not changes:
        raise CommandError("nothing to set: give --targets, --running-runs, --rate, --agents or --stored-traces")

    async def question(client: "Client") -> None:
        now = (await client.project(project_id)).project
        settings: dict[str, Any] = {"allowed_targets": now.allowed_targets}
        settings |= {name: getattr(now, name) for name in MAX_QUOTAS if now.HasField(name)}
        await client.set_project(project_id, **settings | changes)
        await _show(client, project_id, as_json=as_json)

    return ask(controller, None, question)


async def _show(client: "Client", project_id: str, *, as_json: bool) -> None:
    from loadcell.cli import json_output, layout, project_tables  # noqa: PLC0415

    found = await client.project(project_id)
    if as_json:
        json_output.print_document(json_output.document(found))
    else:
        layout.console().print(project_tables.project_details(found))


def _quota(name: str, text: str) -> float | None:
    """Return a quota, None for that of the controller's settings."""
    if text == DEFAULT:
        return None
    flag = f"--{name.removeprefix('quota_').replace('_', '-')}"
    try:
        number = float(text) if name == "quota_rate" else int(text)
    except ValueError:
        number = math.nan
    most = MAX_QUOTAS[name]
    if not 0 <= number <= most:
        kind = "a number" if name == "quota_rate" else "a whole number"
        raise CommandError(f"{flag} {text!r}: must be {kind} from 0 to {most:,}, or {DEFAULT}")
    return number
