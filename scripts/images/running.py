"""Starts what an image describes: its command, as its user, with its variables, on a root it cannot write to."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from scripts.images.dockerfile import Image

_SECONDS = 60


def interpreter(user: int) -> str:
    """Return a Python 3.11 or newer that the user may run; one in the home of another may not be.

    Raises:
        FileNotFoundError: There is none.
    """
    names = [f"python3.{minor}" for minor in (11, 12, 13)]
    # What stands first in PATH may be in somebody's home, and that of the system behind it.
    for found in (*map(shutil.which, names), *(f"/usr/bin/{name}" for name in names)):
        if found is not None and _runs_for(user, found):
            return found
    raise FileNotFoundError(f"no Python of 3.11 or newer that user {user} may run")


def _runs_for(user: int, python: str) -> bool:
    try:
        return subprocess.run([python, "-c", ""], check=False, cwd="/", **_as(user)).returncode == 0
    except OSError:
        return False


class _Whose(TypedDict, total=False):
    user: int
    group: int
    extra_groups: list[int]


def _as(user: int) -> _Whose:
    """Return arguments of a process of this user; whoever is not root starts processes of its own only."""
    return {"user": user, "group": user, "extra_groups": []} if os.geteuid() == 0 else {}


@dataclass(frozen=True)
class Container:
    """An image as a folder, a folder for its volume, and variables as `docker run --env` gives them."""

    image: Image
    root: Path
    volume: Path
    given: Mapping[str, str]

    @property
    def user(self) -> int:
        """The number of its user."""
        return int(self.image.user.partition(":")[0])

    @property
    def environment(self) -> dict[str, str]:
        """Its variables, with the places of this machine for those of the image."""
        found = dict(self.image.environment)
        found["PATH"] = found["PATH"].replace("$PATH", "/usr/bin:/bin")
        return {name: self._here(value) for name, value in found.items()} | dict(self.given)

    def prepare(self) -> None:
        """Have the volume belong to the user, and nothing else; a root that is its own is made read-only."""
        self.volume.mkdir(mode=0o700, parents=True, exist_ok=True)
        if os.geteuid() == 0:
            os.chown(self.volume, self.user, self.user)
        self.root.chmod(0o555)

    def start(self, command: Sequence[str] = (), *, to: int | None = None) -> subprocess.Popen[str]:
        """Start the image's command, or another one in its place, with both outputs where ours are or in `to`."""
        words = list(command or self.image.command)
        program = shutil.which(words[0], path=self.environment["PATH"])
        if program is None:
            raise FileNotFoundError(words[0])
        folder = self._here(self.image.folder)
        return subprocess.Popen(
            [program, *words[1:]],
            cwd=folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=to,
            stderr=to,
            text=True,
            **_as(self.user),
        )

    def run(self, command: Sequence[str] = ()) -> subprocess.CompletedProcess[str]:
        """Carry a command out to its end, as `docker run` and `docker exec` do."""
        with self.start(command, to=subprocess.PIPE) as process:
            said, complained = process.communicate(timeout=_SECONDS)
        return subprocess.CompletedProcess(process.args, process.returncode, said, complained)

    def healthy(self) -> bool:
        """Tell what the health check says, within the time that Docker leaves it."""
        with self.start(self.image.health) as check:
            return check.wait(_SECONDS) == 0

    def stop(self, process: subprocess.Popen[str]) -> int:
        """Stop a process as Docker does first; return its exit status."""
        process.send_signal(signal.Signals[self.image.stop_signal])
        return process.wait(_SECONDS)

    def _here(self, value: str) -> str:
        """Return a path, or a list of them, as it is on this machine."""
        return ":".join(self._placed(part) for part in value.split(":"))

    def _placed(self, path: str) -> str:
        if path == "/data":
            return str(self.volume)
        inside = self.root / path.removeprefix("/")
        # What the image has from its base is this machine's.
        return str(inside) if path.startswith("/") and inside.exists() else path
