"""`loadcell recommend`: find out how many servers a workload needs."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from loadcell.cli.carry_out import Showing, carry_out
from loadcell.cli.failure import CommandError
from loadcell.cli.flags import parse_concurrency, parse_output
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
    load_fields,
)
from loadcell.cli.output_file import check_writable
from loadcell.cli.runs import QuietFlag
from loadcell.protocol import MAX_GPUS, MAX_PEAK, MAX_REQUESTS, MAX_REQUESTS_PER_SLOT, MAX_USERS

if TYPE_CHECKING:
    from loadcell.cli.measure import Order

DEFAULT_STEPS = "1,10,50,100,200"


def recommend(
    *,
    url: UrlArgument = None,
    server: ServerFlag = None,
    model: ModelFlag = "",
    peak_concurrency: Annotated[
        int,
        typer.Option("--peak-concurrency", "-p", min=1, max=MAX_PEAK, help="Most requests in flight at a time."),
    ],
    ttft: Annotated[
        float, typer.Option("--ttft", "--ttft-target", help="Longest good time to first token, milliseconds.")
    ] = 500.0,
    tpot: Annotated[
        float | None,
        typer.Option(
            "--tpot", "--tpot-target", help="Longest good time per output token, milliseconds. Default 50."
        ),
    ] = None,
    goodput_target: Annotated[
        float, typer.Option(help="Share of all requests that must meet both, in percent.")
    ] = 95.0,
    headroom: Annotated[float, typer.Option(help="Capacity to have beyond the peak, in percent of it.")] = 20.0,
    steps: Annotated[
        str, typer.Option("--steps", "--concurrency-steps", help="Requests kept in flight, one step each.")
    ] = DEFAULT_STEPS,
    num_requests: Annotated[
        int, typer.Option("--num-requests", "-n", min=1, max=MAX_REQUESTS, help="Least requests of a step.")
    ] = 50,
    requests_per_slot: Annotated[
        int,
        typer.Option(
            min=1, max=MAX_REQUESTS_PER_SLOT, help="Least requests of a step for each that is kept in flight."
        ),
    ] = 4,
    input_len: InputLenFlag = 256,
    output_len: OutputLenFlag = 512,
    daily_users: Annotated[
        int | None, typer.Option(min=1, max=MAX_USERS, help="Users on a day; tests the peak.")
    ] = None,
    requests_per_day: Annotated[float, typer.Option(help="Requests of a user on a day.")] = 10.0,
    gpu: Annotated[str | None, typer.Option(help="Model of the server's GPUs.")] = None,
    gpu_count: Annotated[int | None, typer.Option(min=1, max=MAX_GPUS, help="How many the server has.")] = None,
    gpu_memory: Annotated[float | None, typer.Option(help="Memory of each in GiB.")] = None,
    tensor_parallelism: Annotated[
        int | None, typer.Option(min=1, max=MAX_GPUS, help="GPUs that hold one copy.")
    ] = None,
    gpu_cost: Annotated[float | None, typer.Option(help="Price of a GPU for an hour in USD.")] = None,
    stream: StreamFlag = True,
    warmup: WarmupFlag = WARMUP,
    timeout: TimeoutFlag = TIMEOUT_SECONDS,
    api_key: ApiKeyFlag = "",
    tls_verify: TlsVerifyFlag = True,
    adapter: AdapterFlag = ADAPTER,
    tokenizer: TokenizerFlag = None,
    workers: WorkersFlag = None,
    agents: AgentsFlag = None,
    force: ForceFlag = False,
    acknowledge_load: AcknowledgeFlag = False,
    controller: OwnControllerFlag = None,
    label: LabelFlag = None,
    project: ProjectFlag = "",
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="File for the recommendation: .json.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the recommendation and nothing else.")] = False,
    quiet: QuietFlag = False,
    database: OwnDatabaseFlag = None,
) -> int:
    """Test one server at rising concurrency and say how many like it carry a peak."""
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
        peak_concurrency=peak_concurrency,
        daily_active_users=daily_users,
        requests_per_user_per_day=requests_per_day,
        avg_input_tokens=input_len,
        avg_output_tokens=output_len,
        ttft_target_ms=ttft,
        tpot_target_ms=tpot,
        goodput_target_percent=goodput_target,
        headroom_percent=headroom,
        concurrency_steps=parse_concurrency(steps, "--steps"),
        num_requests_per_step=num_requests,
        requests_per_slot=requests_per_slot,
        stream=stream,
        warmup=warmup,
        api_key=api_key,
        tls_verify=tls_verify,
        force=force,
        acknowledge_load=acknowledge_load,
        project_id=project,
    )
    showing = Showing(output, parse_output(output), as_json, quiet)
    if output is not None:
        if showing.form != "json":
            raise CommandError(f"--output {str(output)!r}: a recommendation is saved as .json")
        check_writable(output)

    def order(checked: dict[str, Any]) -> "Order":
        from loadcell.cli.measure import Order  # noqa: PLC0415
        from loadcell.v1.capacity_pb2 import KnownInfra  # noqa: PLC0415

        checked["current_infra"] = KnownInfra(
            gpu_model=gpu,
            gpu_count=gpu_count,
            gpu_memory_gb=gpu_memory,
            tensor_parallelism=tensor_parallelism,
            gpu_hourly_cost_usd=gpu_cost,
        )
        return Order(checked, tokenizer, recommends=True)

    return carry_out(fields, order, showing, controller=controller, database=database)
