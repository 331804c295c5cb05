"""Which process a spool belongs to: a locked file that names it."""

from __future__ import annotations

import contextlib
import fcntl
import os
from pathlib import Path


class SpoolInUseError(Exception):
    """Another process has the spool; the text says which, and what to do."""


def claim(directory: Path) -> int:
    """Lock a directory for this process and return the descriptor that holds the lock until it is closed.

    The lock, not the process id in the file, tells whether the owner lives: the system drops it however it ends.

    Raises:
        SpoolInUseError: Another process has it.
        OSError: The file cannot be opened.
    """
    file = os.open(directory / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        owner = os.pread(file, 32, 0).decode(errors="replace").strip() or "unknown"
        os.close(file)
        raise SpoolInUseError(
            f"{directory} is in use by the agent with process id {owner}; "
            "give each agent its own LOADCELL_AGENT_ID or LOADCELL_DATA_DIR"
        ) from None
    except OSError:
        os.close(file)
        raise
    with contextlib.suppress(OSError):  # a full disk: the lock holds all the same
        os.ftruncate(file, 0)
        os.pwrite(file, b"%d\n" % os.getpid(), 0)
    return file
