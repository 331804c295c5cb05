"""`loadcell agents token`: who may be an agent."""

from typing import TYPE_CHECKING, Annotated

import typer

from loadcell.cli.credentials import ExpiresFlag, seconds_of, show_all, show_made
from loadcell.cli.runs import ControllerFlag, JsonFlag, ask

if TYPE_CHECKING:
    from loadcell.client import Client

tokens_app = typer.Typer(help="Make, list and revoke the tokens agents connect with.")

_WHERE = "the agent reads it from LOADCELL_AGENT_TOKEN or from the file LOADCELL_AGENT_TOKEN_FILE names"


@tokens_app.command("create")
def create_token(
    *,
    name: Annotated[str, typer.Argument(metavar="NAME", help="What the token is for, such as the host.")],
    expires_days: ExpiresFlag = None,
    as_json: JsonFlag = False,
    controller: ControllerFlag = None,
) -> int:
    """Make a token for one agent and print it, this once."""

    async def question(client: "Client") -> None:
        made = await client.create_agent_token(name, expires_in_seconds=seconds_of(expires_days))
        show_made(made, made.token, f"token {made.details.token_id}", where=_WHERE, as_json=as_json)

    return ask(controller, None, question)


@tokens_app.command("list")
def list_tokens(*, as_json: JsonFlag = False, controller: ControllerFlag = None) -> int:
    """List what is known of the tokens, never the tokens themselves."""

    async def question(client: "Client") -> None:
        show_all([token async for token in client.agent_tokens()], "tokens", as_json=as_json)

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
