"""Flags of the commands that make load, `run` and `recommend`, each defined once."""

from pathlib import Path
from typing import Annotated, Any

import typer

from loadcell.adapters import ADAPTERS
from loadcell.cli import completing
from loadcell.cli.failure import CommandError
from loadcell.cli.flags import check_seconds, parse_agents, parse_labels, parse_server
from loadcell.protocol import MAX_TIMEOUT_SECONDS, MAX_TOKENS, MAX_WARMUP, MAX_WORKERS, MIN_TIMEOUT_SECONDS

UrlArgument = Annotated[
    str | None, typer.Argument(help="Base URL of the server, for example http://127.0.0.1:8000.")
]
ServerFlag = Annotated[str | None, typer.Option("--server", "-s", help="The same as URL.")]
ModelFlag = Annotated[str, typer.Option("--model", "-m", help="Model; by default the server's only one.")]
InputLenFlag = Annotated[int, typer.Option(min=1, max=MAX_TOKENS, help="Prompt length in tokens.")]
OutputLenFlag = Annotated[int, typer.Option(min=1, max=MAX_TOKENS, help="Completion length in tokens.")]
StreamFlag = Annotated[bool, typer.Option("--stream/--no-stream", help="Whether responses are streamed.")]
WarmupFlag = Annotated[
    int, typer.Option(min=0, max=MAX_WARMUP, help="Requests before each level that do not count.")
]
TimeoutFlag = Annotated[float, typer.Option(help="Deadline of one request in seconds.")]
ApiKeyFlag = Annotated[
    str, typer.Option(envvar="LLM_API_KEY", show_default=False, help="Credential for the server.")
]
TlsVerifyFlag = Annotated[
    bool, typer.Option("--tls-verify/--no-tls-verify", help="Whether the certificate of the server is checked.")
]
AdapterFlag = Annotated[
    str, typer.Option(autocompletion=completing.adapters, help=f"Dialect: {' or '.join(ADAPTERS)}.")
]
TokenizerFlag = Annotated[Path | None, typer.Option(help="A tokenizer.json, for exact prompt lengths.")]
WorkersFlag = Annotated[int | None, typer.Option(min=1, max=MAX_WORKERS, help="Worker processes of each agent.")]
AgentsFlag = Annotated[
    str | None,
    typer.Option(help="Agents that share the load: 3, or those with labels: region=eu,zone=a,count=3."),
]
ForceFlag = Annotated[
    bool, typer.Option("--force", help="Start although it is beyond what the agents were calibrated for.")
]
AcknowledgeFlag = Annotated[
    bool, typer.Option("--acknowledge-load", help="Say that so much load is meant, where the controller asks.")
]
LabelFlag = Annotated[list[str] | None, typer.Option(help="Label k=v of the run, repeatable.")]
ProjectFlag = Annotated[str, typer.Option(help="Project that the run is filed under; else default.")]
OwnControllerFlag = Annotated[str | None, typer.Option("--controller", help="Controller HOST:PORT to use.")]
OwnDatabaseFlag = Annotated[str | None, typer.Option("--db", help="Database URL or SQLite file of an own stack.")]

TIMEOUT_SECONDS = 120.0
ADAPTER = ADAPTERS[0]
WARMUP = 3


def load_fields(
    *,
    url: str | None,
    server: str | None,
    timeout: float,
    label: list[str] | None,
    agents: str | None,
    workers: int | None,
    tokenizer: Path | None,
    **same: Any,
) -> dict[str, Any]:
    """Return the arguments for the client that both commands have, checked; `same` are those that are as they are.

    Raises:
        CommandError: Names the flag and the value.
    """
    server_url = parse_server(url, server)
    check_seconds("--timeout", timeout, MIN_TIMEOUT_SECONDS, MAX_TIMEOUT_SECONDS)
    agent_count, agent_labels = parse_agents(agents) if agents is not None else (None, {})
    check_file("--tokenizer", tokenizer)
    return {
        **same,
        "server_url": server_url,
        "timeout": timeout,
        "labels": parse_labels(label or ()),
        "agent_count": agent_count,
        "agent_labels": agent_labels,
        "worker_count": workers,
    }


def check_file(flag: str, file: Path | None) -> None:
    """Refuse a file that is not there.

    Raises:
        CommandError: Names the flag and the file.
    """
    if file is not None and not file.is_file():
        raise CommandError(f"{flag} {str(file)!r}: there is no such file")
