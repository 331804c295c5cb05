"""`loadcell check-target`: whether a run could begin with a server. No load is made."""

import asyncio
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from loadcell.cli.failure import EXIT_OK, EXIT_RUN_FAILED, CommandError, from_error
from loadcell.cli.flags import parse_agents, parse_server
from loadcell.cli.load_flags import (
    ADAPTER,
    AdapterFlag,
    ApiKeyFlag,
    ModelFlag,
    OwnControllerFlag,
    OwnDatabaseFlag,
    ServerFlag,
    StreamFlag,
    TlsVerifyFlag,
    UrlArgument,
)
from loadcell.cli.runs import JsonFlag
from loadcell.cli.session import Session, end_of_child, open_session
from loadcell.cli.steering import harmless
from loadcell.clock import wall_micros
from loadcell.stack import ChildError, Stack

if TYPE_CHECKING:
    from loadcell.client import Client

_POLL_SECONDS = 0.05


def check_target(
    *,
    url: UrlArgument = None,
    server: ServerFlag = None,
    model: ModelFlag = "",
    stream: StreamFlag = True,
    api_key: ApiKeyFlag = "",
    tls_verify: TlsVerifyFlag = True,
    adapter: AdapterFlag = ADAPTER,
    agents: Annotated[
        str | None, typer.Option(help="Labels of the agent that looks: region=eu,zone=a. Default any.")
    ] = None,
    project: Annotated[str, typer.Option(help="Project whose rules count; else default.")] = "",
    as_json: JsonFlag = False,
    controller: OwnControllerFlag = None,
    database: OwnDatabaseFlag = None,
) -> int:
    """Say whether a run could begin with a server: one agent sends it one request. Exit code 1 when not."""
    fields = {
        "server_url": parse_server(url, server),
        "model": model,
        "adapter": adapter,
        "stream": stream,
        "api_key": api_key,
        "tls_verify": tls_verify,
        "agent_labels": _labels(agents),
        "project_id": project,
    }
    began = wall_micros()
    with open_session(controller=controller, database=database, agents=1, load_maker=True) as session:
        return asyncio.run(_check(session, fields, began, as_json=as_json))


def _labels(agents: str | None) -> dict[str, str]:
    count, labels = parse_agents(agents) if agents is not None else (None, {})
    if count is not None:
        raise CommandError(f"--agents {agents!r}: one agent looks; give labels only")
    return labels


async def _check(session: Session, fields: dict[str, Any], began: int, *, as_json: bool) -> int:
    from loadcell.cli import json_output  # noqa: PLC0415 (see Session.client)
    from loadcell.cli.sdk import LoadcellError  # noqa: PLC0415

    async with session.client() as client:
        try:
            if session.stack is not None:
                await _own_agent(session.stack, client, began)
            found = await client.check_target(**fields)
        except LoadcellError as error:
            raise from_error(error, address=session.address) from error
    if as_json:
        json_output.print_document(json_output.document(found))
    elif found.ok:
        print(f"{fields['server_url']} works: model {harmless(found.model)}, dialect {found.adapter}")
        print(f"seen by {found.agent_id}, receive stamps of the {found.timestamp_source}")
        for note in found.notes:
            print(f"note: {harmless(note)}")
    if found.ok:
        return EXIT_OK
    print(f"error: {found.agent_id}: {harmless(found.error).rstrip('.')}. {found.advice}", file=sys.stderr)
    return EXIT_RUN_FAILED


async def _own_agent(stack: Stack, client: "Client", began: int) -> None:
    """Wait until the agent that was started for this is there; a run would wait by itself.

    Agents of earlier commands are known as well: `began`, microseconds since 1970 UTC, tells them apart.
    """

    async def registered() -> None:
        while max([a.last_seen_at.ToMicroseconds() async for a in client.agents()], default=0) < began:  # noqa: ASYNC110
            await asyncio.sleep(_POLL_SECONDS)

    try:
        await stack.ready(registered(), "the start of the agent")
    except ChildError as error:
        raise end_of_child(error) from error
