"""Exports that are cancelled, lost, too large or too old: no file is left behind."""

from __future__ import annotations

import asyncio
import threading
import uuid
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import update

from controller.exports import runner as runner_module
from controller.exports.places import Folder
from controller.scope import Scope
from controller.store import exports as store
from controller.store.database import Connection
from controller.store.deletion import begin_deletion, delete_some
from controller.store.retention import Left, expire_requests
from controller.store.runs import get_run
from controller.store.schema_queries import export_jobs
from controller.store.traces import limits, listing
from loadcell.clock import wall_micros
from loadcell.errors import LoadcellError
from loadcell.v1 import export_pb2
from tests.integration.store import random_traces
from tests.integration.store.exports.exporting import held_up

RUN_ID = "run-3"
PAGE = 20
DAY_MICROS = 86_400 * 1_000_000


class Slow(Folder):
    """A place in which nothing is put before it may be."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.reached, self.may = threading.Event(), threading.Event()

    def put(self, part: Path, name: str) -> None:
        self.reached.set()
        assert self.may.wait(60)
        super().put(part, name)


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
        await database.write(lambda c: store.claim_job(c, job, "gone", -1.0))

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


async def test_a_page_may_take_longer_than_an_answer(make, stored, monkeypatch):
    monkeypatch.setattr(listing, "bounded", partial(limits.bounded, seconds=0.0))
    controller = await make()
    job_id = await controller.create(format="csv")
    assert (await controller.until(job_id, "completed", "failed")).status == "completed"


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


def begin_to_delete(connection: Connection) -> int:
    run = get_run(connection, RUN_ID, Scope.everything())
    begin_deletion(connection, run.run_key, "a controller", 10.0)
    return run.run_key


def delete_run(connection: Connection) -> None:
    run_key = begin_to_delete(connection)
    while delete_some(connection, run_key, "a controller", 10.0):
        pass


def expire_all(connection: Connection) -> None:
    while expire_requests(connection, (wall_micros() // DAY_MICROS + 3) * DAY_MICROS) is Left.MORE:
        pass


@pytest.fixture
async def ended(open_one, monkeypatch) -> random_traces.Stored:
    """Requests of runs that have ended, of each of them several pages."""
    monkeypatch.setattr("controller.exports.asked.PAGE_TRACES", PAGE)
    return await (await open_one()).write(random_traces.fill_ended)


@pytest.mark.parametrize(
    ("gone", "pages", "told"),
    [
        (delete_run, 0, f"run {RUN_ID} was deleted while its requests were written"),
        (delete_run, 1, f"run {RUN_ID} was deleted while its requests were written"),
        (begin_to_delete, 1, f"run {RUN_ID} was deleted while its requests were written"),
        (expire_all, 1, f"requests of run {RUN_ID} have reached their age and were deleted"),
    ],
)
async def test_a_file_of_a_run_of_which_requests_are_deleted_meanwhile_fails(
    make, ended, monkeypatch, gone, pages, told
):
    written = []

    class Interrupted(runner_module.FileWriting):
        async def _on_thread(self, work):
            done = await super()._on_thread(work)
            written.append(work)
            if len(written) == pages + 1:  # the first opens the file
                await self.database.write(gone)
            return done

    monkeypatch.setattr(runner_module, "FileWriting", Interrupted)
    controller = await make()
    job_id = await controller.create(format="csv", run_id=RUN_ID)
    job = await controller.until(job_id, "completed", "failed")
    assert (job.status, job.error_message, controller.files()) == ("failed", told, [])


async def test_a_file_of_a_run_that_is_being_deleted_already_fails(make, ended):
    controller = await make(running=False)
    job_id = await controller.create(format="csv", run_id=RUN_ID)
    await controller.database.write(begin_to_delete)
    controller.exports.start()
    job = await controller.until(job_id, "completed", "failed")
    assert (job.status, controller.files()) == ("failed", [])


async def test_a_file_of_all_runs_has_what_is_left_when_one_is_deleted(make, ended):
    controller = await make(running=False)
    job_ids = [await controller.create(format="csv", **of) for of in ({}, {"run_id": RUN_ID})]
    await controller.database.write(delete_run)
    controller.exports.start()
    jobs = [await controller.until(job_id, "completed", "failed") for job_id in job_ids]
    left = [trace for trace in ended.all() if trace["run_id"] != RUN_ID]
    assert [(job.status, job.trace_count) for job in jobs] == [("completed", len(left)), ("completed", 0)]


async def test_a_file_is_there_however_long_its_owner_stood_still_before_it_said_so(make, stored, monkeypatch):
    controller, other = await make(), await make(running=False)
    write, stood_still = controller.database.write, []

    async def slow(function, **more):
        if getattr(function, "func", None) is store.complete_job and not stood_still:
            stood_still.append(function)
            await write(lambda c: c.execute(update(export_jobs).values(owner_expires_at=1)))
            await other.exports._tidy()  # has no room to write it itself
        return await write(function, **more)

    monkeypatch.setattr(controller.database, "write", slow)
    job_id = await controller.create(format="csv")
    job = await controller.until(job_id, "completed", "failed")
    assert (bool(stood_still), job.status, len(controller.files())) == (True, "completed", 1)
    assert sum(len(piece.data) for piece in await controller.download(job_id)) == job.file_size_bytes


async def test_a_folder_that_cannot_be_written_fails_the_job(make, stored, tmp_path):
    (tmp_path / "exports").write_text("no folder")
    controller = await make()
    job = await controller.until(await controller.create(format="csv"), "failed")
    assert "could not be written" in job.error_message


async def test_a_job_that_cannot_be_read_fails_and_ends_no_other(make, stored):
    controller = await make(running=False)
    bad, good = [await controller.create(format="csv") for _ in range(2)]
    spoil = update(export_jobs).where(export_jobs.c.job_id == bad).values(request=b"\xff")
    await controller.database.write(lambda c: c.execute(spoil))
    controller.exports.start()
    assert (await controller.until(good, "completed")).trace_count == len(stored.all())
    assert ((await controller.job(bad)).status, (await controller.job(bad)).error_message) == (
        "failed",
        store.UNREADABLE,
    )


async def test_a_living_owner_keeps_its_job_whatever_the_clock_of_another_says(make, stored, monkeypatch):
    controller = await make(running=False)
    job_id = await controller.create(format="csv")
    (job,) = await controller.database.read(store.open_jobs)
    await controller.database.write(lambda c: store.claim_job(c, job, "another host", 600.0))
    controller.folder.mkdir()
    growing = controller.folder / f"{job_id}-00000000.part"
    growing.write_bytes(b"half a file")
    wall = runner_module.wall_micros
    monkeypatch.setattr(runner_module, "wall_micros", lambda: wall() + 3_600_000_000)
    await controller.exports._claim()
    await controller.exports._tidy()
    (found,) = await controller.database.read(store.open_jobs)
    assert (found.owner, growing.exists()) == ("another host", True)


async def test_a_job_is_claimed_only_as_it_was_seen(make, stored):
    controller = await make(running=False)
    await controller.create(format="csv")
    database = controller.database
    (pending,) = await database.read(store.open_jobs)
    first = await database.write(lambda c: store.claim_job(c, pending, "first", -1.0))
    assert first.owner == "first"
    assert await database.write(lambda c: store.claim_job(c, pending, "second", 9.0)) is None
    alive = {"job_id": first.job_id, "owner": "first", "trace_count": 1, "percent": 1.0, "seconds": 9.0}
    assert await database.write(lambda c: store.note_progress(c, **alive))
    # Seen when it was taken for lost, and alive after all.
    assert await database.write(lambda c: store.claim_job(c, first, "second", 9.0)) is None
    (now,) = await database.read(store.open_jobs)
    assert (now.owner, now.error_message) == ("first", None)


async def test_files_expire_when_what_else_is_there_cannot_be_looked_at(make, stored, monkeypatch):
    controller = await make(keep_seconds=0.0)
    job_id = await controller.create(format="csv")
    await controller.until(job_id, "completed")

    def names(_self: Folder) -> list[str]:
        raise OSError("too many files")

    monkeypatch.setattr(Folder, "names", names)
    await controller.exports._tidy()
    assert (await controller.job(job_id)).status == "expired"


async def test_jobs_are_found_however_many_are_looked_for(make, stored):
    controller = await make(running=False)
    job_id = await controller.create(format="csv")
    job_ids = [*(str(uuid.UUID(int=number)) for number in range(70_000)), job_id]
    assert list(await controller.database.read(lambda c: store.find_jobs(c, job_ids))) == [job_id]
