"""Waiting for jobs, and what is in their folder."""

from __future__ import annotations

import asyncio
from pathlib import Path

from loadcell.v1 import export_pb2


async def until(stub, job_id: str, *statuses: str) -> export_pb2.ExportJob:
    """Wait until a job has one of some statuses."""
    async with asyncio.timeout(60):
        while True:
            job = (await stub.GetExportJob(export_pb2.GetExportJobRequest(job_id=job_id))).data
            if job.status in statuses:
                return job
            await asyncio.sleep(0.02)


def names(folder: Path, start: str = "", end: str = "") -> list[str]:
    """Return the names of the files in a folder, none where there is no folder."""
    found = [path.name for path in folder.iterdir()] if folder.is_dir() else []
    return [name for name in found if name.startswith(start) and name.endswith(end)]
