"""Commands that begin with everything imported, since to import it is most of what a short command does.

One process has imported what there is to `loadcell`, and is forked for each command. Arguments, environment,
standard streams, processes of its own and exit status are those of any command; only `/proc` shows it as what it
was forked from.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import os
import pkgutil
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.patience import PATIENCE_SECONDS

ROOT = Path(__file__).parents[1]
MOST_BYTES = 128 * 1024  # of a request


class CommandServer:
    """Carries out commands, several at once if need be."""

    def __init__(self) -> None:
        self._ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            command = [sys.executable, "-W", "error", "-m", "tests.command_server", str(theirs.fileno())]
            self._process = subprocess.Popen(
                command, cwd=ROOT, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
            )

    async def run(self, arguments: Sequence[str], environment: Mapping[str, str]) -> tuple[int, bytes, bytes]:
        """Run `loadcell` with arguments; return its exit status and what it wrote to both outputs."""
        pipes = [os.pipe() for _ in range(3)]
        request = json.dumps({"arguments": arguments, "environment": dict(environment)}).encode()
        socket.send_fds(self._ours, [request], [writes for _, writes in pipes])
        for _, writes in pipes:
            os.close(writes)
        reading = [asyncio.to_thread(_read, reads) for reads, _ in pipes[:2]]
        told = os.fdopen(pipes[2][0], "rb")
        try:
            pid = int(await asyncio.to_thread(told.readline))
            try:
                async with asyncio.timeout(PATIENCE_SECONDS):
                    out, err = await asyncio.gather(*reading)
            except BaseException:
                os.kill(pid, signal.SIGKILL)
                raise
            return int(await asyncio.to_thread(told.readline)), out, err
        finally:
            told.close()

    def close(self) -> None:
        """End the server; what it has carried out has ended."""
        self._ours.close()
        assert self._process.wait(PATIENCE_SECONDS) == 0


def _read(descriptor: int) -> bytes:
    with os.fdopen(descriptor, "rb") as file:
        return file.read()


def serve(requests: socket.socket) -> None:
    """Begin what is asked for; returns in the process of each command, and ends when nobody can ask any more."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for those who wait for a command
    while True:
        request, descriptors, _, _ = socket.recv_fds(requests, MOST_BYTES, 3)
        if not request:
            requests.close()
            sys.exit()
        if os.fork() == 0:
            requests.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            _begin(json.loads(request), *descriptors)
            return
        for descriptor in descriptors:
            os.close(descriptor)


def _begin(request: dict[str, Any], out: int, err: int, told: int) -> None:
    """Become the command in a process of its own, and tell in this one what it is and how it has ended."""
    command = os.fork()
    if command:
        os.close(out)
        os.close(err)
        os.write(told, b"%d\n" % command)
        _, status = os.waitpid(command, 0)
        os.write(told, b"%d\n" % os.waitstatus_to_exitcode(status))
        os._exit(0)
    os.close(told)
    os.dup2(out, sys.stdout.fileno())
    os.dup2(err, sys.stderr.fileno())
    os.close(out)
    os.close(err)
    os.environ.clear()
    os.environ.update(request["environment"])
    sys.argv = [sys.modules["loadcell.cli.__main__"].__file__, *request["arguments"]]


if __name__ == "__main__":
    import typer._adapters  # noqa: F401 - which it imports when it reads the first argument

    import loadcell.cli
    import loadcell.cli.__main__

    for found in pkgutil.iter_modules(loadcell.cli.__path__, "loadcell.cli."):
        importlib.import_module(found.name)
    serve(socket.socket(fileno=int(sys.argv[1])))
    loadcell.cli.__main__.main()
