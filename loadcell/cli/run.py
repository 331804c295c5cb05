"""`loadcell run`: put a server under load and say how it answered."""

import asyncio
import sys
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TextIO

import typer

from loadcell.cli.failure import CommandError
from loadcell.cli.flags import (
    DocumentForm,
    check_seconds,
    parse_agents,
    parse_concurrency,
    parse_goodput,
    parse_labels,
    parse_output,
    parse_rate,
    parse_server,
)
from loadcell.cli.output_file import check_writable, replacing
from loadcell.cli.session import open_session
from loadcell.cli.started_as import command_line, with_place
from loadcell.protocol import (
    MAX_CONCURRENCY,
    MAX_LEVEL_SECONDS,
    MAX_REQUESTS,
    MAX_TIMEOUT_SECONDS,
    MAX_TOKENS,
    MAX_WARMUP,
    MAX_WORKERS,
    MIN_TIMEOUT_SECONDS,
)

if TYPE_CHECKING:
    from loadcell.cli.measure import Order, Outcome
    from loadcell.cli.session import Session

_SHORTEST_SECONDS = 1e-6
_SEEDS = 2**63  # as many on either side of 0


class ArrivalName(StrEnum):
    """Arrival processes of open loops."""

    CONSTANT = "constant"
    POISSON = "poisson"


def run(
    *,
    url: Annotated[
        str | None, typer.Argument(help="Base URL of the server, for example http://127.0.0.1:8000.")
    ] = None,
    server: Annotated[str | None, typer.Option("--server", "-s", help="The same as URL.")] = None,
    model: Annotated[str, typer.Option("--model", "-m", help="Model; by default the server's only one.")] = "",
    concurrency: Annotated[
        str | None,
        typer.Option("--concurrency", "-c", help="Requests kept in flight, one level each: 1,10,50. Default 1."),
    ] = None,
    rate: Annotated[
        str | None, typer.Option("--rate", help="Arrivals per second, one level each: 100,200; excludes -c.")
    ] = None,
    arrival: Annotated[
        ArrivalName | None, typer.Option(help="Arrival process of --rate. Default constant.")
    ] = None,
    max_concurrency: Annotated[
        int | None,
        typer.Option(min=1, max=MAX_CONCURRENCY, help="Most requests in flight of --rate; later arrivals wait."),
    ] = None,
    num_prompts: Annotated[
        int | None,
        typer.Option("--num-prompts", "-n", min=1, max=MAX_REQUESTS, help="Requests per level. Default 100."),
    ] = None,
    duration: Annotated[
        float | None, typer.Option("--duration", "-d", help="Seconds per level; excludes -n.")
    ] = None,
    input_len: Annotated[int, typer.Option(min=1, max=MAX_TOKENS, help="Prompt length in tokens.")] = 256,
    output_len: Annotated[int, typer.Option(min=1, max=MAX_TOKENS, help="Completion length in tokens.")] = 128,
    stream: Annotated[bool, typer.Option("--stream/--no-stream", help="Whether responses are streamed.")] = True,
    warmup: Annotated[
        int, typer.Option(min=0, max=MAX_WARMUP, help="Requests before each level that do not count.")
    ] = 3,
    timeout: Annotated[float, typer.Option(help="Deadline of one request in seconds.")] = 120.0,
    api_key: Annotated[
        str, typer.Option(envvar="LLM_API_KEY", show_default=False, help="Credential for the server.")
    ] = "",
    tls_verify: Annotated[
        bool,
        typer.Option("--tls-verify/--no-tls-verify", help="Whether the certificate of the server is checked."),
    ] = True,
    adapter: Annotated[str, typer.Option(help="Dialect: openai or openai-completions.")] = "openai",
    goodput: Annotated[
        str | None, typer.Option(help="Objectives in milliseconds: ttft:500,tpot:50,e2e:3000.")
    ] = None,
    tokenizer: Annotated[Path | None, typer.Option(help="A tokenizer.json, for exact prompt lengths.")] = None,
    dataset: Annotated[
        Path | None, typer.Option(help="Prompts in JSON Lines: prompt or messages, output_len.")
    ] = None,
    seed: Annotated[int, typer.Option(min=-_SEEDS, max=_SEEDS - 1, help="Seed of prompts and arrivals.")] = 0,
    workers: Annotated[
        int | None, typer.Option(min=1, max=MAX_WORKERS, help="Worker processes of each agent.")
    ] = None,
    agents: Annotated[
        str | None,
        typer.Option(help="Agents that share the load: 3, or those with labels: region=eu,zone=a,count=3."),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Start although it is beyond what the agents were calibrated for.")
    ] = False,
    acknowledge_load: Annotated[
        bool, typer.Option("--acknowledge-load", help="Say that so much load is meant, where the controller asks.")
    ] = False,
    controller: Annotated[str | None, typer.Option(help="Controller HOST:PORT to use.")] = None,
    label: Annotated[list[str] | None, typer.Option(help="Label k=v of the run, repeatable.")] = None,
    project: Annotated[str, typer.Option(help="Project that the requests are filed under; else default.")] = "",
    provider: Annotated[str, typer.Option(help="Whose prices count: openai, anthropic, ...; else custom.")] = "",
    environment: Annotated[str, typer.Option(help="production, staging, ...; else development.")] = "",
    service: Annotated[str, typer.Option(help="Service that the requests are filed under.")] = "",
    user: Annotated[str, typer.Option(help="End user that the requests are filed under.")] = "",
    session_name: Annotated[
        str, typer.Option("--session", help="Session that the requests are filed under.")
    ] = "",
    tag: Annotated[list[str] | None, typer.Option(help="Tag of the requests, repeatable.")] = None,
    record_texts: Annotated[
        bool,
        typer.Option("--store-text", "--record-texts", help="Keep prompts and completions with the requests."),
    ] = False,
    trace_sample_rate: Annotated[
        float | None, typer.Option(help="Share of the requests to keep as traces; the result tells of all.")
    ] = None,
    sketch_only: Annotated[
        bool, typer.Option("--sketch-only", help="Keep no requests but failures; the result tells of all.")
    ] = False,
    validate: Annotated[
        bool, typer.Option("--validate", help="Compare the result with the server's own metrics.")
    ] = False,
    tolerance: Annotated[
        float | None,
        typer.Option(min=0, max=1, help="Largest difference that passes, with --validate. Default 0.05."),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="File for the result: .json, .csv, .xlsx or .html.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result document and nothing else.")] = False,
    database: Annotated[
        str | None, typer.Option("--db", help="Database URL or SQLite file of an own stack.")
    ] = None,
) -> int:
    """Put a server under load and say how it answered."""
    server_url = parse_server(url, server)
    if concurrency is not None and rate is not None:
        raise CommandError("--concurrency and --rate exclude each other; give one")
    if num_prompts is not None and duration is not None:
        raise CommandError("--num-prompts and --duration exclude each other; give one")
    if trace_sample_rate is not None and sketch_only:
        raise CommandError("--trace-sample-rate and --sketch-only exclude each other; give one")
    check_seconds("--duration", duration, _SHORTEST_SECONDS, MAX_LEVEL_SECONDS)
    check_seconds("--timeout", timeout, MIN_TIMEOUT_SECONDS, MAX_TIMEOUT_SECONDS)
    for flag, value in (("--arrival", arrival), ("--max-concurrency", max_concurrency)):
        if value is not None and rate is None:
            raise CommandError(f"{flag} {value} needs --rate")
    validation = _validation(validate=validate, tolerance=tolerance)
    fields: dict[str, Any] = {
        "server_url": server_url,
        "model": model,
        "adapter": adapter,
        "concurrency": parse_concurrency(concurrency) if concurrency is not None else (),
        "rate": parse_rate(rate) if rate is not None else (),
        "arrival": arrival.value if arrival is not None else "",
        "max_concurrency": max_concurrency,
        "num_prompts": num_prompts,
        "duration_seconds": duration,
        "input_len": input_len,
        "output_len": output_len,
        "stream": stream,
        "warmup": warmup,
        "timeout": timeout,
        "api_key": api_key,
        "tls_verify": tls_verify,
        "seed": seed,
        "labels": parse_labels(label or ()),
        "project_id": project,
        "provider": provider,
        "environment": environment,
        "service_name": service,
        "user_id": user,
        "session_id": session_name,
        "tags": tag or (),
        "record_texts": record_texts,
        "trace_sample_rate": trace_sample_rate,
        "sketch_only": sketch_only,
        "worker_count": workers,
    }
    agent_count, agent_labels = parse_agents(agents) if agents is not None else (None, {})
    fields |= {"agent_count": agent_count, "agent_labels": agent_labels, "force": force}
    fields["acknowledge_load"] = acknowledge_load
    thresholds = parse_goodput(goodput) if goodput is not None else None
    for flag, file in (("--tokenizer", tokenizer), ("--dataset", dataset)):
        if file is not None and not file.is_file():
            raise CommandError(f"{flag} {str(file)!r}: there is no such file")
    if dataset is not None:
        _check_dataset(dataset)
    form = parse_output(output)
    if output is not None:
        check_writable(output)
    with open_session(
        controller=controller, database=database, agents=agent_count or 1, workers=workers or 0, load_maker=True
    ) as session:
        # Imported only now, while our own processes are starting already.
        from loadcell.cli.measure import Order  # noqa: PLC0415
        from loadcell.v1.target_pb2 import GoodputThresholds  # noqa: PLC0415
        from loadcell.v1.validation_pb2 import ValidationConfig  # noqa: PLC0415

        if agent_labels and session.stack is not None:
            raise CommandError(
                f"--agents {agents!r}: labels choose among the agents of a controller, and those started for this"
                " command are all alike; name the controller with --controller"
            )
        if thresholds is not None:
            fields["goodput_thresholds"] = GoodputThresholds(**thresholds)
        fields["validation_config"] = ValidationConfig(**validation) if validation else None
        order = Order(fields, tokenizer, dataset)
        place = with_place(controller, database)
        return execute(session, order, output=output, form=form, as_json=as_json, place=place).exit_code


def _validation(*, validate: bool, tolerance: float | None) -> dict[str, Any]:
    """Return the fields of ValidationConfig, none without --validate."""
    if tolerance is not None and not validate:
        raise CommandError(f"--tolerance {tolerance:g} needs --validate")
    return {"enabled": True, "tolerance": tolerance} if validate else {}


def _check_dataset(path: Path) -> None:
    # The controller checks again; here nothing has been started yet and the file has the name the user gave it.
    from loadcell.dataset import DatasetError, read_rows  # noqa: PLC0415

    try:
        with path.open("rb") as file:
            for _ in read_rows(file, str(path)):
                pass
    except DatasetError as error:
        raise CommandError(f"--dataset: {error}") from None
    except OSError as error:
        raise CommandError(f"--dataset {str(path)!r}: cannot be read: {error.strerror}") from None


def execute(
    session: "Session",
    order: "Order",
    *,
    output: Path | None = None,
    form: DocumentForm | None = None,
    as_json: bool = False,
    place: Sequence[str] = (),
) -> "Outcome":
    """Make a run, show it, save it and return what became of it.

    Args:
        session: The controller.
        order: The run.
        output: File for the result.
        form: Format of the file.
        as_json: Whether standard output gets the result document and nothing else.
        place: Flags with which other commands find the run.

    Raises:
        CommandError: The run is refused, the controller is lost or the file cannot be written.
    """
    from loadcell.cli import layout, report, tables  # noqa: PLC0415
    from loadcell.cli.measure import measure  # noqa: PLC0415
    from loadcell.cli.progress import progress_for  # noqa: PLC0415
    from loadcell.cli.recommendation_lines import recommendation_lines  # noqa: PLC0415

    progress = progress_for(layout.console(stderr=True))
    try:
        outcome = asyncio.run(measure(session, order, progress, form=None if form == "json" else form))
    finally:
        progress.close()
    if outcome.result is not None and outcome.answer is not None:
        if output is not None:  # first, because nobody may read what is printed
            content = report.document(outcome.answer) if form == "json" else outcome.file
            _save(output, content, command_line("runs", "export", outcome.run.run_id, *place, "-o"))
        if as_json:
            report.print_document(report.document(outcome.answer))
        else:
            layout.console().print(tables.result_tables(outcome.result))
            if outcome.recommendation is not None:
                layout.console().print(recommendation_lines(outcome.recommendation))
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
