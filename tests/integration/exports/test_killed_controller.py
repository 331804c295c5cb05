"""A controller that ends in the middle of an export leaves nothing behind, and its job comes to an end.

With PostgreSQL alone, where another can keep an export from going on; an export is the same on both engines.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import psycopg

from controller.store.place import parse_place
from loadcell.channel import dial
from loadcell.v1 import export_pb2, export_pb2_grpc
from tests.free_ports import free_address
from tests.integration.exports.watched_jobs import names, until
from tests.patience import PATIENCE_SECONDS


@asynccontextmanager
async def controller(
    url: str, folder: Path
) -> AsyncIterator[tuple[asyncio.subprocess.Process, export_pb2_grpc.ExportServiceStub]]:
    """A controller in a process of its own that serves."""
    address = free_address()
    environment = {
        **{key: value for key, value in os.environ.items() if not key.startswith("LOADCELL_")},
        "LOADCELL_GRPC": address,
        "LOADCELL_DATABASE_URL": url,
        "LOADCELL_DATA_DIR": str(folder),
    }
    null = asyncio.subprocess.DEVNULL
    running = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "controller", env=environment, stderr=null, stdin=null
    )
    try:
        async with dial(address) as channel:
            stub = export_pb2_grpc.ExportServiceStub(channel)
            await stub.ListExportJobs(export_pb2.ListExportJobsRequest(), wait_for_ready=True)
            yield running, stub
    finally:
        if running.returncode is None:
            running.kill()
        await running.wait()


@contextmanager
def unreadable(url: str) -> Iterator[None]:
    """Requests as in a long transaction that changes the table: who reads them waits."""
    with psycopg.connect(url) as connection:
        connection.execute("LOCK TABLE traces")
        yield


async def begun(stub: export_pb2_grpc.ExportServiceStub, folder: Path) -> str:
    """Create a job and wait until its file is being written."""
    job_id = (
        await stub.CreateExport(export_pb2.CreateExportRequest(format="jsonl", compression="gzip"))
    ).data.job_id
    await until_names(folder, [job_id])
    return job_id


async def until_names(folder: Path, jobs: list[str]) -> None:
    """Wait until files of some jobs, and of no others, are being written."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while [name[:36] for name in names(folder, "", ".part")] != jobs:
            await asyncio.sleep(0.02)


async def test_nothing_is_left_and_the_job_is_begun_again(postgresql_url, filled, tmp_path):
    stored = await filled(parse_place(postgresql_url), 5)
    exports = tmp_path / "exports"
    async with controller(postgresql_url, tmp_path) as (first, stub):
        with unreadable(postgresql_url):
            job_id = await begun(stub, exports)
            first.kill()
            await first.wait()
    assert len(names(exports, job_id, ".part")) == 1
    async with controller(postgresql_url, tmp_path) as (_, stub):
        job = await until(stub, job_id, "completed", "failed", "cancelled")
        assert (job.status, job.trace_count) == ("completed", len(stored.all()))
        await until_names(exports, [])
        pieces = stub.DownloadExport(export_pb2.DownloadExportRequest(job_id=job_id))
        lines = gzip.decompress(b"".join([piece.data async for piece in pieces])).splitlines()
        assert {json.loads(line)["trace_id"] for line in lines} == set(stored.traces)
        assert len(names(exports, job_id)) == 1


async def test_a_controller_that_is_told_to_stop_gives_the_job_back(postgresql_url, filled, tmp_path):
    await filled(parse_place(postgresql_url), 5)
    exports = tmp_path / "exports"
    async with controller(postgresql_url, tmp_path) as (running, stub):
        with unreadable(postgresql_url):
            job_id = await begun(stub, exports)
            running.send_signal(signal.SIGTERM)
            await until_names(exports, [])
        assert await running.wait() == 0
    assert names(exports) == []
    with psycopg.connect(postgresql_url) as connection:
        jobs = connection.execute("SELECT job_id, status, owner FROM export_jobs").fetchall()
    assert jobs == [(job_id, "pending", None)]
