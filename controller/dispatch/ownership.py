"""Who drives a run: a controller process, named so that others can tell whether it is still there."""

from __future__ import annotations

import hashlib
import os
import platform
import time
import uuid
from pathlib import Path

OWNER_SECONDS = 10.0  # after this long without a refresh anybody may take over
_PARTS = 5  # of a name
# Goes on while the host is suspended, as the database's does; elsewhere than on Linux the other one does.
_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def owner_id() -> str:
    """Return a name that nobody else has: host, process table, process number, start time, and something random.

    Containers may share the name of their host, and each has a process number 1.
    """
    number = os.getpid()
    return f"{platform.node()}:{_process_table()}:{number}:{_start_time(number)}:{uuid.uuid4().hex[:12]}"


def ownership_clock() -> float:
    """Return the time by which this process knows for how long runs are surely its own, seconds."""
    return time.clock_gettime(_CLOCK)


def may_take_over(owner: str | None, expires_at: int | None, now_micros: int) -> bool:
    """Whether the owner of a run is gone: known to be dead on this host, or not heard of for too long."""
    return owner is None or (expires_at or 0) < now_micros or known_dead(owner)


def known_dead(owner: str) -> bool:
    """Whether a controller process is seen to have ended; nothing is seen of other hosts and containers."""
    parts = owner.rsplit(":", _PARTS - 1)
    if len(parts) != _PARTS:
        return False  # a name of another version
    host, table, number, started, _ = parts
    here = host == platform.node() and table == _process_table() != ""
    return here and number.isdecimal() and not _alive(int(number), started)


def _process_table() -> str:
    """Return what tells the processes that can be seen here from those of other machines and containers.

    That is the boot of the machine and the PID namespace (namespaces(7)); empty where there is no /proc.
    """
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii")
        namespace = Path("/proc/self/ns/pid").readlink()
    except OSError:
        return ""
    return hashlib.sha256(f"{boot}{namespace}".encode()).hexdigest()[:12]


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
