"""Exports on either engine: what they hold, whose they are, and what becomes of them."""

from __future__ import annotations

import asyncio
import csv
import gzip
import hashlib
import io
import json
import threading
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry
from pyarrow import parquet

from controller.cache.cache import Cache
from controller.cache.kinds import Seconds
from controller.cache.memory import Memory
from controller.exports import runner as runner_module
from controller.exports.formats.columns import time_text
from controller.exports.places import Folder
from controller.exports.runner import Exports
from controller.scope import Scope
from controller.services import export as service_module
from controller.services.answers import Answers
from controller.services.export import ExportServicer
from controller.store import exports as store
from controller.store.events import read_events
from loadcell.errors import LoadcellError
from loadcell.v1 import export_pb2
from tests.integration.store import random_traces
from tests.integration.store.random_traces import NOW, Stored

FIELDS = ["ts", "trace_id", "model", "total_cost_usd", "tags", "attributes.team", "error_message"]


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


@pytest.fixture
async def stored(open_one) -> Stored:
    return await (await open_one()).write(partial(random_traces.fill, rows=30))


@pytest.fixture
async def make(open_one, tmp_path) -> AsyncIterator[Callable]:
    async with AsyncExitStack() as stack:

        async def one(folder: str = "exports", *, running: bool = True, **settings: object) -> Controller:
            controller = Controller(await open_one(), tmp_path / folder, **settings)
            stack.push_async_callback(controller.exports.stop)
            if running:
                controller.exports.start()
            return controller

        yield one


def in_order(stored: Stored, fits: Callable[[dict], bool] = lambda trace: True) -> list[dict]:
    return sorted(filter(fits, stored.all()), key=lambda trace: (trace["ts"], trace["trace_id"]))


async def test_each_format_holds_every_trace_in_the_order_of_time(make, stored, monkeypatch):
    monkeypatch.setattr("controller.exports.asked.PAGE_TRACES", 37)
    controller = await make()
    wanted = in_order(stored)
    found = json.loads(await controller.file(format="json"))
    assert [trace["trace_id"] for trace in found] == [trace["trace_id"] for trace in wanted]
    for trace, want in zip(found, wanted, strict=True):
        same = {name: value for name, value in want.items() if name not in ("ts", "scheduled_time")}
        assert {name: trace.get(name) for name in same} == same
        assert trace.keys() == want.keys()
    lines = gzip.decompress(await controller.file(format="jsonl", compression="gzip")).splitlines()
    assert [json.loads(line) for line in lines] == found
    table = parquet.read_table(io.BytesIO(await controller.file(format="parquet", compression="zstd")))
    assert table["trace_id"].to_pylist() == [trace["trace_id"] for trace in wanted]
    assert table["duration_ms"].to_pylist() == [trace.get("duration_ms") for trace in wanted]
    text = (await controller.file(format="csv", fields=FIELDS)).decode()
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert list(rows[0]) == FIELDS
    assert [row["trace_id"] for row in rows] == [trace["trace_id"] for trace in wanted]
    for row, want in zip(rows, wanted, strict=True):
        assert row["attributes.team"] == want["attributes"].get("team", "")
        assert row["error_message"] == want.get("error_message", "")
        assert (json.loads(row["tags"]) if row["tags"] else None) == want.get("tags")
    assert all(name.count("-") == 5 for name in controller.files())
    assert len(controller.files()) == 4


FILTERS: list[tuple[dict[str, str], Callable[[dict], bool]]] = [
    ({"model": "gpt-4o"}, lambda t: t["model"] == "gpt-4o"),
    ({"project_id": "p1", "provider": "openai"}, lambda t: t["project_id"] == "p1"),
    ({"status_code": "error"}, lambda t: t["status_code"] == "ERROR"),
    ({"status_code": "429"}, lambda t: t.get("http_status") == 429),
    ({"environment": "production", "user_id": "u1"}, lambda t: t.get("user_id") == "u1"),
    ({"run_id": "run-3"}, lambda t: t["run_id"] == "run-3"),
    ({"model": "' OR 1=1 --"}, lambda t: False),
    # The end is no part of the range: some began then.
    (
        {"start_time": time_text(NOW - 7_200_000_000), "end_time": time_text(NOW)},
        lambda t: NOW - 7_200_000_000 <= t["ts"] < NOW,
    ),
]


async def test_filters_mean_what_they_mean_in_lists(make, stored):
    controller = await make()
    for request, fits in FILTERS:
        found = json.loads(await controller.file(format="json", fields=["trace_id"], **request))
        assert [trace["trace_id"] for trace in found] == [trace["trace_id"] for trace in in_order(stored, fits)]


async def test_no_more_than_the_limit_and_those_that_began_first(make, stored, monkeypatch):
    monkeypatch.setattr("controller.exports.asked.PAGE_TRACES", 20)
    controller = await make()
    found = json.loads(await controller.file(format="json", limit=50))
    assert [trace["trace_id"] for trace in found] == [trace["trace_id"] for trace in in_order(stored)][:50]
    assert (await controller.service.ListExportJobs(export_pb2.ListExportJobsRequest(), None)).data[
        0
    ].trace_count == 50


async def test_a_job_tells_of_its_life(make, stored):
    controller = await make(running=False)
    job_id = await controller.create(format="csv", project_id="p1", request_id=str(uuid.uuid4()))
    job = await controller.job(job_id)
    assert (job.status, job.metadata.can_cancel, job.metadata.can_download) == ("pending", True, False)
    assert not job.HasField("download_url")
    assert not job.HasField("progress_percent")
    controller.exports.start()
    job = await controller.until(job_id, "completed")
    assert (job.progress_percent, job.project_id, job.org_id) == (100, "p1", "p1")
    assert job.trace_count == len(in_order(stored, lambda t: t["project_id"] == "p1"))
    assert job.created_at.ToMicroseconds() <= job.started_at.ToMicroseconds() <= job.completed_at.ToMicroseconds()
    assert job.download_url == f"/api/v1/export/jobs/{job_id}/download"
    assert 3500 < job.metadata.seconds_until_expiration <= 3600
    told = await controller.database.read(lambda c: read_events(c, after=0, limit=1_000))
    statuses = [event.message.export_job.status for event in told if event.kind == "export_job_status"]
    assert (statuses[0], statuses[-1], set(statuses)) == (
        "pending",
        "completed",
        {"pending", "processing", "completed"},
    )
    assert {event.project_id for event in told if event.kind == "export_job_status"} == {"p1"}


async def test_files_are_read_from_any_place_on(make, stored, monkeypatch):
    monkeypatch.setattr("controller.exports.places.PIECE_BYTES", 1_000)
    controller = await make()
    whole = await controller.file(format="jsonl")
    job_id = (await controller.service.ListExportJobs(export_pb2.ListExportJobsRequest(), None)).data[0].job_id
    for part, wanted in (
        ({"offset": 10}, whole[10:]),
        ({"offset": 10, "length": 2_500}, whole[10:2_510]),
        ({"offset": len(whole) - 1}, whole[-1:]),
        ({"offset": len(whole)}, b""),
        ({"length": 10**9}, whole),
    ):
        pieces = await controller.download(job_id, **part)
        assert b"".join(piece.data for piece in pieces) == wanted
        assert pieces[0].total_bytes == len(whole)
        first = part.get("offset", 0)
        assert [piece.offset for piece in pieces] == [first + 1_000 * number for number in range(len(pieces))]
    for part in ({"offset": len(whole) + 1}, {"offset": -1}, {"length": -1}):
        with pytest.raises(LoadcellError) as refused:
            await controller.download(job_id, **part)
        assert (refused.value.reason, refused.value.field) == ("INVALID_FIELD_VALUE", next(iter(part)))


class Slow(Folder):
    """A place in which nothing is put before it may be."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.reached, self.may = threading.Event(), threading.Event()

    def put(self, part: Path, name: str) -> None:
        self.reached.set()
        assert self.may.wait(60)
        super().put(part, name)


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


async def test_a_cancelled_job_leaves_no_file(make, stored, monkeypatch):
    reached, may = held_up(monkeypatch)
    controller = await make()
    job_id = await controller.create(format="csv")
    assert await asyncio.to_thread(reached.wait, 60)
    response = await controller.service.CancelExportJob(export_pb2.CancelExportJobRequest(job_id=job_id), None)
    assert response.data.status == "cancelled"
    may.set()
    async with asyncio.timeout(60):
        while controller.exports._running:
            await asyncio.sleep(0.01)
    assert (await controller.job(job_id)).status == "cancelled"
    assert controller.files() == []
    for call in (
        controller.service.CancelExportJob(export_pb2.CancelExportJobRequest(job_id=job_id), None),
        controller.download(job_id),
    ):
        with pytest.raises(LoadcellError) as refused:
            await call
        assert refused.value.reason == "EXPORT_NOT_READY"


async def test_a_job_cancelled_elsewhere_stops_here(make, stored, monkeypatch):
    monkeypatch.setattr(runner_module, "BEAT_SECONDS", 0.05)
    reached, may = held_up(monkeypatch)
    controller, other = await make(), await make("other", running=False)
    job_id = await controller.create(format="csv")
    assert await asyncio.to_thread(reached.wait, 60)
    await other.service.CancelExportJob(export_pb2.CancelExportJobRequest(job_id=job_id), None)
    (task,) = controller.exports._running.values()
    async with asyncio.timeout(60):
        while not task.cancelling():
            await asyncio.sleep(0.01)
        may.set()
        while controller.exports._running:
            await asyncio.sleep(0.01)
    assert ((await other.job(job_id)).status, controller.files()) == ("cancelled", [])


async def test_a_cancel_in_the_last_moment_leaves_no_file(make, stored, tmp_path):
    place = Slow(tmp_path / "exports")
    controller = await make(place=place)
    job_id = await controller.create(format="csv")
    assert await asyncio.to_thread(place.reached.wait, 60)
    await controller.service.CancelExportJob(export_pb2.CancelExportJobRequest(job_id=job_id), None)
    place.may.set()
    async with asyncio.timeout(60):
        while controller.exports._running:
            await asyncio.sleep(0.01)
    assert ((await controller.job(job_id)).status, controller.files()) == ("cancelled", [])


async def test_a_job_of_a_controller_that_stops_is_written_by_the_next(make, stored, monkeypatch):
    reached, may = held_up(monkeypatch)
    controller = await make()
    job_id = await controller.create(format="csv")
    assert await asyncio.to_thread(reached.wait, 60)
    stopping = asyncio.create_task(controller.exports.stop())
    await asyncio.sleep(0)
    may.set()
    await stopping
    assert ((await controller.job(job_id)).status, controller.files()) == ("pending", [])
    following = await make()
    job = await following.until(job_id, "completed")
    assert (job.trace_count, job.HasField("error_message")) == (len(stored.all()), False)


async def test_a_lost_controller_costs_a_job_one_more_try_and_no_file(make, stored, open_one):
    controller = await make(running=False)
    job_id = await controller.create(format="csv")
    controller.folder.mkdir()
    left = controller.folder / f"{job_id}-00000000.part"
    theirs = controller.folder / f"{uuid.uuid4()}-00000000.part"
    for path in (left, theirs):
        path.write_bytes(b"half a file")
    database = await open_one()

    async def lose() -> None:
        (job,) = await database.read(store.open_jobs)
        await database.write(lambda c: store.claim_job(c, job, "gone", 1))

    await lose()
    assert (await controller.job(job_id)).status == "processing"
    await lose()
    assert (await controller.job(job_id)).error_message == store.BEGUN_AGAIN
    await lose()
    job = await controller.job(job_id)
    assert (job.status, job.error_message) == ("failed", store.LOST_TWICE)
    controller.exports.start()
    async with asyncio.timeout(60):
        while left.exists():
            await asyncio.sleep(0.01)
    assert theirs.exists()  # of another database that uses the same folder


async def test_one_controller_writes_a_job_however_many_there_are(make, stored):
    controllers = [await make(f"folder-{number}", running=False) for number in range(3)]
    job_ids = [await controllers[0].create(format="csv") for _ in range(12)]
    for controller in controllers:
        controller.exports.start()
    for job_id in job_ids:
        assert (await controllers[0].until(job_id, "completed", "failed")).status == "completed"
    files = [name for controller in controllers for name in controller.files()]
    assert sorted(name[:36] for name in files) == sorted(job_ids)


async def test_a_file_of_another_disk_is_not_found(make, stored):
    controller, other = await make(), await make("other", running=False)
    job_id = await controller.create(format="csv")
    await controller.until(job_id, "completed")
    with pytest.raises(LoadcellError) as refused:
        await other.download(job_id)
    assert refused.value.reason == "EXPORT_NOT_FOUND"


async def test_files_expire_and_their_jobs_are_forgotten(make, stored, monkeypatch):
    controller = await make(keep_seconds=0.0)
    job_id = await controller.create(format="csv")
    job = await controller.until(job_id, "completed")
    assert (job.metadata.is_expired, job.metadata.can_download, job.HasField("download_url")) == (
        True,
        False,
        False,
    )
    await controller.exports._tidy()
    job = await controller.job(job_id)
    assert (job.status, job.metadata.is_expired, controller.files()) == ("expired", True, [])
    with pytest.raises(LoadcellError) as refused:
        await controller.download(job_id)
    assert refused.value.reason == "EXPORT_NOT_READY"
    monkeypatch.setattr(store, "FORGET_MICROS", -1_000_000)
    await controller.exports._tidy()
    with pytest.raises(LoadcellError) as refused:
        await controller.job(job_id)
    assert refused.value.reason == "JOB_NOT_FOUND"


async def test_a_file_that_would_be_too_large_fails_and_is_gone(make, stored):
    controller = await make(most_bytes=10_000)
    job_id = await controller.create(format="jsonl")
    job = await controller.until(job_id, "failed")
    assert job.error_message == "the file would be larger than 10,000 bytes; ask for fewer traces or fields"
    assert controller.files() == []


async def test_a_folder_that_cannot_be_written_fails_the_job(make, stored, tmp_path):
    (tmp_path / "exports").write_text("no folder")
    controller = await make()
    job = await controller.until(await controller.create(format="csv"), "failed")
    assert "could not be written" in job.error_message


async def test_w41_unknown_jobs_are_not_found(make):
    controller, unknown = await make(running=False), str(uuid.uuid4())
    for call in (
        controller.job(unknown),
        controller.service.CancelExportJob(export_pb2.CancelExportJobRequest(job_id=unknown), None),
        controller.download(unknown),
    ):
        with pytest.raises(LoadcellError) as refused:
            await call
        assert refused.value.reason == "JOB_NOT_FOUND"
    for wrong, reason in (("", "MISSING_REQUIRED_FIELD"), ("x", "INVALID_FIELD_FORMAT")):
        with pytest.raises(LoadcellError) as refused:
            await controller.job(wrong)
        assert (refused.value.reason, refused.value.field) == (reason, "job_id")


async def test_jobs_are_listed_newest_first_page_by_page(make):
    controller = await make(running=False)
    made = [await controller.create(format="csv", project_id=f"p{number % 2}") for number in range(7)]

    async def listed(**request):
        return await controller.service.ListExportJobs(export_pb2.ListExportJobsRequest(**request), None)

    found, cursor = [], ""
    while True:
        page = await listed(limit=3, cursor=cursor)
        found += [job.job_id for job in page.data]
        assert (page.pagination.total, page.pagination.limit) == (7, 3)
        if not page.pagination.has_more:
            break
        cursor = page.pagination.cursor
    assert found == made[::-1]
    assert [job.job_id for job in (await listed(offset=5)).data] == made[:2][::-1]
    assert [job.job_id for job in (await listed(project_id="p1")).data] == made[1::2][::-1]
    assert ((await listed(limit=1_000)).pagination.limit, (await listed()).pagination.limit) == (100, 20)
    await controller.service.CancelExportJob(export_pb2.CancelExportJobRequest(job_id=made[0]), None)
    assert [job.job_id for job in (await listed(status="cancelled")).data] == [made[0]]
    for wrong, reason, field in (
        ({"limit": -1}, "LIMIT_EXCEEDED", "limit"),
        ({"limit": 0}, "LIMIT_EXCEEDED", "limit"),
        ({"offset": -1}, "LIMIT_EXCEEDED", "offset"),
        ({"status": "done"}, "INVALID_FIELD_VALUE", "status"),
        ({"cursor": "x"}, "INVALID_CURSOR", "cursor"),
        ({"cursor": cursor, "status": "failed"}, "INVALID_CURSOR", "cursor"),
    ):
        with pytest.raises(LoadcellError) as refused:
            await listed(**wrong)
        assert (refused.value.reason, refused.value.field) == (reason, field)


async def test_a_repeat_makes_no_second_job(make):
    controller, request_id = await make(running=False), str(uuid.uuid4())
    first = await asyncio.gather(*(controller.create(format="csv", request_id=request_id) for _ in range(3)))
    assert len(set(first)) == 1
    assert await controller.create(format="csv", request_id=str(uuid.uuid4())) != first[0]


async def test_unfinished_jobs_are_bounded(make, monkeypatch):
    monkeypatch.setattr(store, "MAX_UNFINISHED", 2)
    controller = await make(running=False)
    first = await controller.create(format="csv")
    await controller.create(format="csv")
    with pytest.raises(LoadcellError) as refused:
        await controller.create(format="csv")
    assert refused.value.reason == "LIMIT_EXCEEDED"
    await controller.service.CancelExportJob(export_pb2.CancelExportJobRequest(job_id=first), None)
    await controller.create(format="csv")


async def test_jobs_of_other_projects_are_not_there(make, stored, monkeypatch):
    controller = await make()
    theirs, everything = (
        await controller.create(format="csv", project_id="p2"),
        await controller.create(format="csv"),
    )
    await controller.until(theirs, "completed")
    await controller.until(everything, "completed")
    monkeypatch.setattr(service_module, "scope_of", lambda context: Scope.of(["p1"]))
    for job_id in (theirs, everything):
        with pytest.raises(LoadcellError) as refused:
            await controller.job(job_id)
        assert refused.value.reason == "JOB_NOT_FOUND"
    with pytest.raises(LoadcellError) as refused:
        await controller.create(format="csv", project_id="p2")
    assert (refused.value.reason, refused.value.field) == ("PROJECT_ACCESS_DENIED", "project_id")
    found = json.loads(await controller.file(format="json"))
    assert [t["trace_id"] for t in found] == [
        t["trace_id"] for t in in_order(stored, lambda t: t["project_id"] == "p1")
    ]
    monkeypatch.setattr(service_module, "scope_of", lambda context: Scope.of(["p1", "p3"]))
    with pytest.raises(LoadcellError) as refused:
        await controller.create(format="csv")
    assert (refused.value.reason, refused.value.field) == ("MISSING_REQUIRED_FIELD", "project_id")


async def test_the_next_job_is_foretold_by_those_before(make, stored):
    controller = await make()
    request = export_pb2.CreateExportRequest(format="csv")
    first = (await controller.service.CreateExport(request, None)).data
    assert not first.HasField("estimated_completion_at")
    await controller.until(first.job_id, "completed")
    second = (await controller.service.CreateExport(request, None)).data
    assert second.estimated_completion_at.ToMicroseconds() > second.created_at.ToMicroseconds()
    assert (second.status, second.status_url) == ("pending", f"/api/v1/export/jobs/{second.job_id}")
    await controller.until(second.job_id, "completed")
