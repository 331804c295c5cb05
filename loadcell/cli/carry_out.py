"""Carrying out an order for load from the command line: open a session, show, save and tell where to find it."""

import asyncio
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from loadcell.cli.failure import CommandError
from loadcell.cli.flags import DocumentForm
from loadcell.cli.output_file import replacing
from loadcell.cli.session import open_session
from loadcell.cli.started_as import command_line, with_place

if TYPE_CHECKING:
    from loadcell.cli.measure import Order, Outcome
    from loadcell.cli.session import Session


@dataclass(frozen=True, slots=True)
class Showing:
    """What is to be shown and saved of a run.

    Attributes:
        output: File for the result.
        form: Format of the file.
        as_json: Whether standard output gets the result document and nothing else.
        quiet: Whether no progress is shown.
    """

    output: Path | None = None
    form: DocumentForm | None = None
    as_json: bool = False
    quiet: bool = False


def carry_out(
    fields: dict[str, Any],
    make_order: "Callable[[dict[str, Any]], Order]",
    showing: Showing,
    *,
    controller: str | None,
    database: str | None,
) -> int:
    """Make a run with a controller that is found or started, and return the exit code.

    Args:
        fields: Arguments for the client, as `load_fields` makes them.
        make_order: Makes the order of them once our own processes are starting, since it takes imports.
        showing: What is to be shown and saved.
        controller: Address given by the user.
        database: Database given by the user.

    Raises:
        CommandError: The run is refused, the controller is lost or the file cannot be written.
    """
    with open_session(
        controller=controller,
        database=database,
        agents=fields["agent_count"] or 1,
        workers=fields["worker_count"] or 0,
        load_maker=True,
    ) as session:
        labels = fields["agent_labels"]
        if labels and session.stack is not None:
            wanted = ",".join(f"{key}={value}" for key, value in labels.items())
            raise CommandError(
                f"--agents {wanted!r}: labels choose among the agents of a controller, and those started for this"
                " command are all alike; name the controller with --controller"
            )
        place = with_place(controller, database)
        return execute(session, make_order(fields), showing, place=place).exit_code


def execute(
    session: "Session",
    order: "Order",
    showing: Showing,
    *,
    place: Sequence[str] = (),
) -> "Outcome":
    """Make a run, show it, save it and return what became of it.

    Args:
        session: The controller.
        order: The run.
        showing: What is to be shown and saved.
        place: Flags with which other commands find the run.

    Raises:
        CommandError: The run is refused, the controller is lost or the file cannot be written.
    """
    from loadcell.cli import json_output, layout, tables  # noqa: PLC0415
    from loadcell.cli.analysis_lines import analysis_lines  # noqa: PLC0415
    from loadcell.cli.measure import measure  # noqa: PLC0415
    from loadcell.cli.progress import progress_for  # noqa: PLC0415
    from loadcell.cli.recommendation_lines import recommendation_lines  # noqa: PLC0415

    output, form, as_json = showing.output, showing.form, showing.as_json
    progress = progress_for(layout.console(stderr=True), quiet=showing.quiet)
    try:
        outcome = asyncio.run(measure(session, order, progress, form=None if form == "json" else form))
    finally:
        progress.close()
    if outcome.result is not None and outcome.answer is not None:
        if output is not None:  # first, because nobody may read what is printed
            content = json_output.document(outcome.answer) if form == "json" else outcome.file
            _save(output, content, command_line("runs", "export", outcome.run.run_id, *place, "-o"))
        if as_json:
            json_output.print_document(json_output.document(outcome.answer))
        else:
            layout.console().print(tables.result_tables(outcome.result))
            if outcome.recommendation is not None:
                layout.console().print(recommendation_lines(outcome.recommendation))
            if outcome.analysis is not None:
                layout.console().print(analysis_lines(outcome.analysis))
    saved = output if outcome.result is not None else None
    again = command_line("runs", "show", outcome.run.run_id, *place)
    _say_where(session, outcome.run.run_id, again, saved, sys.stderr if as_json else sys.stdout)
    if outcome.complaint:
        print(f"error: {outcome.complaint}", file=sys.stderr)
    return outcome


def _save(output: Path, content: bytes, export: str) -> None:
    try:
        with replacing(output) as file:
            file.write(content)
    except CommandError as error:
        message = f"{error.message}; the result is in the database: {export} FILE"
        raise CommandError(message, error.exit_code) from error


def _say_where(session: "Session", run_id: str, again: str, saved: Path | None, stream: TextIO) -> None:
    print(f"run {run_id}; see it again with: {again}", file=stream)
    if saved is not None:
        print(f"result saved in {saved.absolute()}", file=stream)
    if session.database:
        print(f"database {session.database}", file=stream)
    if session.http and session.stack is None:
        print(f"result at http://{session.http}/api/v1/benchmark/result/{run_id}", file=stream)
