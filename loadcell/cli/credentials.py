"""What commands about API keys and about tokens of agents have in common: both are made, shown once and end."""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from loadcell.v1 import auth_pb2, fleet_pb2

    Made = auth_pb2.CreateApiKeyResponse | auth_pb2.RotateApiKeyResponse | fleet_pb2.CreateAgentTokenResponse

_DAY_SECONDS = 86_400.0
ExpiresFlag = Annotated[
    float | None,
    typer.Option(
        "--expires-days",
        min=0.001,
        max=36_500,
        help="Refuse it after so many days. Default: with the credential it is made with.",
    ),
]


def seconds_of(expires_days: float | None) -> float | None:
    """Return how long a credential lasts, None for ever."""
    return None if expires_days is None else expires_days * _DAY_SECONDS


def show_made(made: "Made", credential: str, name: str, *, where: str, as_json: bool) -> None:
    """Print a credential, this once, and to people what it is called, when it ends and where it belongs."""
    from loadcell.cli import json_output, layout  # noqa: PLC0415

    if as_json:
        json_output.print_document(json_output.document(made))
        return
    print(credential)
    details = made.details
    ends = f"ends {layout.local_time(details.expires_at)}" if details.HasField("expires_at") else "no end"
    print(f"{name}, {ends}: keep what was printed, it is not shown again; {where}", file=sys.stderr)


def show_all(found: Sequence[Any], name: str, *, as_json: bool) -> None:
    """Print what is known of credentials: a document that has them under a name, or a table."""
    from loadcell.cli import credential_tables, json_output, layout  # noqa: PLC0415
    from loadcell.documents import render  # noqa: PLC0415

    if as_json:
        json_output.print_document(json_output.document_of({name: [render(one) for one in found]}))
    else:
        layout.console().print(credential_tables.TABLES[name](found))
