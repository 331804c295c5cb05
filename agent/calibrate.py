"""Measures this host with the built-in server: `python -m agent.calibrate` prints and stores a line of JSON."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import uvloop
from msgspec import Struct

from agent.calibration import HostCalibration, calibration_file, store_calibration
from agent.settings import AgentSettings
from agent.worker.driver import Driver
from agent.worker.messages import Batch, Ended, Level, Prepare, Prepared, Target, Workload
from loadcell.clock import wall_micros
from loadcell.data_dir import data_dir
from loadcell.settings import SettingsError, load
from loadcell.v1 import sample_pb2

_TTFT_MS = 50.0
_ITL_MS = 20.0
_START_NS = 20_000_000
_PATIENCE_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class _Outcome:
    ended: Ended
    ttft_micros: np.ndarray[tuple[int], np.dtype[np.int64]]
    tokens: int


@contextmanager
def _mock_server(*flags: str) -> Iterator[str]:
    """Run the built-in server in a process of its own; give its base URL."""
    # It ends with its standard input, so also with our death.
    environ = {**os.environ, "LOADCELL_EXIT_WITH_PARENT": "1"}
    command = [sys.executable, "-m", "loadcell.mockserver", "--port", "0", *flags]
    with subprocess.Popen(  # noqa: S603  our own interpreter and module
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environ, text=True
    ) as server:
        assert server.stdout is not None  # noqa: S101  asked for above
        line = server.stdout.readline()
        if not line.startswith("listening on "):
            raise RuntimeError("the built-in server did not start")
        try:
            yield line.removeprefix("listening on ").strip()
        finally:
            server.terminate()


async def _measure(url: str, *, concurrency: int, output_len: int, count: int, seconds: float) -> _Outcome:
    """Make a closed loop over the path of every lease."""
    loop = asyncio.get_running_loop()
    prepared, over = asyncio.Event(), asyncio.Event()
    batches: list[bytes] = []
    endings: list[Ended] = []

    def take(message: Struct) -> None:
        if isinstance(message, Batch):
            batches.append(message.columns)
        elif isinstance(message, Prepared):
            prepared.set()
        elif isinstance(message, Ended):
            endings.append(message)
            prepared.set()
            over.set()

    target = Target(url, "openai", "mock-model", "", {}, True, 30_000_000_000, True, False)
    level = Level(0, concurrency, 0.0, False, 0, count, round(seconds * 1e9), concurrency)
    plan = Prepare(
        lease_id="calibration",
        target=target,
        level=level,
        workload=Workload(64, output_len, 0, 1.0, "", ""),
        share=0,
        shares=1,
        worker=0,
        workers=1,
        timeline=True,
    )
    driver = Driver(loop, plan, send=take, gate=lambda: True, forget=lambda _: None)
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            await prepared.wait()
            start_ns = time.monotonic_ns() + _START_NS
            driver.start(start_ns, start_ns)
            await over.wait()
    finally:
        driver.cancel()
        await driver.closed()
    if endings[0].error:
        raise RuntimeError(endings[0].error)
    return _fold(endings[0], batches)


def _fold(ended: Ended, batches: list[bytes]) -> _Outcome:
    columns = [sample_pb2.SampleColumns.FromString(batch) for batch in batches]
    measured = [
        (columns_.ttft_micros[row], columns_.completion_tokens[row])
        for columns_ in columns
        for row in range(columns_.row_count)
        if columns_.status[row] == sample_pb2.SAMPLE_STATUS_OK and not (columns_.warmup and columns_.warmup[row])
    ]
    if not measured:
        raise RuntimeError("no request of the calibration succeeded")
    ttfts, tokens = zip(*measured, strict=True)
    return _Outcome(ended, np.array(ttfts, dtype=np.int64), sum(tokens))


async def calibrate(*, seconds: float = 3.0) -> HostCalibration:
    """Measure one worker against the built-in server on loopback.

    Requests per second are those of a closed loop of 64 one-token requests, so the server's share of the machine
    limits them too. CPU per token is taken from 100 paced streams; the most paced tokens per second are those at
    which it would fill one core. The stamp error is the distance of the time to first token from the one the
    server is set to, which includes the server's own timer: an upper bound.

    Args:
        seconds: Length of the first measurement; the second takes about twice 2 seconds.

    Raises:
        RuntimeError: the measurement could not be made.
    """
    with _mock_server() as url:
        fast = await _measure(url, concurrency=64, output_len=1, count=0, seconds=seconds)
    with _mock_server("--ttft-ms", str(_TTFT_MS), "--itl-ms", str(_ITL_MS)) as url:
        paced = await _measure(url, concurrency=100, output_len=100, count=200, seconds=0)
    cpu_per_token = paced.ended.health.cpu_micros / paced.tokens
    errors = np.abs(paced.ttft_micros - _TTFT_MS * 1000)
    return HostCalibration(
        max_requests_per_sec=len(fast.ttft_micros) / (fast.ended.end_ns / 1e9),
        max_tokens_per_sec=1e6 / cpu_per_token,
        stamp_error_p99_micros=float(np.quantile(errors, 0.99)),
        cpu_micros_per_token=cpu_per_token,
        measured_at_micros=wall_micros(),
    )


def main() -> int:
    """Calibrate this host; return the exit status."""
    try:
        settings = load(AgentSettings, os.environ)
        calibration = uvloop.run(calibrate())
        directory = data_dir(settings.data_dir)
        store_calibration(calibration, directory)
    except (SettingsError, RuntimeError, OSError, TimeoutError) as error:
        print(f"calibrate: {error}", file=sys.stderr)  # noqa: T201
        return 1
    print(f"stored in {calibration_file(directory)}", file=sys.stderr)  # noqa: T201
    print(calibration.to_json())  # noqa: T201  the result, for the program that called
    return 0


if __name__ == "__main__":
    sys.exit(main())
