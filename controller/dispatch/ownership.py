"""Who drives a run: a controller process, named so that others can tell whether it is still there."""

from __future__ import annotations

import os
import platform
from pathlib import Path

from controller.store.records import RunRecord

OWNER_SECONDS = 10.0  # after this long without a refresh anybody may take over


def owner_id() -> str:
    """Return the name of this process: host, process number and start time."""
    return f"{platform.node()}:{os.getpid()}:{_start_time(os.getpid())}"


def expiry(now_micros: int) -> int:
    """Return when an ownership refreshed now ends."""
    return now_micros + round(OWNER_SECONDS * 1e6)


def may_take_over(run: RunRecord, now_micros: int) -> bool:
    """Whether the owner of a run is gone: known to be dead on this host, or not heard of for too long."""
    return run.owner is None or (run.owner_expires_at or 0) < now_micros or known_dead(run.owner)


def known_dead(owner: str) -> bool:
    """Whether a controller process is seen to have ended; of one on another host nothing is seen."""
    host, number, started = owner.rsplit(":", 2)
    return host == platform.node() and not _alive(int(number), started)


def _alive(number: int, started: str) -> bool:
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # alive, and somebody else's
        return True
    # The number may have been given to another process since.
    return _start_time(number) == started


def _start_time(number: int) -> str:
    """Return when a process started, in ticks since boot (proc(5), field 22); "0" where there is no /proc."""
    try:
        status = Path(f"/proc/{number}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return "0"
    # The second field is the command in parentheses and may hold anything.
    return status.rpartition(")")[2].split()[19]
