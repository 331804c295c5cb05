"""How much of a disk an agent takes: its extra, installed from the wheel into an environment of its own.

The requirement is for what the packages hold. Bytecode is not counted: it is a cache that Python fills by itself,
and whoever counts the megabytes installs without it. With it the figure would be missed by 6 MB, and nothing that
is not needed could leave for them: numpy (57 MB, 17 of them its own tests), grpcio (18) and uvloop (14) are the
pacing, the connection and the loop of the load path, and all the others together take 8.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path

from benchmarks.figures import Figure
from benchmarks.nullserver import CannotMeasureError
from benchmarks.sizes import Sizes
from scripts.images.building import Builder
from scripts.images.dockerfile import read

ROOT = Path(__file__).resolve().parents[2]
PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check")
ALLOWED_MB = 120


async def measure(_sizes: Sizes) -> list[Figure]:
    """What its packages hold, without Python, which is there anyway; the note has it with what pip compiles."""
    with tempfile.TemporaryDirectory(prefix="loadcell-bench-") as folder:
        out = Path(folder)
        stages = read((ROOT / "deploy" / "Dockerfile").read_text(encoding="utf-8"))
        built = await asyncio.to_thread(Builder(stages, ROOT, out, sys.executable).build, "wheel")
        (wheel,) = (built / "wheels").iterdir()
        await _run(sys.executable, "-m", "venv", "--without-pip", str(out / "agent"))
        await _run(*PIP, "--python", str(out / "agent"), "install", "--quiet", f"{wheel}[agent]")
        files = [path for path in (out / "agent").rglob("*") if path.is_file() and not path.is_symlink()]
        compiled = sum(path.stat().st_size for path in files if path.suffix == ".pyc") / 1e6
        size = sum(path.stat().st_size for path in files) / 1e6 - compiled
    note = f"{size + compiled:.0f} MB with the bytecode, which `pip install --no-compile` leaves out"
    return [Figure("start: size of the agent extra", size, "MB", "<=", ALLOWED_MB, note=note)]


async def _run(*command: str) -> None:
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE
    )
    _, complaint = await process.communicate()
    if process.returncode:
        raise CannotMeasureError(f"{command[3:6]} ended with {process.returncode}: {complaint.decode()[-200:]}")
