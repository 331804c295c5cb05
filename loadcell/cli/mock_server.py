"""`loadcell mock-server`: an OpenAI-compatible server without a model."""

from typing import Annotated

import typer


def mock_server(
    arguments: Annotated[list[str] | None, typer.Argument(metavar="[FLAGS]...", help="See --help.")] = None,
) -> int:
    """Run an OpenAI-compatible server without a model, for trials and tests."""
    from loadcell.mockserver.__main__ import main  # noqa: PLC0415

    return main(arguments or [], prog="loadcell mock-server")
