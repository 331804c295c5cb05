"""The exit code of a service that cannot start: whether it may help to start it again (docs/errors.md)."""

from __future__ import annotations

import errno
import socket
import sys
from typing import Final

TRY_AGAIN: Final = 1
WRONG_SETTINGS: Final = 2

_PASSING = frozenset({errno.EADDRINUSE, errno.ENOSPC, errno.EDQUOT, errno.EMFILE, errno.ENFILE, errno.ENOMEM})


class PassingError(Exception):
    """What keeps a service from starting may pass without anybody changing a setting."""


def passes(error: OSError) -> bool:
    """Return whether an error of the system may pass: an address is taken, a disk full, a name server away."""
    if isinstance(error, socket.gaierror):
        return error.errno == socket.EAI_AGAIN
    return error.errno in _PASSING


def exit_code(error: Exception) -> int:
    """Return the exit code of a service that an error keeps from starting."""
    return TRY_AGAIN if isinstance(error, PassingError) else WRONG_SETTINGS


def give_up(service: str, error: Exception) -> int:
    """Say in one line on standard error why a service cannot start; return its exit code."""
    print(f"{service}: {' '.join(str(error).split())}", file=sys.stderr)  # noqa: T201 - the line for the user
    return exit_code(error)
