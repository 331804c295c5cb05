"""Lists, exports, comparisons, uploads and the fleet."""

from __future__ import annotations

import hashlib
import json
import sqlite3

import grpc
import pytest

from loadcell.rpc_errors import from_rpc_error
from loadcell.v1 import agent_pb2, fleet_pb2, run_pb2
from tests.unit.report.test_exports import cells_of
from tests.unit.report.test_page import Page


async def refusal(call) -> tuple[str, str | None, str]:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await (call.read() if hasattr(call, "read") else call)
    error = from_rpc_error(refused.value)
    return error.reason, error.field, error.message


async def test_F8_pages_hold_every_run_once_and_the_total_is_true(controller):
    created = [await controller.create(model="a" if n % 2 else "b") for n in range(7)]
    seen, cursor = [], ""
    while True:
        page = await controller.runs.ListRuns(run_pb2.ListRunsRequest(limit=3, cursor=cursor))
        assert (page.total, page.limit) == (7, 3)
        seen += [run.run_id for run in page.runs]
        cursor = page.next_cursor
        if not cursor:
            break
    assert seen == created[::-1]
    assert created == sorted(created)  # identifiers sort by creation
    skipped = await controller.runs.ListRuns(run_pb2.ListRunsRequest(limit=2, offset=5))
    assert [run.run_id for run in skipped.runs] == seen[5:]
    of_model = await controller.runs.ListRuns(run_pb2.ListRunsRequest(model="a"))
    assert (of_model.total, len(of_model.runs)) == (3, 3)
    assert not of_model.runs[0].HasField("config")


async def test_status_filter_takes_words_and_state_names(controller):
    await controller.create()
    cancelled = await controller.create()
    await controller.runs.CancelRun(run_pb2.CancelRunRequest(run_id=cancelled))
    await controller.ended(cancelled)
    for status, total in (
        ("pending", 1),
        ("RUN_STATE_PENDING", 1),
        ("Cancelled", 1),
        ("run_state_scheduled", 0),
        ("failed", 0),
    ):
        assert (await controller.runs.ListRuns(run_pb2.ListRunsRequest(status=status))).total == total


@pytest.mark.parametrize(
    ("request_", "reason", "field"),
    [
        (run_pb2.ListRunsRequest(limit=0), "LIMIT_EXCEEDED", "limit"),
        (run_pb2.ListRunsRequest(limit=1001), "LIMIT_EXCEEDED", "limit"),
        (run_pb2.ListRunsRequest(offset=-1), "LIMIT_EXCEEDED", "offset"),
        (run_pb2.ListRunsRequest(status="done"), "INVALID_FIELD_VALUE", "status"),
        (run_pb2.ListRunsRequest(cursor="!!"), "INVALID_CURSOR", "cursor"),
        (run_pb2.ListRunsRequest(cursor="W10"), "INVALID_CURSOR", "cursor"),
    ],
)
async def test_malformed_list_requests_name_the_field(controller, request_, reason, field):
    assert (await refusal(controller.runs.ListRuns(request_)))[:2] == (reason, field)


async def test_cursor_is_bound_to_its_filters(controller):
    for _ in range(2):
        await controller.create()
    page = await controller.runs.ListRuns(run_pb2.ListRunsRequest(limit=1))
    stolen = run_pb2.ListRunsRequest(limit=1, cursor=page.next_cursor, model="m")
    assert (await refusal(controller.runs.ListRuns(stolen)))[0] == "INVALID_CURSOR"


async def finished(controller, **fields) -> str:
    run_id = await controller.create(**fields)
    await controller.ended(run_id)
    return run_id


async def test_exports(controller):
    await controller.agent(fail_requests=1)
    run_id = await finished(controller)

    async def exported(file_format: str) -> bytes:
        request = run_pb2.ExportRunResultRequest(run_id=run_id, format=file_format)
        return b"".join([piece.data async for piece in controller.runs.ExportRunResult(request)])

    document = json.loads(await exported("json"))
    assert document["run_id"] == run_id
    assert document["results"][0]["total_requests"] == 10
    assert run_id in (await exported("csv")).decode()
    lines = [json.loads(line) for line in (await exported("jsonl")).splitlines()]
    assert sorted(line["ordinal"] for line in lines) == list(range(10))
    assert {line["agent_id"] for line in lines} == {"agent-1"}
    download = await controller.runs.DownloadRunResult(run_pb2.DownloadRunResultRequest(run_id=run_id))
    assert download.content_type == "text/csv; charset=utf-8"
    assert download.data == await exported("csv")
    for form, content_type in (("xlsx", "officedocument"), ("html", "text/html"), ("json", "application/json")):
        download = await controller.runs.DownloadRunResult(
            run_pb2.DownloadRunResultRequest(run_id=run_id, format=form)
        )
        assert content_type in download.content_type
        assert download.data == await exported(form)
        assert form == "xlsx" or run_id in download.data.decode()
    old_word = run_pb2.DownloadRunResultRequest(run_id=run_id, format="excel")
    assert "officedocument" in (await controller.runs.DownloadRunResult(old_word)).content_type
    lines_only = controller.runs.DownloadRunResult(run_pb2.DownloadRunResultRequest(run_id=run_id, format="jsonl"))
    assert (await refusal(lines_only))[:2] == ("INVALID_FIELD_VALUE", "format")
    wrong = controller.runs.ExportRunResult(run_pb2.ExportRunResultRequest(run_id=run_id, format="pdf"))
    assert (await refusal(wrong))[:2] == ("INVALID_FIELD_VALUE", "format")
    unknown = controller.runs.ExportRunResult(run_pb2.ExportRunResultRequest(run_id="x", format="jsonl"))
    assert (await refusal(unknown))[0] == "RUN_NOT_FOUND"


async def test_reports_hold_what_is_stored(controller):
    await controller.agent(fail_requests=1)
    first, second = [await finished(controller) for _ in range(2)]

    async def exported(**fields) -> bytes:
        request = run_pb2.ExportRunResultRequest(run_id=first, **fields)
        return b"".join([piece.data async for piece in controller.runs.ExportRunResult(request)])

    answer = await controller.runs.GetRunResult(run_pb2.GetRunResultRequest(run_id=first))
    level = answer.result.results[0]
    rows = Page(await exported(format="html")).rows
    assert ["TTFT p50 (ms)", f"{level.ttft.p50:,.2f}"] in rows
    assert ["Failed", f"{level.failed_requests}"] in rows
    lines = [json.loads(line) for line in (await exported(format="jsonl")).splitlines()]
    cells = cells_of(await exported(format="xlsx"), "Requests")
    sent = [line for line in lines if not line["warmup"]]
    for number, line in enumerate(sorted(sent, key=lambda line: line["ordinal"]), 2):
        told = [cells.get(f"{column}{number}", ("", ""))[1] for column in "BCKL"]
        assert told == [str(line["ordinal"]), line["agent_id"], line["status"], line["error_class"] or ""]
        e2e = float(cells[f"H{number}"][1])
        assert e2e == pytest.approx(line["e2e_micros"] / 1000)
    assert f"A{len(sent) + 2}" not in cells
    page = Page(await exported(format="html", further_run_ids=[second], gates=["ttft.p50:+100%"]))
    assert page.texts.count("Requests over time") == 2
    (gate,) = [cells for cells in page.rows if cells[0] == "ttft.p50:+100%"]
    assert gate[1] == "Run 2"
    assert page.row("Run 2")[0] == second
    for fields, reason, field in (
        ({"format": "csv", "further_run_ids": [second]}, "INVALID_FIELD_VALUE", "further_run_ids"),
        ({"format": "jsonl", "further_run_ids": [second]}, "INVALID_FIELD_VALUE", "further_run_ids"),
        ({"format": "html", "gates": ["ttft.p50:+5%"]}, "INVALID_FIELD_VALUE", "gates"),
        ({"format": "html", "further_run_ids": [second], "gates": ["x"]}, "INVALID_FIELD_VALUE", "gates"),
        ({"format": "html", "further_run_ids": [first]}, "INVALID_FIELD_VALUE", "run_ids"),
        ({"format": "html", "further_run_ids": ["gone"]}, "RUN_NOT_FOUND", None),
    ):
        request = run_pb2.ExportRunResultRequest(run_id=first, **fields)
        assert (await refusal(controller.runs.ExportRunResult(request)))[:2] == (reason, field)


async def test_a_page_goes_without_what_takes_too_long_to_read(controller, monkeypatch):
    await controller.agent()
    request = run_pb2.ExportRunResultRequest(run_id=await finished(controller), format="html")
    monkeypatch.setattr("controller.query.files.PATIENCE_SECONDS", -1.0)
    page = Page(b"".join([piece.data async for piece in controller.runs.ExportRunResult(request)]))
    assert any(text.startswith("The requests of some or all levels take too long") for text in page.texts)
    assert "Requests over time" not in page.texts


async def test_F9_compare_names_what_is_missing(controller):
    first = await controller.create()
    pending = controller.runs.CompareRuns(run_pb2.CompareRunsRequest(run_ids=[first, "missing"]))
    assert (await refusal(pending))[0] == "RUN_NOT_FINISHED"
    await controller.agent()
    await controller.ended(first)
    second = await finished(controller)
    answer = await controller.runs.CompareRuns(run_pb2.CompareRunsRequest(run_ids=[first, second]))
    assert answer.run_count == 2
    assert [figures.run_id for figures in answer.by_concurrency["1"].runs] == [first, second]
    missing = controller.runs.CompareRuns(run_pb2.CompareRunsRequest(run_ids=[first, "missing"]))
    assert await refusal(missing) == ("RUN_NOT_FOUND", None, "there is no run missing")
    for ids in ([first], [first, first]):
        few = controller.runs.CompareRuns(run_pb2.CompareRunsRequest(run_ids=ids))
        assert (await refusal(few))[:2] == ("INVALID_FIELD_VALUE", "run_ids")


async def test_watch_of_a_run_that_ended_in_an_earlier_process(start):
    first = await start()
    await first.agent()
    run_id = await finished(first)
    second = await start()  # shares the database, not the memory
    updates = [u async for u in second.runs.WatchRun(run_pb2.WatchRunRequest(run_id=run_id))]
    assert len(updates) == 1
    assert (updates[0].run.status, updates[0].overall_percent) == ("completed", 100)
    assert updates[0].levels[0].success_count == 10
    assert updates[0].levels[0].ttft.p50 == pytest.approx(1.0)


async def test_cancel_through_another_controller(start):
    first, second = await start(), await start()
    agent = await first.agent(complete=False)
    run_id = await first.create()
    await agent.until(lambda: agent.starts)
    await second.runs.CancelRun(run_pb2.CancelRunRequest(run_id=run_id))
    assert (await first.ended(run_id)).status == "cancelled"
    assert (await second.run(run_id)).status == "cancelled"


def pieces(kind, *data: bytes, filename: str = "file.jsonl"):
    async def generate():
        for part in data:
            yield run_pb2.UploadAssetRequest(kind=kind, filename=filename, data=part)

    return generate()


async def test_assets_are_stored_under_their_hash_and_given_to_agents(controller):
    content = b'{"prompt": "hello"}\n' * 100_000
    for _ in range(2):  # the same again changes nothing
        stored = await controller.runs.UploadAsset(
            pieces(
                run_pb2.ASSET_KIND_DATASET, *(content[i : i + 999_999] for i in range(0, len(content), 999_999))
            )
        )
    assert (stored.sha256, stored.size_bytes) == (hashlib.sha256(content).hexdigest(), len(content))
    given = [p.data async for p in controller.agents.GetAsset(agent_pb2.GetAssetRequest(sha256=stored.sha256))]
    assert b"".join(given) == content
    assert max(map(len, given)) <= 1024 * 1024
    await controller.create(dataset_asset=stored.sha256)
    as_tokenizer = run_pb2.CreateRunRequest(server_url="http://x", tokenizer_asset=stored.sha256)
    assert (await refusal(controller.runs.CreateRun(as_tokenizer)))[:2] == (
        "INVALID_FIELD_VALUE",
        "tokenizer_asset",
    )
    unknown = run_pb2.CreateRunRequest(server_url="http://x", dataset_asset="0" * 64)
    assert (await refusal(controller.runs.CreateRun(unknown)))[:2] == ("ASSET_NOT_FOUND", "dataset_asset")
    nothing = controller.agents.GetAsset(agent_pb2.GetAssetRequest(sha256="0" * 64))
    assert (await refusal(nothing))[0] == "ASSET_NOT_FOUND"


async def test_malformed_dataset_names_file_line_and_reason(controller):
    upload = controller.runs.UploadAsset(
        pieces(run_pb2.ASSET_KIND_DATASET, b'{"prompt": "a"}\n\n{"pro', b'mpt": ""}\n')
    )
    reason, _, message = await refusal(upload)
    assert reason == "MALFORMED_DATASET"
    assert message == 'file.jsonl line 3: "prompt" must be a text that is not empty'


async def test_tokenizer_that_is_none(controller):
    upload = controller.runs.UploadAsset(pieces(run_pb2.ASSET_KIND_TOKENIZER, b'{"a": 1}', filename="t.json"))
    assert (await refusal(upload))[2] == 't.json is no tokenizer.json: it has no "model"'
    good = await controller.runs.UploadAsset(pieces(run_pb2.ASSET_KIND_TOKENIZER, b'{"model": {}}'))
    assert good.size_bytes == 13


async def test_agents_are_listed_drained_and_lost(controller):
    names = ["agent-1", "agent-2", "agent-3"]
    agents = [await controller.agent(name) for name in names]
    page = await controller.fleet.ListAgents(fleet_pb2.ListAgentsRequest(limit=2))
    rest = await controller.fleet.ListAgents(fleet_pb2.ListAgentsRequest(limit=2, cursor=page.next_cursor))
    assert [agent.agent_id for agent in [*page.agents, *rest.agents]] == names
    assert (page.total, rest.next_cursor) == (3, "")
    assert page.agents[0].state == fleet_pb2.AGENT_STATE_READY
    assert dict(page.agents[0].labels) == {"region": "here"}

    drained = await controller.fleet.DrainAgent(fleet_pb2.DrainAgentRequest(agent_id="agent-1"))
    assert drained.agent.state == fleet_pb2.AGENT_STATE_DRAINING
    await agents[0].until(lambda: agents[0].drains == [True])
    run_id = await finished(controller)
    assert (await controller.run(run_id)).agent_ids == ["agent-2"]
    await agents[0].close()
    again = await controller.agent("agent-1")  # draining lasts over a reconnect
    await again.until(lambda: again.drains == [True])
    resumed = await controller.fleet.DrainAgent(fleet_pb2.DrainAgentRequest(agent_id="agent-1", resume=True))
    assert resumed.agent.state == fleet_pb2.AGENT_STATE_READY

    await agents[1].close()
    with sqlite3.connect(controller.database) as database:
        database.execute("UPDATE agents SET last_seen_at = 0 WHERE agent_id = 'agent-2'")
    database.close()
    lost = await controller.fleet.GetAgent(fleet_pb2.GetAgentRequest(agent_id="agent-2"))
    assert lost.agent.state == fleet_pb2.AGENT_STATE_LOST
    assert (await refusal(controller.fleet.GetAgent(fleet_pb2.GetAgentRequest(agent_id="x"))))[
        0
    ] == "AGENT_NOT_FOUND"
    metrics = await controller.fleet.GetLiveMetrics(fleet_pb2.GetLiveMetricsRequest())
    assert dict(metrics.agent_counts) == {"ready": 2, "busy": 0, "draining": 0, "lost": 1}
    assert dict(metrics.run_counts) == {"completed": 1}
    assert metrics.runs[0].run_id == run_id
    assert metrics.runs[0].levels[0].progress.completed == 10


async def test_second_session_ends_the_first(controller):
    # It writes nothing while it is being ended: grpc.aio would tell of that instead of the answer.
    first = await controller.agent(heartbeat_seconds=600)
    second = await controller.agent()
    await first.until(lambda: first.ended is not None)
    assert first.ended.code() is grpc.StatusCode.ABORTED
    error = from_rpc_error(first.ended)
    assert error.reason == "SESSION_REPLACED"
    assert "give each agent its own LOADCELL_AGENT_ID" in error.message
    await second.until(lambda: second.replies)
    assert second.ended is None


async def test_heartbeat_reply_holds_the_four_stamps(controller):
    agent = await controller.agent()
    await agent.until(lambda: len(agent.replies) >= 2)
    reply = agent.replies[1]
    assert reply.sequence == 2
    assert 0 < reply.agent_send_micros < reply.controller_receive_micros + 60_000_000
    assert reply.controller_receive_micros <= reply.controller_send_micros
    assert agent.registered.heartbeat_interval_micros == 100_000


@pytest.mark.parametrize(
    ("register", "reason"),
    [
        (agent_pb2.Register(agent_id="a", protocol_version=2), "PROTOCOL_VERSION_UNSUPPORTED"),
        (agent_pb2.Register(agent_id="a b", protocol_version=1), "INVALID_FIELD_FORMAT"),
        (agent_pb2.Register(agent_id="a", protocol_version=1, labels={"k": "v" * 2000}), "LIMIT_EXCEEDED"),
    ],
)
async def test_unusable_registration_is_refused(controller, register, reason):
    session = controller.agents.Session()
    await session.write(agent_pb2.SessionRequest(register=register))
    assert (await refusal(session))[0] == reason


async def test_cancel_through_another_controller_in_the_last_moment(start):
    """The driver learns of it when it wants to start the level, long before it would look by itself."""
    first, second = await start(), await start()
    agent = await first.agent(become_ready=False)
    run_id = await first.create()
    lease = f"{run_id}.0.0"
    await agent.until(lambda: lease in agent.grants)
    await second.runs.CancelRun(run_pb2.CancelRunRequest(run_id=run_id))
    await agent.report(lease, agent_pb2.LEASE_STATE_READY)
    assert (await first.ended(run_id)).status == "cancelled"
    assert lease not in agent.starts
    assert lease in agent.cancels
