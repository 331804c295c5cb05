"""`loadcell completion`: the script with which a shell completes our command lines."""

from enum import StrEnum
from typing import Annotated

import typer

from loadcell.cli.failure import EXIT_OK


class Shell(StrEnum):
    """Shells that there is a script for."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"


def completion(shell: Annotated[Shell, typer.Argument(metavar="SHELL", help="bash, zsh or fish.")]) -> int:
    """Print the script for a shell, to be read by it at its start.

    Commands, flags and their choices are completed, and identifiers of runs and agents while a controller runs.
    `loadcell --install-completion` puts the script where the present shell finds it.
    """
    from typer._completion_shared import get_completion_script  # noqa: PLC0415

    print(get_completion_script(prog_name="loadcell", complete_var="_LOADCELL_COMPLETE", shell=shell.value))
    return EXIT_OK
