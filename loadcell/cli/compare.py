"""`loadcell runs compare`: runs side by side, and gates for pipelines."""

from typing import TYPE_CHECKING, Annotated

import typer

from loadcell.cli.failure import EXIT_GATE_MISSED, CommandError
from loadcell.cli.runs import ControllerFlag, DatabaseFlag, JsonFlag, ask

if TYPE_CHECKING:
    from loadcell.client import Client


def compare_runs(
    *,
    run_ids: Annotated[
        list[str],
        typer.Argument(
            metavar="RUN_ID...",
            help="Two to ten runs; the first is the base. `baseline` is the newest run marked so.",
        ),
    ],
    gates: Annotated[
        list[str] | None,
        typer.Option(
            "--gate",
            metavar="FIGURE:CHANGE",
            help="Exit with 3 when a figure is worse than the base by more than this, such as ttft.p99:+5%,"
            " throughput:-3% or error_rate:+0.5. May be repeated.",
        ),
    ] = None,
    as_json: JsonFlag = False,
    controller: ControllerFlag = None,
    database: DatabaseFlag = None,
) -> int:
    """Set finished runs side by side, and say what is better or worse."""

    async def question(client: "Client") -> None:
        from loadcell.cli import layout, report  # noqa: PLC0415
        from loadcell.cli.comparison_tables import comparison_tables  # noqa: PLC0415

        comparison = await client.compare(run_ids, gates=gates or [])
        if as_json:
            report.print_document(report.document(comparison))
        else:
            layout.console().print(comparison_tables(comparison))
        missed = sum(not outcome.passed for outcome in comparison.gates)
        if missed:
            raise CommandError(f"{missed} of {len(comparison.gates)} gates missed", EXIT_GATE_MISSED)

    return ask(controller, database, question)
