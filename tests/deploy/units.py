"""The units of deploy/systemd as systemd reads them: what they say, and the process that it would start."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
UNITS = sorted((ROOT / "deploy" / "systemd").glob("*.service"))


def environment_file(text: str) -> dict[str, str]:
    """What an EnvironmentFile= of lines without quotes sets."""
    lines = (line.strip() for line in text.splitlines())
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


@dataclass(frozen=True)
class Unit:
    """A unit by its text; each key has the values of its lines, in their order."""

    values: dict[str, list[str]]

    @classmethod
    def read(cls, path: Path) -> Unit:
        values: dict[str, list[str]] = {}
        for line in path.read_text().splitlines():
            if line and line[0] not in "#[":
                key, _, value = line.partition("=")
                values.setdefault(key, []).append(value)
        return cls(values)

    def one(self, key: str) -> str:
        """The value of a key that is there once."""
        (value,) = self.values[key]
        return value

    def environment(self, state: Path) -> dict[str, str]:
        """The variables: those of the unit, then those of its files, which count more."""
        found = {}
        for line in self.values.get("Environment", []):
            found |= dict(word.split("=", 1) for word in shlex.split(line.replace("%S", str(state))))
        for path in self.values.get("EnvironmentFile", []):
            found |= environment_file(Path(path).read_text())
        return found

    def start(self, state: Path, log: Path) -> subprocess.Popen[bytes]:
        """Start its process with these variables and no others, in a folder that is not ours."""
        for folder in self.values.get("StateDirectory", []):
            (state / folder).mkdir(mode=int(self.one("StateDirectoryMode"), 8), parents=True, exist_ok=True)
        with log.open("ab") as out:
            return subprocess.Popen(
                shlex.split(self.one("ExecStart")),
                cwd="/",
                env={"PATH": os.defpath, "LANG": "C.UTF-8"} | self.environment(state),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                preexec_fn=lambda: os.umask(int(self.one("UMask"), 8)),  # noqa: PLW1509 - nothing else runs then
            )

    def stop(self, process: subprocess.Popen[bytes]) -> int:
        """Stop the main process, as the unit says how; return its exit status."""
        process.send_signal(signal.SIGTERM)
        return process.wait(int(self.one("TimeoutStopSec").removesuffix("s")))
