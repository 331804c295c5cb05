"""Jobs of exports: what is told of them, how they are listed and how many there may be."""

from __future__ import annotations

import asyncio
import uuid

import pytest

from controller.store import exports as store
from controller.store.events import read_events
from loadcell.errors import LoadcellError
from loadcell.v1 import export_pb2
from tests.integration.store.exports.exporting import in_order


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
        ({"project_id": "a\0b"}, "INVALID_FIELD_VALUE", "project_id"),
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
