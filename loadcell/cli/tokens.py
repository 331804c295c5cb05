"""`loadcell agents token`: who may be an agent."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from loadcell.cli.runs import ControllerFlag, JsonFlag, ask

if TYPE_CHECKING:
    from loadcell.client import Client

tokens_app = typer.Typer(help="Make, list and revoke the tokens agents connect with.")

_DAY_SECONDS = 86_400.0


@tokens_app.command("create")
def create_token(
    *,
    name: Annotated[str, typer.Argument(metavar="NAME", help="What the token is for, such as the host.")],
    expires_days: Annotated[
        float | None, typer.Option(min=0.001, max=36_500, help="Refuse it after so many days. Default: never.")
    ] = None,
    as_json: JsonFlag = False,
    controller: ControllerFlag = None,
) -> int:
    """Make a token for one agent and print it, this once."""

    async def question(client: "Client") -> None:
        from loadcell.cli import report  # noqa: PLC0415

        lifetime = None if expires_days is None else expires_days * _DAY_SECONDS
        made = await client.create_agent_token(name, expires_in_seconds=lifetime)
        if as_json:
            report.print_document(report.document(made))
            return
        print(made.token)
        print(
            f"token {made.details.token_id}: keep what was printed, it is not shown again; the agent reads it from"
            " LOADCELL_AGENT_TOKEN or from the file LOADCELL_AGENT_TOKEN_FILE names",
            file=sys.stderr,
        )

    return ask(controller, None, question)


@tokens_app.command("list")
def list_tokens(*, as_json: JsonFlag = False, controller: ControllerFlag = None) -> int:
    """List what is known of the tokens, never the tokens themselves."""

    async def question(client: "Client") -> None:
        from loadcell.cli import layout, report, token_table  # noqa: PLC0415
        from loadcell.documents import render  # noqa: PLC0415

        found = [token async for token in client.agent_tokens()]
        if as_json:
            report.print_document(report.document_of({"tokens": [render(token) for token in found]}))
        else:
            layout.console().print(token_table.token_table(found))

    return ask(controller, None, question)


@tokens_app.command("revoke")
def revoke_token(
    *,
    token_id: Annotated[str, typer.Argument(metavar="TOKEN_ID", help="Identifier of the token.")],
    controller: ControllerFlag = None,
) -> int:
    """Refuse a token from now on; its agent is disconnected within seconds."""

    async def question(client: "Client") -> None:
        token = await client.revoke_agent_token(token_id)
        print(f"token {token.token_id}: revoked")

    return ask(controller, None, question)
