"""When this agent heard from its controller last, in a file of its data directory for `python -m agent health`."""

from __future__ import annotations

import contextlib
import os
import time
from dataclasses import dataclass
from pathlib import Path

from loadcell.data_dir import make_private

_RECORD_BYTES = 64
# An answer may be late by so many intervals of the heartbeat before the controller counts as away.
_MISSED_INTERVALS = 5


@dataclass(frozen=True, slots=True)
class Heard:
    """What the file says.

    Attributes:
        pid: The process of the agent.
        interval_seconds: How often it sends heartbeats.
        at_ns: When the controller answered last, on the monotonic clock of the machine.
    """

    pid: int
    interval_seconds: float
    at_ns: int

    def is_fresh(self, now_ns: int) -> bool:
        """Whether the controller is there, by the clock that `at_ns` is of."""
        # A time that is still to come is of before the machine was started anew.
        return 0 <= now_ns - self.at_ns <= _MISSED_INTERVALS * self.interval_seconds * 1e9


def contact_file(directory: Path, agent_id: str) -> Path:
    """Return the file of an agent in its data directory."""
    return directory / f"contact-{agent_id}"


def read(file: Path) -> Heard | None:
    """Return what an agent has written, None when there is nothing."""
    try:
        pid, interval, at = file.read_text(encoding="ascii").split()
        return Heard(int(pid), float(interval), int(at))
    except (OSError, ValueError):
        return None


class Contact:
    """Notes when the controller answers. Where nothing can be written it is not noted, and load goes on.

    Args:
        file: Where to.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._interval_seconds = 0.0
        self._descriptor: int | None = None

    def open(self) -> None:
        """Make the file."""
        with contextlib.suppress(OSError):
            make_private(self._file.parent)
            self._descriptor = os.open(self._file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)

    def close(self) -> None:
        """Remove it: an agent that has ended is not ready."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
            with contextlib.suppress(OSError):
                self._file.unlink()

    def begin(self, interval_seconds: float) -> None:
        """Note that the controller has taken this agent, and how often it is to be heard from."""
        self._interval_seconds = interval_seconds
        self.note()

    def note(self) -> None:
        """Note that the controller has answered now. One call of the system, of microseconds."""
        if self._descriptor is not None:
            record = f"{os.getpid()} {self._interval_seconds:.3f} {time.monotonic_ns()}"
            with contextlib.suppress(OSError):  # a full disk is no reason to end
                os.pwrite(self._descriptor, record.ljust(_RECORD_BYTES).encode(), 0)
