"""The controller process."""

from __future__ import annotations

import os
from collections.abc import Sequence

import loadcell.quick_start  # isort: split

import structlog
import uvloop

import loadcell.quiet_grpc  # before anything imports gRPC
from controller.cycles import look_for_cycles_seldom
from controller.freed_memory import keep_freed_memory
from controller.server import serve
from controller.settings import ControllerSettings
from controller.store.migrate import StoreError
from loadcell import __version__, logs
from loadcell.arguments import refuse_arguments
from loadcell.exit_codes import give_up
from loadcell.lifetime import PARENT_EXITED, end_at_once_on_a_signal, wait_for_stop
from loadcell.open_files import raise_open_files_limit
from loadcell.settings import SettingsError, load


async def run(settings: ControllerSettings) -> None:
    """Serve until a signal, or the end of the parent, says stop."""
    log = structlog.get_logger()
    async with serve(settings) as serving:
        log.info("application_started", version=__version__, address=str(serving.address))
        reason = await wait_for_stop(exit_with_parent=settings.exit_with_parent)
        end_at_once_on_a_signal()
        if reason == PARENT_EXITED:
            # The agents end with the same parent, and nobody will start us again to go on.
            await serving.dispatcher.end_runs("the loadcell command that carried the run has ended")
        log.info("application_shutdown", reason=reason)


def serve_forever(arguments: Sequence[str]) -> int:
    """Read the settings, run, and return the exit code."""
    loadcell.quick_start.all_imported()
    refuse_arguments("controller", arguments)
    raise_open_files_limit()
    keep_freed_memory()
    look_for_cycles_seldom()
    try:
        settings = load(ControllerSettings, os.environ)
        logs.configure("controller", settings.log_level)
        uvloop.run(run(settings))
    except (SettingsError, StoreError) as error:
        return give_up("controller", error)
    return 0
