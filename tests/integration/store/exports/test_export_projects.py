"""Whose traces are exported, and whose jobs are seen."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from controller.events.wanted import Wanted
from controller.scope import Scope
from controller.services import export as service_module
from controller.store.events import read_events
from loadcell.errors import LoadcellError
from loadcell.v1 import event_pb2, export_pb2
from tests.integration.store.exports.exporting import in_order


@pytest.fixture
def calling(monkeypatch) -> Callable:
    """Make all that follows the calls of somebody who may see some projects."""

    def by(*projects: str) -> None:
        monkeypatch.setattr(service_module, "scope_of", lambda context: Scope.of(projects))

    return by


async def refusal(call) -> tuple[str, str | None]:
    with pytest.raises(LoadcellError) as refused:
        await call
    return refused.value.reason, refused.value.field


async def test_jobs_of_other_projects_are_not_there(make, stored, calling):
    controller = await make()
    theirs, everything = [await controller.create(format="csv", project_id=project) for project in ("p2", "")]
    await controller.until(theirs, "completed")
    await controller.until(everything, "completed")
    calling("p1")
    for job_id in (theirs, everything):
        assert await refusal(controller.job(job_id)) == ("JOB_NOT_FOUND", None)
        assert await refusal(controller.download(job_id)) == ("JOB_NOT_FOUND", None)
    theirs = controller.create(format="csv", project_id="p2")
    assert await refusal(theirs) == ("PROJECT_ACCESS_DENIED", "project_id")
    found = json.loads(await controller.file(format="json"))
    assert [t["trace_id"] for t in found] == [
        t["trace_id"] for t in in_order(stored, lambda t: t["project_id"] == "p1")
    ]
    calling()
    assert await refusal(controller.create(format="csv")) == ("PROJECT_ACCESS_DENIED", "project_id")


async def test_who_has_several_projects_exports_all_of_them(make, stored, calling):
    controller = await make()
    calling("p1", "default")
    mine = in_order(stored, lambda t: t["project_id"] in ("p1", "default"))
    assert len({trace["project_id"] for trace in mine}) == 2
    found = json.loads(await controller.file(format="json", fields=["trace_id", "project_id"]))
    assert [trace["trace_id"] for trace in found] == [trace["trace_id"] for trace in mine]
    one = json.loads(await controller.file(format="json", project_id="default"))
    assert {trace["project_id"] for trace in one} == {"default"}

    async def listed(**request: object) -> list[tuple[str, list[str]]]:
        answer = await controller.service.ListExportJobs(export_pb2.ListExportJobsRequest(**request), None)
        assert answer.pagination.total == len(answer.data)
        return [(job.project_id, list(job.project_ids)) for job in answer.data]

    alone, both = ("default", ["default"]), ("", ["default", "p1"])
    assert await listed() == [alone, both]
    assert await listed(project_id="default") == [alone]
    for projects, seen in (
        (["p1", "default", "p2"], [alone, both]),
        (["default", "p2"], [alone]),
        (["p1", "p2"], []),
    ):
        calling(*projects)
        assert await listed() == seen


async def test_events_of_a_job_are_for_who_may_see_all_its_projects(make, stored, calling):
    controller = await make()
    made = [await controller.create(format="csv")]
    calling("p1", "p2")
    made.append(await controller.create(format="csv"))
    await controller.until(made[1], "completed")
    told = await controller.database.read(lambda c: read_events(c, after=0, limit=1_000))

    def heard_by(scope: Scope) -> set[str]:
        wanted = Wanted(frozenset(["export_job_status"]), event_pb2.EventFilter(), scope)
        return {event.message.export_job.job_id for event in told if wanted.fits(event)}

    assert heard_by(Scope.everything()) == set(made)
    assert heard_by(Scope.of(["p1", "p2", "p3"])) == {made[1]}
    assert heard_by(Scope.of(["p1"])) == heard_by(Scope.of([])) == set()
    assert {event.message.export_job.project_id for event in told if event.kind == "export_job_status"} == {""}
