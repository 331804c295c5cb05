"""python -m benchmarks [CASE ...]: measure, print the table, fail when a required figure is missed."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from benchmarks.cases import accuracy, ceiling, memory, pacing, startup, throughput
from benchmarks.figures import Figure, save, table
from benchmarks.nullserver import CannotMeasureError
from benchmarks.sizes import Sizes
from loadcell import settings

Measure = Callable[[Sizes], Awaitable[list[Figure]]]
CASES: dict[str, Measure] = {
    "throughput": throughput.measure,
    "ceiling": ceiling.measure,
    "accuracy": accuracy.measure,
    "pacing": pacing.measure,
    "memory": memory.measure,
    "startup": startup.measure,
}


async def measure_all(names: list[str], sizes: Sizes) -> list[Figure]:
    """Run the cases one after another; a case that cannot be run is a missed figure."""
    figures: list[Figure] = []
    for name in names:
        print(f"measuring {name} ...", file=sys.stderr, flush=True)
        try:
            figures += await CASES[name](sizes)
        except CannotMeasureError as problem:
            figures.append(Figure(name, None, "", ">=", 0, note=str(problem)))
    return figures


def main() -> int:
    """Run what the command line names, all cases when it names none."""
    names = sys.argv[1:] or list(CASES)
    unknown = [name for name in names if name not in CASES]
    if unknown:
        print(f"no case named {', '.join(unknown)}; there are: {', '.join(CASES)}", file=sys.stderr)
        return 2
    try:
        sizes = settings.load(Sizes, os.environ)
    except settings.SettingsError as problem:
        print(problem, file=sys.stderr)
        return 2
    figures = asyncio.run(measure_all(names, sizes))
    print(table(figures))
    if out := os.environ.get("OUT"):
        save(figures, Path(out))
    return 0 if all(figure.ok for figure in figures) else 1


if __name__ == "__main__":
    sys.exit(main())
