"""What commands about API keys and about tokens of agents have in common: both are made, shown once and end."""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from google.protobuf.message import Message

_DAY_SECONDS = 86_400.0
ExpiresFlag = Annotated[
    float | None,
    typer.Option("--expires-days", min=0.001, max=36_500, help="Refuse it after so many days. Default: never."),
]


def seconds_of(expires_days: float | None) -> float | None:
    """Return how long a credential lasts, None for ever."""
    return None if expires_days is None else expires_days * _DAY_SECONDS


def show_made(made: "Message", credential: str, name: str, *, where: str, as_json: bool) -> None:
    """Print a credential, this once, and to people what it is called and where it belongs."""
    from loadcell.cli import report  # noqa: PLC0415

    if as_json:
        report.print_document(report.document(made))
        return
    print(credential)
    print(f"{name}: keep what was printed, it is not shown again; {where}", file=sys.stderr)


def show_all(found: Sequence[Any], name: str, *, as_json: bool) -> None:
    """Print what is known of credentials: a document that has them under a name, or a table."""
    from loadcell.cli import credential_tables, layout, report  # noqa: PLC0415
    from loadcell.documents import render  # noqa: PLC0415

    if as_json:
        report.print_document(report.document_of({name: [render(one) for one in found]}))
    else:
        layout.console().print(credential_tables.TABLES[name](found))
