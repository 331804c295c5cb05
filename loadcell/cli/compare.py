"""`loadcell runs compare`: runs side by side, and gates for pipelines."""

from typing import TYPE_CHECKING, Annotated

import typer

from loadcell.cli import completing
from loadcell.cli.gates import GateFlag, GithubFlag, JunitFlag, check_junit, tell_gates
from loadcell.cli.runs import ControllerFlag, DatabaseFlag, JsonFlag, ask

if TYPE_CHECKING:
    from loadcell.client import Client


def compare_runs(
    *,
    run_ids: Annotated[
        list[str],
        typer.Argument(
            metavar="RUN_ID...",
            autocompletion=completing.runs_and_baseline,
            help="Two to ten runs; the first is the base. `baseline` is the newest run marked so.",
        ),
    ],
    gates: GateFlag = None,
    junit: JunitFlag = None,
    github: GithubFlag = None,
    as_json: JsonFlag = False,
    controller: ControllerFlag = None,
    database: DatabaseFlag = None,
) -> int:
    """Set finished runs side by side, and say what is better or worse."""
    check_junit(junit, gates)

    async def question(client: "Client") -> None:
        from loadcell.cli import json_output, layout  # noqa: PLC0415
        from loadcell.cli.comparison_tables import comparison_tables  # noqa: PLC0415

        comparison = await client.compare(run_ids, gates=gates or [])
        if as_json:
            json_output.print_document(json_output.document(comparison))
        else:
            layout.console().print(comparison_tables(comparison))
        tell_gates(comparison, junit=junit, github=github)

    return ask(controller, database, question)
