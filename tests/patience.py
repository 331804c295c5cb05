"""How long tests wait for what must happen: on a machine of any speed only a failing test waits to the end."""

import select
import subprocess
from typing import AnyStr

PATIENCE_SECONDS = 180.0


def first_line(process: subprocess.Popen[AnyStr]) -> AnyStr | None:
    """Wait for the first line that a process writes; empty when it has ended, nothing when it was silent."""
    assert process.stdout is not None
    said, _, _ = select.select([process.stdout], [], [], PATIENCE_SECONDS)
    return process.stdout.readline() if said else None
