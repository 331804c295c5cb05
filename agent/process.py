"""The main process of an agent."""

from __future__ import annotations

import os
from collections.abc import Sequence

import loadcell.quick_start
import loadcell.quiet_grpc  # before anything imports gRPC
from agent.checks import CHECKS
from agent.host import default_agent_id, usable_cpus
from agent.pool import spawn
from agent.settings import AgentSettings
from agent.spool.claim import SpoolInUseError
from agent.spool.spool import Spool
from loadcell import logs
from loadcell.arguments import refuse_arguments
from loadcell.config.places import check_free
from loadcell.data_dir import data_dir
from loadcell.exit_codes import give_up
from loadcell.settings import SettingsError, kind_of, load


def serve_forever(arguments: Sequence[str]) -> int:
    """Run an agent until it is told to end; return the exit status."""
    refuse_arguments("agent", arguments)
    try:
        settings = load(AgentSettings, os.environ)
        CHECKS.refuse(settings)
        if settings.metrics is not None:
            check_free("LOADCELL_AGENT_METRICS", settings.metrics)
        spool = _open_spool(settings)
    except (SettingsError, SpoolInUseError) as error:
        return give_up("agent", error)
    # The workers come up while this process imports its half, gRPC above all.
    spawned = [spawn() for _ in range(settings.workers or usable_cpus())]
    import uvloop  # noqa: PLC0415

    from agent.main import serve  # noqa: PLC0415

    loadcell.quick_start.all_imported()
    logs.configure("agent", settings.log_level)
    return uvloop.run(serve(settings, spawned, spool))


def _open_spool(settings: AgentSettings) -> Spool | None:
    """Return the agent's own spool.

    Raises:
        SettingsError: There is no data directory, or the spool cannot be in it.
        SpoolInUseError: Another process has it.
    """
    directory = data_dir(settings.data_dir)  # a user without one is told before anything starts
    if not settings.spool_mb:
        return None
    path = directory / f"spool-{settings.agent_id or default_agent_id(directory)}"
    try:
        return Spool(path, settings.spool_mb * 1024 * 1024)
    except OSError as error:
        raise kind_of(error)(
            f"no spool in {path}: {error.strerror}; set LOADCELL_DATA_DIR to a directory that can be written, "
            "or LOADCELL_SPOOL_MB=0 to keep samples in memory only"
        ) from error
