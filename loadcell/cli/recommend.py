"""`loadcell recommend`: find out how many servers a workload needs."""

from pathlib import Path
from typing import Annotated, Any

import typer

from loadcell.cli.failure import CommandError
from loadcell.cli.flags import (
    check_seconds,
    parse_agents,
    parse_concurrency,
    parse_labels,
    parse_output,
    parse_server,
)
from loadcell.cli.output_file import check_writable
from loadcell.cli.run import execute
from loadcell.cli.session import open_session
from loadcell.cli.started_as import with_place
from loadcell.protocol import (
    MAX_GPUS,
    MAX_PEAK,
    MAX_REQUESTS,
    MAX_REQUESTS_PER_SLOT,
    MAX_TIMEOUT_SECONDS,
    MAX_TOKENS,
    MAX_USERS,
    MAX_WARMUP,
    MAX_WORKERS,
    MIN_TIMEOUT_SECONDS,
)

DEFAULT_STEPS = "1,10,50,100,200"


def recommend(
    *,
    url: Annotated[
        str | None, typer.Argument(help="Base URL of one server, for example http://127.0.0.1:8000.")
    ] = None,
    server: Annotated[str | None, typer.Option("--server", "-s", help="The same as URL.")] = None,
    model: Annotated[str, typer.Option("--model", "-m", help="Model; by default the server's only one.")] = "",
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
    input_len: Annotated[int, typer.Option(min=1, max=MAX_TOKENS, help="Prompt length in tokens.")] = 256,
    output_len: Annotated[int, typer.Option(min=1, max=MAX_TOKENS, help="Completion length in tokens.")] = 512,
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
    stream: Annotated[bool, typer.Option("--stream/--no-stream", help="Whether responses are streamed.")] = True,
    warmup: Annotated[
        int, typer.Option(min=0, max=MAX_WARMUP, help="Requests before each step that do not count.")
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
    tokenizer: Annotated[Path | None, typer.Option(help="A tokenizer.json, for exact prompt lengths.")] = None,
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
    project: Annotated[str, typer.Option(help="Project that the run belongs to; else default.")] = "",
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="File for the recommendation: .json.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the recommendation and nothing else.")] = False,
    database: Annotated[
        str | None, typer.Option("--db", help="Database URL or SQLite file of an own stack.")
    ] = None,
) -> int:
    """Test one server at rising concurrency and say how many like it carry a peak."""
    server_url = parse_server(url, server)
    check_seconds("--timeout", timeout, MIN_TIMEOUT_SECONDS, MAX_TIMEOUT_SECONDS)
    agent_count, agent_labels = parse_agents(agents) if agents is not None else (None, {})
    fields: dict[str, Any] = {
        "server_url": server_url,
        "model": model,
        "adapter": adapter,
        "peak_concurrency": peak_concurrency,
        "daily_active_users": daily_users,
        "requests_per_user_per_day": requests_per_day,
        "avg_input_tokens": input_len,
        "avg_output_tokens": output_len,
        "ttft_target_ms": ttft,
        "tpot_target_ms": tpot,
        "goodput_target_percent": goodput_target,
        "headroom_percent": headroom,
        "concurrency_steps": parse_concurrency(steps, "--steps"),
        "num_requests_per_step": num_requests,
        "requests_per_slot": requests_per_slot,
        "stream": stream,
        "warmup": warmup,
        "timeout": timeout,
        "api_key": api_key,
        "tls_verify": tls_verify,
        "labels": parse_labels(label or ()),
        "agent_count": agent_count,
        "agent_labels": agent_labels,
        "worker_count": workers,
        "force": force,
        "acknowledge_load": acknowledge_load,
        "project_id": project,
    }
    infra: dict[str, Any] = {
        "gpu_model": gpu,
        "gpu_count": gpu_count,
        "gpu_memory_gb": gpu_memory,
        "tensor_parallelism": tensor_parallelism,
        "gpu_hourly_cost_usd": gpu_cost,
    }
    if tokenizer is not None and not tokenizer.is_file():
        raise CommandError(f"--tokenizer {str(tokenizer)!r}: there is no such file")
    form = parse_output(output)
    if output is not None:
        if form != "json":
            raise CommandError(f"--output {str(output)!r}: a recommendation is saved as .json")
        check_writable(output)
    with open_session(
        controller=controller, database=database, agents=agent_count or 1, workers=workers or 0, load_maker=True
    ) as session:
        # Imported only now, while our own processes are starting already.
        from loadcell.cli.measure import Order  # noqa: PLC0415
        from loadcell.v1.capacity_pb2 import KnownInfra  # noqa: PLC0415

        if agent_labels and session.stack is not None:
            raise CommandError(
                f"--agents {agents!r}: labels choose among the agents of a controller, and those started for this"
                " command are all alike; name the controller with --controller"
            )
        fields["current_infra"] = KnownInfra(**infra)
        order = Order(fields, tokenizer, recommends=True)
        place = with_place(controller, database)
        return execute(session, order, output=output, form=form, as_json=as_json, place=place).exit_code
