"""python -m scripts.images OUT [TARGET ...]: build images as folders, ask each for its help, say how big it is."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from scripts.images.building import Builder, StepError
from scripts.images.dockerfile import DockerfileError, image, read
from scripts.images.running import Container, interpreter

ROOT = Path(__file__).resolve().parents[2]
DOCKERFILE = ROOT / "deploy" / "Dockerfile"
TARGETS = ("controller", "gateway", "agent", "cli")
USER = 1000


def megabytes(folder: Path) -> float:
    """Return what the files of a folder take together, in units of 1,000,000 bytes."""
    return sum(path.lstat().st_size for path in folder.rglob("*") if not path.is_dir()) / 1e6


def main() -> int:
    """Build the targets named, or all; return the exit code."""
    if len(sys.argv) < 2:
        print(__doc__, file=sys.stderr)  # noqa: T201 - a command prints
        return 2
    out, targets = Path(sys.argv[1]), sys.argv[2:] or TARGETS
    try:
        stages = read(DOCKERFILE.read_text(encoding="utf-8"))
        builder = Builder(stages, ROOT, out, interpreter(USER))
        for target in targets:
            container = Container(image(stages, target), builder.build(target), out / "data" / target, {})
            container.prepare()
            container.run([*container.image.command, "--help"]).check_returncode()
            print(f"{target}: {megabytes(container.root):.0f} MB in {container.root}")  # noqa: T201
    except (DockerfileError, StepError, subprocess.CalledProcessError) as error:
        print(f"{DOCKERFILE}: {error}", file=sys.stderr)  # noqa: T201
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
