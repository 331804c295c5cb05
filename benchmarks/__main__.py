"""python -m benchmarks [CASE ...]: measure, print the table, fail when a required figure is missed.

A name also stands for all cases that begin with it: "fleet" for fleet_idle, fleet_ingest, ...
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from benchmarks.cases import (
    access,
    accuracy,
    calls,
    ceiling,
    fleet_faults,
    fleet_idle,
    fleet_ingest,
    fleet_loss,
    fleet_pacing,
    gateway_answers,
    gateway_watchers,
    memory,
    pacing,
    peers,
    query,
    start_cold,
    start_memory,
    start_scrape,
    start_size,
    startup,
    throughput,
    web_live,
    web_report,
    web_start,
    web_traces,
)
from benchmarks.figures import Figure, save, table
from benchmarks.nullserver import CannotMeasureError
from benchmarks.sizes import Sizes
from loadcell import settings

CASE_SECONDS = 1_800  # at most

Measure = Callable[[Sizes], Awaitable[list[Figure]]]
CASES: dict[str, Measure] = {
    "throughput": throughput.measure,
    "ceiling": ceiling.measure,
    "accuracy": accuracy.measure,
    "pacing": pacing.measure,
    "peers": peers.measure,
    "memory": memory.measure,
    "startup": startup.measure,
    "start_cold": start_cold.measure,
    "start_memory": start_memory.measure,
    "start_scrape": start_scrape.measure,
    "start_size": start_size.measure,
    "fleet_idle": fleet_idle.measure,
    "fleet_ingest": fleet_ingest.measure,
    "fleet_pacing": fleet_pacing.measure,
    "fleet_loss": fleet_loss.measure,
    "fleet_faults": fleet_faults.measure,
    "calls": calls.measure,
    "access": access.measure,
    "gateway_answers": gateway_answers.measure,
    "gateway_watchers": gateway_watchers.measure,
    "query_sqlite": query.measure_sqlite,
    "query_postgresql": query.measure_postgresql,
    "web_start": web_start.measure,
    "web_traces": web_traces.measure,
    "web_live": web_live.measure,
    "web_report": web_report.measure,
}


async def measure_all(names: list[str], sizes: Sizes, out: Path | None) -> list[Figure]:
    """Run the cases one after another; a case that cannot be run is a missed figure.

    What a case has found is shown, and kept in `out`, before the next begins: all of them take an hour.
    """
    figures: list[Figure] = []
    this = asyncio.current_task()
    assert this is not None  # asyncio.run made it
    # As after Ctrl-C: what was started is stopped.
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, this.cancel)
    for name in names:
        print(f"measuring {name} ...", file=sys.stderr, flush=True)
        found = await _measure(name, sizes)
        figures += found
        if len(names) > 1:
            print(table(found), file=sys.stderr, flush=True)
        if out is not None:
            save(figures, out)
    return figures


async def _measure(name: str, sizes: Sizes) -> list[Figure]:
    try:
        async with asyncio.timeout(CASE_SECONDS):
            return await CASES[name](sizes)
    except TimeoutError:
        return [Figure(name, None, "", ">=", 0, note=f"not done after {CASE_SECONDS:,} s")]
    except CannotMeasureError as problem:
        return [Figure(name, None, "", ">=", 0, note=str(problem))]


def named(name: str) -> list[str]:
    """Return the cases a name stands for: its own, or those that begin with it, as "fleet" does."""
    return [case for case in CASES if case == name or case.startswith(f"{name}_")]


def main() -> int:
    """Run what the command line names, all cases when it names none."""
    asked = sys.argv[1:] or list(CASES)
    unknown = [name for name in asked if not named(name)]
    if unknown:
        print(f"no case named {', '.join(unknown)}; there are: {', '.join(CASES)}", file=sys.stderr)
        return 2
    try:
        sizes = settings.load(Sizes, os.environ)
    except settings.SettingsError as problem:
        print(problem, file=sys.stderr)
        return 2
    out = os.environ.get("OUT")
    cases = [case for name in asked for case in named(name)]
    figures = asyncio.run(measure_all(cases, sizes, Path(out) if out else None))
    print(table(figures))
    return 0 if all(figure.ok for figure in figures) else 1


if __name__ == "__main__":
    sys.exit(main())
