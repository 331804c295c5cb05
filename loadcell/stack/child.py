"""One child process: its log, its end, and how it dies with us."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

PACKAGES = str(Path(__file__).resolve().parents[2])
_LAST_LINES_BYTES = 16 * 1024


class ChildError(Exception):
    """A child process ended before its time; the text is what it said last.

    Attributes:
        exit_code: Its exit code, negative for a signal; None when it runs and takes too long.
    """

    def __init__(self, text: str, exit_code: int | None = None) -> None:
        super().__init__(text)
        self.exit_code = exit_code


def search_path() -> dict[str, str]:
    """Return the environment in which a Python process finds our packages and nobody else's of the same name."""
    path = [PACKAGES, *filter(None, [os.environ.get("PYTHONPATH")])]
    # A folder called agent/ where the user happens to be must not be taken for ours.
    return {"PYTHONSAFEPATH": "1", "PYTHONPATH": os.pathsep.join(path)}


class Child:
    """A service of loadcell running in a process of its own.

    Its standard input is a pipe that only we hold: however we die, it reads the end of it and ends, too. It has
    its own process group, so that Ctrl-C on the terminal reaches us alone.

    Args:
        name: What to call it in messages.
        module: Python module to run.
        settings: Environment variables beside our own.
        log: File for everything it writes; emptied first.
        arguments: Arguments of the module.
    """

    def __init__(
        self, name: str, module: str, settings: Mapping[str, str], log: Path, arguments: Sequence[str] = ()
    ) -> None:
        self.name, self._module = name, module
        self.log = log
        log.parent.mkdir(parents=True, exist_ok=True)
        environment = {**os.environ, **search_path(), **settings, "LOADCELL_EXIT_WITH_PARENT": "1"}
        with log.open("wb") as sink:
            self._process = subprocess.Popen(  # noqa: S603 (our own module)
                [sys.executable, "-m", module, *arguments],
                stdin=subprocess.PIPE,
                stdout=sink,
                stderr=sink,
                env=environment,
                process_group=0,
            )

    @property
    def pid(self) -> int:
        """Process id."""
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """Exit code, negative for a signal; None while it runs."""
        return self._process.poll()

    def epitaph(self) -> str:
        """Say in one line how it ended and what it wrote last."""
        last = self._last_line()
        code = self.exit_code
        how = f"was killed by signal {-code}" if code is not None and code < 0 else f"ended with exit code {code}"
        return f"the {self.name} {how}: {last}" if last else f"the {self.name} {how}; its log is {self.log}"

    def check(self) -> None:
        """Make sure it still runs.

        Raises:
            ChildError: It has ended.
        """
        if self.exit_code is not None:
            raise ChildError(self.epitaph(), self.exit_code)

    def terminate(self) -> None:
        """Ask it to end."""
        if self.exit_code is None:
            self._process.terminate()

    def close(self, patience_seconds: float) -> None:
        """Wait for its end, then take it and everything it started away."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(patience_seconds)
        self.kill()

    def kill(self) -> None:
        """End it and everything in its process group at once."""
        # Either error says that the whole group has gone already: macOS answers EPERM for a group of zombies.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        if self._process.stdin:
            self._process.stdin.close()

    def _last_line(self) -> str:
        with self.log.open("rb") as file:
            start = max(0, file.seek(0, os.SEEK_END) - _LAST_LINES_BYTES)
            file.seek(start)
            lines = file.read().decode(errors="replace").splitlines()
        if start:
            del lines[0]  # only its end, which says neither what it is nor what it meant
        spoken = [line.strip() for line in lines if line.strip() and not line.startswith("{")]
        # Who it is has been said.
        return spoken[-1].removeprefix("error: ").removeprefix(f"{self._module}: ") if spoken else ""
