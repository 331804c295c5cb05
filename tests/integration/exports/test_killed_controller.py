"""A controller that is killed in the middle of an export leaves nothing behind, and its job comes to an end."""

from __future__ import annotations

import asyncio
import gzip
import json
import os
import signal
import socket
import sys
from pathlib import Path

import pytest

from loadcell.channel import dial
from loadcell.v1 import export_pb2, export_pb2_grpc
from tests.integration.exports.watched_jobs import names, until


class Process:
    """A controller in a process of its own."""

    def __init__(self, running: asyncio.subprocess.Process, address: str) -> None:
        self.running = running
        self.address = address

    @classmethod
    async def started(cls, place: object, folder: Path) -> Process:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            address = f"127.0.0.1:{probe.getsockname()[1]}"
        url = str(place) if isinstance(place, Path) else place.render_as_string(hide_password=False)
        environment = {
            **{key: value for key, value in os.environ.items() if not key.startswith("LOADCELL_")},
            "LOADCELL_GRPC": address,
            "LOADCELL_DATABASE_URL": url.replace("+psycopg", ""),
            "LOADCELL_DATA_DIR": str(folder),
        }
        null = asyncio.subprocess.DEVNULL
        running = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "controller", env=environment, stderr=null, stdin=null
        )
        return cls(running, address)

    async def end(self, number: int) -> None:
        if self.running.returncode is None:
            self.running.send_signal(number)
        await self.running.wait()


async def caught(process: Process, stub, parts: Path) -> str:
    """Stop the process in the middle of an export; return its job."""
    for _ in range(100):
        request = export_pb2.CreateExportRequest(format="jsonl", compression="gzip")
        job_id = (await stub.CreateExport(request, wait_for_ready=True)).data.job_id
        async with asyncio.timeout(60):
            while not names(parts, job_id):
                await asyncio.sleep(0.001)
        process.running.send_signal(signal.SIGSTOP)
        if names(parts, job_id, ".part"):
            return job_id
        # It was quicker than we are.
        process.running.send_signal(signal.SIGCONT)
    raise AssertionError("every export was complete before it was seen")


async def test_nothing_is_left_and_the_job_is_begun_again(place, filled, tmp_path):
    stored = await filled(place, 150)
    folder = tmp_path / "data"
    exports = folder / "exports"
    first = await Process.started(place, folder)
    try:
        async with dial(first.address) as channel:
            job_id = await caught(first, export_pb2_grpc.ExportServiceStub(channel), exports)
    finally:
        await first.end(signal.SIGKILL)
    assert len(names(exports, job_id, ".part")) == 1
    second = await Process.started(place, folder)
    try:
        async with dial(second.address) as channel:
            stub = export_pb2_grpc.ExportServiceStub(channel)
            await stub.ListExportJobs(export_pb2.ListExportJobsRequest(), wait_for_ready=True)
            job = await until(stub, job_id, "completed", "failed", "cancelled")
            assert (job.status, job.trace_count) == ("completed", len(stored.all()))
            async with asyncio.timeout(60):
                while names(exports, "", ".part"):
                    await asyncio.sleep(0.02)
            pieces = stub.DownloadExport(export_pb2.DownloadExportRequest(job_id=job_id))
            lines = gzip.decompress(b"".join([piece.data async for piece in pieces])).splitlines()
            assert {json.loads(line)["trace_id"] for line in lines} == set(stored.traces)
            assert len(names(exports, job_id)) == 1
    finally:
        await second.end(signal.SIGTERM)
    assert second.running.returncode == 0


@pytest.mark.parametrize("place", ["sqlite"], indirect=True)
async def test_a_controller_that_is_told_to_stop_gives_the_job_back(place, filled, tmp_path):
    await filled(place, 150)
    exports = tmp_path / "data" / "exports"
    process = await Process.started(place, tmp_path / "data")
    try:
        async with dial(process.address) as channel:
            job_id = await caught(process, export_pb2_grpc.ExportServiceStub(channel), exports)
        process.running.send_signal(signal.SIGTERM)
        process.running.send_signal(signal.SIGCONT)
        async with asyncio.timeout(60):
            await process.running.wait()
    finally:
        await process.end(signal.SIGKILL)
    assert process.running.returncode == 0
    assert names(exports, "", ".part") == []
    assert len(names(exports, job_id)) <= 1
