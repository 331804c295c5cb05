"""Facts about this host, for the record of every run."""

from __future__ import annotations

import hashlib
import os
import platform
import re
import resource
import socket
from pathlib import Path

from agent.engine.stamps import ReceiveClock


def host_facts() -> dict[str, str]:
    """Return cpu_model, cpu_count, memory_bytes, kernel, python and open_files_limit."""
    return {
        "cpu_model": _cpu_model(),
        "cpu_count": str(usable_cpus()),
        "memory_bytes": str(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")),
        "kernel": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        # The hard limit, which workers raise theirs to.
        "open_files_limit": str(resource.getrlimit(resource.RLIMIT_NOFILE)[1]),
    }


def usable_cpus() -> int:
    """Return the number of cores this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def kernel_timestamps() -> bool:
    """Return whether the kernel stamps received bytes here."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        return ReceiveClock.enable(probe)


def default_agent_id(data_dir: Path) -> str:
    """Return an identifier that stays the same for this host and data directory, and differs from all others."""
    hostname = re.sub(r"[^a-zA-Z0-9._-]", "-", socket.gethostname())[:100] or "agent"
    machine = Path("/etc/machine-id")
    seed = machine.read_text(encoding="ascii") if machine.is_file() else ""
    return f"{hostname}-{hashlib.sha256(f'{seed}{data_dir}'.encode()).hexdigest()[:8]}"


def _cpu_model() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        found = re.search(r"^model name\s*:\s*(.+)$", cpuinfo.read_text(encoding="utf-8"), re.MULTILINE)
        if found:
            return found.group(1)
    return platform.processor() or platform.machine()
