"""Where the processes of one stack log: a folder that no other living stack writes to."""

import fcntl
import os
from pathlib import Path

from loadcell.data_dir import make_private

MAX_STACKS = 16
"""Stacks that can run at once with one data directory; so many log folders there are at most."""


class LogFolder:
    """The first folder of logs/, logs/2, logs/3, ... that nobody has, ours until released or until we end.

    The lock, which the system drops however we die, is on the folder itself.

    Args:
        logs: The folder of all logs.

    Raises:
        OSError: It cannot be written, or MAX_STACKS others run.
    """

    def __init__(self, logs: Path) -> None:
        for number in range(1, MAX_STACKS + 1):
            self.path = logs if number == 1 else logs / str(number)
            make_private(self.path)
            self._folder = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY)
            try:
                fcntl.flock(self._folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(self._folder)
            else:
                return
        raise OSError(f"{MAX_STACKS} loadcell commands with processes of their own log to {logs} already")

    def release(self) -> None:
        """Let another stack have it."""
        os.close(self._folder)
