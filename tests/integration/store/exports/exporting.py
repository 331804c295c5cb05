"""What of a controller writes exports, and what they should hold."""

from __future__ import annotations

import asyncio
import hashlib
import threading
from collections.abc import Callable
from pathlib import Path

from prometheus_client import CollectorRegistry

from controller.cache.cache import Cache
from controller.cache.kinds import Seconds
from controller.cache.memory import Memory
from controller.exports import runner as runner_module
from controller.exports.places import Folder
from controller.exports.runner import Exports
from controller.services.answers import Answers
from controller.services.export import ExportServicer
from loadcell.v1 import export_pb2
from tests.integration.store.random_traces import Stored


class Controller:
    """What of a controller exports traces."""

    def __init__(self, database, folder: Path, **settings: object) -> None:
        chosen = {"at_once": 2, "most_bytes": 10**9, "keep_seconds": 3600.0, **settings}
        self.database, self.folder = database, folder
        self.exports = Exports(database, chosen.pop("place", None) or Folder(folder), folder, **chosen)
        answers = Answers(Cache(Memory(10**6), Seconds(), CollectorRegistry()))
        self.service = ExportServicer(database, answers, self.exports)

    async def create(self, **request: object) -> str:
        response = await self.service.CreateExport(export_pb2.CreateExportRequest(**request), None)
        assert (response.status, response.meta.version) == ("success", "1.0")
        return response.data.job_id

    async def job(self, job_id: str) -> export_pb2.ExportJob:
        return (await self.service.GetExportJob(export_pb2.GetExportJobRequest(job_id=job_id), None)).data

    async def until(self, job_id: str, *statuses: str) -> export_pb2.ExportJob:
        async with asyncio.timeout(60):
            while (job := await self.job(job_id)).status not in statuses:
                await asyncio.sleep(0.02)
        return job

    async def download(self, job_id: str, **part: int) -> list[export_pb2.DownloadExportResponse]:
        request = export_pb2.DownloadExportRequest(job_id=job_id, **part)
        return [piece async for piece in self.service.DownloadExport(request, None)]

    async def file(self, **request: object) -> bytes:
        """Create, wait, download and check the sum."""
        job_id = await self.create(**request)
        job = await self.until(job_id, "completed", "failed")
        assert job.status == "completed", job.error_message
        pieces = await self.download(job_id)
        data = b"".join(piece.data for piece in pieces)
        assert pieces[0].total_bytes == job.file_size_bytes == len(data)
        assert pieces[0].sha256 == job.sha256 == hashlib.sha256(data).hexdigest()
        return data

    def files(self) -> list[str]:
        return sorted(path.name for path in self.folder.glob("*"))


def in_order(stored: Stored, fits: Callable[[dict], bool] = lambda trace: True) -> list[dict]:
    return sorted(filter(fits, stored.all()), key=lambda trace: (trace["ts"], trace["trace_id"]))


def held_up(monkeypatch) -> tuple[threading.Event, threading.Event]:
    """Let every write of a page say that it is reached, and wait until it may go on."""
    reached, may = threading.Event(), threading.Event()

    class Waiting(runner_module.FileWriting):
        async def _on_thread(self, work):
            def waited():
                reached.set()
                assert may.wait(60)
                return work()

            return await super()._on_thread(waited)

    monkeypatch.setattr(runner_module, "FileWriting", Waiting)
    return reached, may
