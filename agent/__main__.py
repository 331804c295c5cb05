"""Entry point of an agent: `python -m agent`, settings from the environment."""

from __future__ import annotations

import os
import sys

from agent.host import usable_cpus
from agent.pool import spawn
from agent.settings import AgentSettings
from loadcell import logs
from loadcell.arguments import refuse_arguments
from loadcell.data_dir import data_dir
from loadcell.settings import SettingsError, load


def main() -> int:
    """Run an agent until it is told to end; return the exit status."""
    refuse_arguments("agent", sys.argv[1:])
    try:
        settings = load(AgentSettings, os.environ)
        data_dir(settings.data_dir)  # a user without one is told before anything starts
    except SettingsError as error:
        print(f"agent: {error}", file=sys.stderr)  # noqa: T201  the one line a wrong setting gives
        return 2
    # The workers come up while this process imports its half, gRPC above all.
    spawned = [spawn() for _ in range(settings.workers or usable_cpus())]
    import uvloop  # noqa: PLC0415

    from agent.main import serve  # noqa: PLC0415

    logs.configure("agent", settings.log_level)
    return uvloop.run(serve(settings, spawned))


if __name__ == "__main__":
    sys.exit(main())
