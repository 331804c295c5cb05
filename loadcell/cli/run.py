"""`loadcell run`: put a server under load and say how it answered."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from loadcell.cli.carry_out import Showing, carry_out
from loadcell.cli.failure import CommandError
from loadcell.cli.flags import check_seconds, parse_concurrency, parse_goodput, parse_output, parse_rate
from loadcell.cli.load_flags import (
    ADAPTER,
    TIMEOUT_SECONDS,
    WARMUP,
    AcknowledgeFlag,
    AdapterFlag,
    AgentsFlag,
    ApiKeyFlag,
    ForceFlag,
    InputLenFlag,
    LabelFlag,
    ModelFlag,
    OutputLenFlag,
    OwnControllerFlag,
    OwnDatabaseFlag,
    ProjectFlag,
    ServerFlag,
    StreamFlag,
    TimeoutFlag,
    TlsVerifyFlag,
    TokenizerFlag,
    UrlArgument,
    WarmupFlag,
    WorkersFlag,
    check_file,
    load_fields,
)
from loadcell.cli.output_file import check_writable
from loadcell.cli.runs import QuietFlag
from loadcell.protocol import MAX_CONCURRENCY, MAX_LEVEL_SECONDS, MAX_REQUESTS

if TYPE_CHECKING:
    from loadcell.cli.measure import Order

_SHORTEST_SECONDS = 1e-6
_SEEDS = 2**63  # as many on either side of 0


class ArrivalName(StrEnum):
    """Arrival processes of open loops."""

    CONSTANT = "constant"
    POISSON = "poisson"


def run(
    *,
    url: UrlArgument = None,
    server: ServerFlag = None,
    model: ModelFlag = "",
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
    input_len: InputLenFlag = 256,
    output_len: OutputLenFlag = 128,
    stream: StreamFlag = True,
    warmup: WarmupFlag = WARMUP,
    timeout: TimeoutFlag = TIMEOUT_SECONDS,
    api_key: ApiKeyFlag = "",
    tls_verify: TlsVerifyFlag = True,
    adapter: AdapterFlag = ADAPTER,
    goodput: Annotated[
        str | None, typer.Option(help="Objectives in milliseconds: ttft:500,tpot:50,e2e:3000.")
    ] = None,
    tokenizer: TokenizerFlag = None,
    dataset: Annotated[
        Path | None, typer.Option(help="Prompts in JSON Lines: prompt or messages, output_len.")
    ] = None,
    seed: Annotated[int, typer.Option(min=-_SEEDS, max=_SEEDS - 1, help="Seed of prompts and arrivals.")] = 0,
    workers: WorkersFlag = None,
    agents: AgentsFlag = None,
    force: ForceFlag = False,
    acknowledge_load: AcknowledgeFlag = False,
    controller: OwnControllerFlag = None,
    label: LabelFlag = None,
    project: ProjectFlag = "",
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
    quiet: QuietFlag = False,
    analysis: Annotated[
        bool, typer.Option("--analysis/--no-analysis", help="Whether to end with what the result means, by rules.")
    ] = True,
    database: OwnDatabaseFlag = None,
) -> int:
    """Put a server under load and say how it answered."""
    if concurrency is not None and rate is not None:
        raise CommandError("--concurrency and --rate exclude each other; give one")
    if num_prompts is not None and duration is not None:
        raise CommandError("--num-prompts and --duration exclude each other; give one")
    if trace_sample_rate is not None and sketch_only:
        raise CommandError("--trace-sample-rate and --sketch-only exclude each other; give one")
    check_seconds("--duration", duration, _SHORTEST_SECONDS, MAX_LEVEL_SECONDS)
    for flag, value in (("--arrival", arrival), ("--max-concurrency", max_concurrency)):
        if value is not None and rate is None:
            raise CommandError(f"{flag} {value} needs --rate")
    validation = _validation(validate=validate, tolerance=tolerance)
    thresholds = parse_goodput(goodput) if goodput is not None else None
    fields = load_fields(
        url=url,
        server=server,
        timeout=timeout,
        label=label,
        agents=agents,
        workers=workers,
        tokenizer=tokenizer,
        model=model,
        adapter=adapter,
        concurrency=parse_concurrency(concurrency) if concurrency is not None else (),
        rate=parse_rate(rate) if rate is not None else (),
        arrival=arrival.value if arrival is not None else "",
        max_concurrency=max_concurrency,
        num_prompts=num_prompts,
        duration_seconds=duration,
        input_len=input_len,
        output_len=output_len,
        stream=stream,
        warmup=warmup,
        api_key=api_key,
        tls_verify=tls_verify,
        seed=seed,
        force=force,
        acknowledge_load=acknowledge_load,
        project_id=project,
        provider=provider,
        environment=environment,
        service_name=service,
        user_id=user,
        session_id=session_name,
        tags=tag or (),
        record_texts=record_texts,
        trace_sample_rate=trace_sample_rate,
        sketch_only=sketch_only,
    )
    check_file("--dataset", dataset)
    if dataset is not None:
        _check_dataset(dataset)
    showing = Showing(output, parse_output(output), as_json, quiet)
    if output is not None:
        check_writable(output)

    def order(checked: dict[str, Any]) -> "Order":
        from loadcell.cli.measure import Order  # noqa: PLC0415
        from loadcell.v1.target_pb2 import GoodputThresholds  # noqa: PLC0415
        from loadcell.v1.validation_pb2 import ValidationConfig  # noqa: PLC0415

        if thresholds is not None:
            checked["goodput_thresholds"] = GoodputThresholds(**thresholds)
        checked["validation_config"] = ValidationConfig(**validation) if validation else None
        return Order(checked, tokenizer, dataset, analyzed=analysis and not as_json)

    return carry_out(fields, order, showing, controller=controller, database=database)


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
