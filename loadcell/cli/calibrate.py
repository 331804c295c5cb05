"""`loadcell calibrate`: find out what this host can do."""

import contextlib
import os
import subprocess
import sys

from loadcell.stack.child import search_path


def calibrate() -> int:
    """Measure how fast and how exactly this host measures, and keep the figures for its agents."""
    command = [sys.executable, "-m", "agent.calibrate"]
    environment = {**os.environ, **search_path()}
    with subprocess.Popen(command, env=environment) as process:  # noqa: S603 (our own module)
        while True:
            # Ctrl-C reaches the calibration as well; its exit code is ours.
            with contextlib.suppress(KeyboardInterrupt):
                return process.wait()
