"""What the health command of a process says, and its exit status."""

from __future__ import annotations

import sys
from collections.abc import Callable

from loadcell.settings import SettingsError


class NotReadyError(Exception):
    """The process is not ready, or does not answer; the text is one line for the user."""


def tell(service: str, ask: Callable[[], str]) -> int:
    """Say in one line whether a service is ready; return the exit status: 0 when it is, else 1.

    Args:
        service: Its name.
        ask: Returns where it is ready, or raises NotReadyError or SettingsError.
    """
    try:
        where = ask()
    except (NotReadyError, SettingsError) as error:
        print(f"{service}: not ready: {error}", file=sys.stderr)  # noqa: T201 - the line that was asked for
        return 1
    print(f"{service}: ready, {where}")  # noqa: T201 - the same
    return 0
