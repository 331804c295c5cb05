"""`loadcell keys` and `loadcell token`: who may call the controller."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from loadcell.cli.credentials import ExpiresFlag, seconds_of, show_all, show_made
from loadcell.cli.runs import ControllerFlag, JsonFlag, ask

if TYPE_CHECKING:
    from loadcell.client import Client

keys_app = typer.Typer(help="Make, list, rotate and revoke API keys.")
token_app = typer.Typer(help="Get and revoke access tokens.")

_WHERE = (
    "callers send it as x-api-key, the command reads it from LOADCELL_API_KEY or from the file"
    " LOADCELL_API_KEY_FILE names"
)
RoleFlag = Annotated[str, typer.Option(help="admin, developer, viewer or billing.", show_default=False)]
ProjectsFlag = Annotated[
    list[str] | None,
    typer.Option("--project", help="A project it may see. May be given again."),
]
PermissionsFlag = Annotated[
    list[str] | None,
    typer.Option("--permission", help="Beside those of the role, as traces:read. May be given again."),
]
KeyArgument = Annotated[str, typer.Argument(metavar="KEY_ID", help="Identifier of the key.")]


@keys_app.command("create")
def create_key(
    *,
    name: Annotated[str, typer.Argument(metavar="NAME", help="What the key is for.")],
    role: RoleFlag = "viewer",
    project: ProjectsFlag = None,
    permission: PermissionsFlag = None,
    scope: Annotated[
        list[str] | None, typer.Option(help="read, write or admin: good for nothing else. May be given again.")
    ] = None,
    expires_days: ExpiresFlag = None,
    as_json: JsonFlag = False,
    controller: ControllerFlag = None,
) -> int:
    """Make an API key and print it, this once."""

    async def question(client: "Client") -> None:
        made = await client.create_api_key(
            name,
            role=role,
            permissions=permission or (),
            scopes=scope or (),
            projects=project or (),
            expires_in_seconds=seconds_of(expires_days),
        )
        show_made(made, made.key, f"key {made.details.key_id}", where=_WHERE, as_json=as_json)
        if made.details.role != "admin" and not made.details.projects:
            print("it sees no project, so no runs: make it with --project to let it see one", file=sys.stderr)

    return ask(controller, None, question)


@keys_app.command("list")
def list_keys(*, as_json: JsonFlag = False, controller: ControllerFlag = None) -> int:
    """List what is known of the keys, never the keys themselves."""

    async def question(client: "Client") -> None:
        show_all([key async for key in client.api_keys()], "keys", as_json=as_json)

    return ask(controller, None, question)


@keys_app.command("rotate")
def rotate_key(
    *,
    key_id: KeyArgument,
    overlap_hours: Annotated[
        float, typer.Option(min=0.0, max=720.0, help="For how long the earlier key goes on.")
    ] = 24.0,
    as_json: JsonFlag = False,
    controller: ControllerFlag = None,
) -> int:
    """Make a key in the place of another and print it, this once."""

    async def question(client: "Client") -> None:
        made = await client.rotate_api_key(key_id, overlap_seconds=round(overlap_hours * 3_600))
        show_made(made, made.key, f"key {made.details.key_id}", where=_WHERE, as_json=as_json)

    return ask(controller, None, question)


@keys_app.command("revoke")
def revoke_key(*, key_id: KeyArgument, controller: ControllerFlag = None) -> int:
    """Refuse a key from now on, with the tokens that were issued for it."""

    async def question(client: "Client") -> None:
        key = await client.revoke_api_key(key_id)
        print(f"key {key.key_id}: revoked")

    return ask(controller, None, question)


@token_app.command("issue")
def issue_token(
    *,
    subject: Annotated[str, typer.Option(help="Whom it is for. Default: the key it is issued for.")] = "",
    role: RoleFlag = "",
    project: ProjectsFlag = None,
    permission: PermissionsFlag = None,
    lifetime_minutes: Annotated[
        float | None, typer.Option(min=0.02, max=1_440.0, help="Default: as long as the controller allows.")
    ] = None,
    as_json: JsonFlag = False,
    controller: ControllerFlag = None,
) -> int:
    """Get an access token for what LOADCELL_API_KEY permits, or for less, and print it."""

    async def question(client: "Client") -> None:
        from loadcell.cli import json_output  # noqa: PLC0415

        tokens = await client.issue_token(
            subject=subject,
            role=role,
            permissions=permission or (),
            projects=project or (),
            lifetime_seconds=None if lifetime_minutes is None else round(lifetime_minutes * 60),
        )
        if as_json:
            json_output.print_document(json_output.document(tokens))
            return
        print(tokens.access_token)
        print(f"good for {tokens.expires_in} s; with --json there is a refresh token, too", file=sys.stderr)

    return ask(controller, None, question)


@token_app.command("revoke")
def revoke_token(
    *,
    token: Annotated[str, typer.Argument(metavar="TOKEN", help="The token, or - to read it from standard input.")],
    controller: ControllerFlag = None,
) -> int:
    """Refuse an access token or a refresh token from now on, with all of the same issue."""

    async def question(client: "Client") -> None:
        await client.revoke_token(sys.stdin.readline().strip() if token == "-" else token)  # noqa: S105
        print("revoked")

    return ask(controller, None, question)
