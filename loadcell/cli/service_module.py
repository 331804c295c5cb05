"""Modules of the services, which the command runs in processes of their own: it imports no service."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from loadcell.cli.failure import CommandError
from loadcell.stack.child import search_path

_MISSING = "ModuleNotFoundError"


class NotInstalledError(CommandError):
    """What the service needs is not installed here."""


def run_module(
    module: str, arguments: Sequence[str] = (), settings: Mapping[str, str] = MappingProxyType({})
) -> tuple[int, str]:
    """Run a module of a service; return its exit status and what it wrote to standard output.

    Args:
        module: As controller.upkeep.
        arguments: What to give it.
        settings: Environment beside our own.

    Raises:
        CommandError: It says in one line why it cannot, with its exit status.
    """
    done = subprocess.run(  # noqa: S603 - our own module
        [sys.executable, "-m", module, *arguments],
        env={**os.environ, **search_path(), **settings},
        capture_output=True,
        text=True,
        check=False,
    )
    lines = done.stderr.strip().splitlines()
    if done.returncode and lines and lines[-1].startswith(_MISSING):
        service = module.partition(".")[0]
        raise NotInstalledError(f"the {service} is not installed here: pip install 'loadcell[{service}]'")
    # What answers may end with a status of its own: a database that is not well, settings that are wrong.
    if done.returncode and lines and not done.stdout:
        raise CommandError(lines[-1].removeprefix("error: "), done.returncode)
    sys.stderr.write(done.stderr)  # warnings on the way to an answer
    return done.returncode, done.stdout
