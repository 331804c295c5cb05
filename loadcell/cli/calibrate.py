"""`loadcell calibrate`: find out what this host can do."""

import contextlib
import os
import signal
import subprocess
import sys

from loadcell.cli.failure import EXIT_INTERRUPTED
from loadcell.stack.child import search_path


def calibrate() -> int:
    """Measure how much load this host can make and how exact its time stamps are; takes about ten seconds.

    One worker is driven against a built-in server on loopback. The figures (requests per second, tokens per
    second, CPU per token, error of the time stamps) are printed as JSON and kept in the data directory, where
    the agents of this host read them whenever they connect to the controller: a run beyond them is refused. Repeat
    it when the hardware changes; leave the machine idle.
    """
    started: subprocess.Popen[bytes] | None = None
    interrupted = False

    def stop(*_signal: object) -> None:
        nonlocal interrupted
        interrupted = True
        if started is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(started.pid, signal.SIGKILL)  # with its server, which would complain about its end

    # An exception out of the middle of the start would leave a process that nobody knows.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    command = [sys.executable, "-m", "agent.calibrate"]
    # A process group of its own: Ctrl-C reaches us alone, and we end it without its last words.
    with subprocess.Popen(command, env={**os.environ, **search_path()}, process_group=0) as process:  # noqa: S603 (ours)
        started = process
        if interrupted:
            stop()
        code = process.wait()
    return EXIT_INTERRUPTED if interrupted or code == -signal.SIGINT else code
