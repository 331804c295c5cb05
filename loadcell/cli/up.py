"""`loadcell up`: the whole system on this machine, in the foreground."""

import asyncio
import secrets
from typing import TYPE_CHECKING, Annotated

import typer

from loadcell.cli.failure import EXIT_OK, EXIT_RUN_FAILED, CommandError
from loadcell.cli.session import MAX_AGENTS_HERE, Session, end_of_child, read_settings, running
from loadcell.cli.settings import CliSettings, database_name, database_url
from loadcell.data_dir import data_dir
from loadcell.settings import Address, Secret, address
from loadcell.stack import ChildError, Owner, Stack, StackPlan, TakenError, check_free, find_or_claim

if TYPE_CHECKING:
    from loadcell.client import Client

_SUPERVISION_SECONDS = 0.25
_POLL_SECONDS = 0.05


def up(
    *,
    http: Annotated[str | None, typer.Option(help="HTTP API HOST:PORT. Default 127.0.0.1:8085.")] = None,
    grpc: Annotated[str | None, typer.Option(help="gRPC HOST:PORT. Default 127.0.0.1:50051.")] = None,
    exporter: Annotated[str | None, typer.Option(help="Prometheus HOST:PORT. Default 127.0.0.1:9090.")] = None,
    database: Annotated[str | None, typer.Option("--db", help="Database URL or SQLite file.")] = None,
    agents: Annotated[
        int | None, typer.Option(min=0, max=MAX_AGENTS_HERE, help="Agents to start. Default 1.")
    ] = None,
) -> int:
    """Run the whole system on this machine until Ctrl-C."""
    settings = read_settings()
    directory = data_dir(settings.data_dir)
    places = {
        "--grpc": _address("--grpc", grpc, settings.grpc),
        "--http": _address("--http", http, settings.http),
        "--exporter": _address("--exporter", exporter, settings.exporter),
    }
    plan = StackPlan(
        directory=directory,
        database=database_url(database if database is not None else settings.database.reveal(), directory),
        grpc=str(places["--grpc"]),
        http=str(places["--http"]),
        exporter=str(places["--exporter"]),
        agents=agents if agents is not None else settings.agents,
        stop_seconds=settings.stop_seconds,
        # Keys that were made with `loadcell keys create` ask what is started here for one as well.
        companion=Secret("") if settings.api_key else Secret(secrets.token_urlsafe(32)),
    )
    _check_tokens(settings, plan.agents)
    try:
        claim = find_or_claim(directory, database_name(plan.database), any_database=False)
    except (TimeoutError, OSError) as error:
        raise CommandError(f"cannot use the data directory {directory}: {error}", EXIT_RUN_FAILED) from None
    if isinstance(claim, Owner):
        raise CommandError(
            f"the database {claim.database} is in use by process {claim.pid}, which listens on {claim.grpc}",
            EXIT_RUN_FAILED,
        )
    try:
        # Agents that found another controller there would take the names of its own.
        check_free(places)
        with running(plan, claim, shared=True) as stack:
            key = settings.api_key or plan.companion
            scheme = "https" if settings.http_tls_cert else "http"
            return asyncio.run(_stay_up(stack, Session(stack.grpc, key, stack), scheme))
    except TakenError as error:
        raise CommandError(str(error), EXIT_RUN_FAILED) from None
    finally:
        claim.release()


def _check_tokens(settings: CliSettings, agents: int) -> None:
    """Refuse to start agents that the controller would not admit: `up` makes no tokens, which outlive it."""
    if settings.require_agent_token and agents > bool(settings.agent_token):
        raise CommandError(
            "LOADCELL_REQUIRE_AGENT_TOKEN is set, and the agents that `up` starts have no tokens of their own: add"
            " --agents 0, make a token for each agent with `loadcell agents token create` and start it with"
            " LOADCELL_AGENT_TOKEN, or unset LOADCELL_REQUIRE_AGENT_TOKEN"
        )


async def _stay_up(stack: Stack, session: Session, scheme: str) -> int:
    from loadcell.lifetime import wait_for_stop  # noqa: PLC0415

    stopped = asyncio.create_task(wait_for_stop(exit_with_parent=False))
    started = asyncio.create_task(_started(stack, session))
    try:
        await asyncio.wait([stopped, started], return_when=asyncio.FIRST_COMPLETED)
        if not started.done():
            return EXIT_OK
        started.result()
        plan = stack.plan
        print(
            f"loadcell is up: {scheme}://{plan.http} (dashboard; HTTP API at /docs), gRPC {stack.grpc}, metrics"
            f" {scheme}://{plan.exporter}/metrics, database {database_name(plan.database)}",
            flush=True,
        )
        while not stopped.done():
            for child in stack.children:
                child.check()
            await asyncio.wait([stopped], timeout=_SUPERVISION_SECONDS)
    except ChildError as error:
        raise end_of_child(error) from error
    finally:
        started.cancel()
        stopped.cancel()
    return EXIT_OK


async def _started(stack: Stack, session: Session) -> None:
    async with session.client() as client:
        await stack.ready(_complete(stack.plan, client), "the start of the whole system")


async def _complete(plan: StackPlan, client: "Client") -> None:
    """Wait until every agent has registered and the gateway listens."""
    while len([agent async for agent in client.agents(page_size=1000)]) < plan.agents:  # noqa: ASYNC110
        await asyncio.sleep(_POLL_SECONDS)
    for place in filter(None, (plan.http, plan.exporter)):
        await _listens(address(place))


async def _listens(place: Address) -> None:
    while True:
        try:
            _, writer = await asyncio.open_connection(place.host, place.port)
        except OSError:
            await asyncio.sleep(_POLL_SECONDS)
        else:
            writer.close()
            await writer.wait_closed()
            return


def _address(flag: str, text: str | None, default: Address) -> Address:
    if text is None:
        return default
    try:
        found = address(text)
    except ValueError as error:
        raise CommandError(f"{flag} {text!r}: {error}") from None
    if not found.unix_path and not found.port:
        raise CommandError(f"{flag} {text!r}: the port must be from 1 to 65535; others must know it")
    return found
