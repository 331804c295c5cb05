"""What an engine sees of itself, for the client verdict (measurement.md, section 6)."""

from __future__ import annotations

import resource
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from loadcell.stats.sketch import Histogram


@dataclass(frozen=True, slots=True)
class EngineHealth:
    """Figures since `Engine.begin`, before it since the engine was made.

    `coalesced_reads` returned more than one payload event each. `read_delay` distributes how much later than the
    kernel each read saw its bytes, in microseconds. `retransmits` are TCP segments sent again. `stale_retries`
    are requests sent a second time because an idle connection turned out to be dead. `timestamp_source` is
    "kernel" or "user".
    """

    reads: int
    coalesced_reads: int
    read_delay: Histogram
    retransmits: int
    open_files: int
    open_files_limit: int
    clock_steps: int
    timestamp_source: str
    connections: int
    stale_retries: int


def open_files() -> int:
    """Return the number of open file descriptors of this process, 0 where it cannot be told."""
    folder = Path("/proc/self/fd" if sys.platform == "linux" else "/dev/fd")
    try:
        return sum(1 for _ in folder.iterdir())
    except OSError:
        return 0


def open_files_limit() -> int:
    """Return how many file descriptors this process may have."""
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]
