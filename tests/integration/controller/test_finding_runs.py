"""Lists of runs with filters, and what people say of runs."""

from __future__ import annotations

import asyncio
import sqlite3

import grpc
import pytest

from controller.scope import Scope
from controller.store.place import parse_place
from loadcell.clock import wall_micros
from loadcell.rpc_errors import from_rpc_error
from loadcell.v1 import run_pb2


async def refusal(call) -> tuple[str, str | None]:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await call
    error = from_rpc_error(refused.value)
    return error.reason, error.field


async def listed(controller, **filters) -> tuple[list[str], int]:
    answer = await controller.runs.ListRuns(run_pb2.ListRunsRequest(**filters))
    return [run.run_id for run in answer.runs], answer.total


async def updated(controller, run_id: str, **changes) -> run_pb2.Run:
    return (await controller.runs.UpdateRun(run_pb2.UpdateRunRequest(run_id=run_id, **changes))).run


async def test_labels_notes_and_the_mark_of_a_run(controller):
    run_id = await controller.create(labels={"team": "search", "old": "x"})
    run = await updated(
        controller,
        run_id,
        labels={"team": "ads", "gpu": "h100"},
        remove_labels=["old", "no"],
        notes="why",
        baseline=True,
    )
    assert dict(run.labels) == {"team": "ads", "gpu": "h100"}
    assert (run.notes, run.baseline, run.project_id, run.status) == ("why", True, "default", "pending")
    for same in (await controller.run(run_id), await updated(controller, run_id)):
        assert same == run
    await controller.agent()
    ended = await controller.ended(run_id)
    assert (dict(ended.labels), ended.notes, ended.baseline) == (dict(run.labels), "why", True)
    assert dict((await controller.result(run_id)).config.labels) == dict(run.labels)
    after = await updated(controller, run_id, remove_labels=["team"], notes="", baseline=False)
    assert (dict(after.labels), after.notes, after.baseline) == ({"gpu": "h100"}, "", False)
    # The document says the same as the run, although it was made before.
    assert dict((await controller.result(run_id)).config.labels) == {"gpu": "h100"}
    updates = [u async for u in controller.runs.WatchRun(run_pb2.WatchRunRequest(run_id=run_id))]
    assert dict(updates[-1].run.labels) == {"gpu": "h100"}


async def test_changes_that_are_refused_change_nothing(controller):
    run_id = await controller.create(labels={f"k{n}": "" for n in range(63)})
    before = await controller.run(run_id)
    for field, changes in (
        ("labels", {"labels": {"a": "", "b": ""}}),
        ("labels", {"labels": {"": "x"}}),
        ("labels", {"labels": {"a": "v" * 257}}),
        ("labels", {"labels": {"a": "\0"}}),
        ("notes", {"notes": "a\0b"}),
        ("remove_labels", {"remove_labels": ["k"] * 65}),
        ("remove_labels", {"remove_labels": ["a"], "labels": {"a": "b"}}),
        ("notes", {"notes": "x" * 10_001}),
        ("run_id", {"run_id": ""}),
    ):
        request = run_pb2.UpdateRunRequest(**{"run_id": run_id, **changes})
        assert (await refusal(controller.runs.UpdateRun(request)))[1] == field
    missing = controller.runs.UpdateRun(run_pb2.UpdateRunRequest(run_id="missing"))
    assert (await refusal(missing))[0] == "RUN_NOT_FOUND"
    assert await controller.run(run_id) == before
    room = await updated(controller, run_id, labels={"a": "", "b": ""}, remove_labels=["k0"])
    assert len(room.labels) == 64


async def test_runs_are_found_by_time_project_label_and_mark(controller):
    hour = 3600 * 1_000_000
    now = wall_micros()
    ids = [await controller.create(project_id=f"p{n % 2}", labels={"n": str(n)}) for n in range(4)]
    with sqlite3.connect(controller.database) as database:
        for age, run_id in zip((72, 48, 2, 0), ids, strict=True):
            database.execute(
                "UPDATE benchmark_runs SET created_at = ? WHERE run_id = ?", (now - age * hour, run_id)
            )
    database.close()
    await updated(controller, ids[1], baseline=True)
    assert await listed(controller) == (ids[::-1], 4)
    assert await listed(controller, created_from="now-1d") == ([ids[3], ids[2]], 2)
    assert await listed(controller, created_from="now-3d", created_to="now-1h", limit=1) == ([ids[2]], 2)
    assert await listed(controller, created_to="2001-01-01T00:00:00Z") == ([], 0)
    assert await listed(controller, project_id="p1") == ([ids[3], ids[1]], 2)
    assert await listed(controller, baseline=True) == ([ids[1]], 1)
    assert await listed(controller, baseline=False, labels=["n"], limit=2) == ([ids[3], ids[2]], 3)
    assert await listed(controller, labels=["n=1"]) == ([ids[1]], 1)
    assert await listed(controller, labels=["n=1", "m"]) == ([], 0)
    assert await listed(controller, labels=["n%"]) == ([], 0)


@pytest.mark.parametrize(
    ("filters", "reason", "field"),
    [
        ({"created_from": "yesterday"}, "INVALID_FIELD_FORMAT", "created_from"),
        ({"created_to": "2026-13-01T00:00:00Z"}, "INVALID_FIELD_VALUE", "created_to"),
        ({"created_from": "now", "created_to": "now-1h"}, "INVALID_DATE_RANGE", "created_to"),
        ({"labels": [""]}, "INVALID_FIELD_VALUE", "labels"),
        ({"labels": ["=x"]}, "INVALID_FIELD_VALUE", "labels"),
        ({"labels": ["a\0"]}, "INVALID_FIELD_VALUE", "labels"),
        ({"model": "a\0b"}, "INVALID_FIELD_VALUE", "model"),
        ({"project_id": "a\0b"}, "INVALID_FIELD_VALUE", "project_id"),
        ({"labels": ["k=" + "v" * 257]}, "INVALID_FIELD_VALUE", "labels"),
        ({"labels": [f"k{n}" for n in range(17)]}, "LIMIT_EXCEEDED", "labels"),
    ],
)
async def test_filters_that_cannot_be_name_their_field(controller, filters, reason, field):
    assert await refusal(controller.runs.ListRuns(run_pb2.ListRunsRequest(**filters))) == (reason, field)


async def test_runs_of_a_project_of_others_are_refused(controller, monkeypatch):
    await controller.create(project_id="q")
    monkeypatch.setattr("controller.services.run.scope_of", lambda context: Scope.of(["p"]))
    asked = run_pb2.ListRunsRequest(project_id="q")
    assert await refusal(controller.runs.ListRuns(asked)) == ("PROJECT_ACCESS_DENIED", "project_id")
    assert await listed(controller) == ([], 0)


async def test_pages_of_a_relative_time_count_from_the_first_one(controller):
    ids = [await controller.create() for _ in range(3)]
    request = run_pb2.ListRunsRequest(limit=1, created_from="now-60s", created_to="now+1s")
    found = []
    while True:
        page = await controller.runs.ListRuns(request)
        found += [run.run_id for run in page.runs]
        assert page.total == 3
        request.cursor = page.next_cursor
        if not page.next_cursor:
            break
    assert found == ids[::-1]
    request.cursor = (await controller.runs.ListRuns(run_pb2.ListRunsRequest(limit=1))).next_cursor
    assert await refusal(controller.runs.ListRuns(request)) == ("INVALID_CURSOR", "cursor")


async def test_what_is_said_through_another_controller_is_known_while_the_run_goes_on(start, postgresql_url):
    place = parse_place(postgresql_url)
    first, second = await start(database=place), await start(database=place)
    agent = await first.agent(complete=False)
    run_id = await first.create()
    await agent.until(lambda: agent.starts)
    await updated(second, run_id, labels={"said": "elsewhere"}, notes="why")
    async with asyncio.timeout(30):
        while (run := await first.run(run_id)).notes != "why":
            await asyncio.sleep(0.02)
    assert (dict(run.labels), run.status) == ({"said": "elsewhere"}, "running")
    await first.runs.CancelRun(run_pb2.CancelRunRequest(run_id=run_id))
    assert (await first.ended(run_id)).notes == "why"
