from pathlib import Path

import grpc
import pytest
from google.protobuf import json_format
from scripted_runs import ScriptedRuns, scripted, update

from loadcell.client import Client, LoadcellError
from loadcell.settings import Secret
from loadcell.v1 import result_pb2, run_pb2, target_pb2, validation_pb2

RUNNING, COMPLETED, FAILED = run_pb2.RUN_STATE_RUNNING, run_pb2.RUN_STATE_COMPLETED, run_pb2.RUN_STATE_FAILED
AWAY = LoadcellError("SERVICE_UNAVAILABLE", "the controller is stopping")


async def test_every_argument_of_create_run_reaches_its_field():
    runs = ScriptedRuns()
    runs.answers["CreateRun"] = [run_pb2.CreateRunResponse(run_id="r", status="started")]
    async with scripted(runs) as port, Client(f"127.0.0.1:{port}", api_key="controller-key") as client:
        created = await client.create_run(
            request_id="8a6e0804-2bd0-4672-b79d-d97027f9071a",
            server_url="http://x",
            model="m",
            adapter="openai",
            rate=[1.5, 2],
            arrival="poisson",
            max_concurrency=9,
            duration_seconds=3.5,
            num_prompts=7,
            concurrency=[4],
            input_len=10,
            output_len=11,
            stream=False,
            warmup=0,
            timeout=12.5,
            api_key="target-key",
            goodput_thresholds=target_pb2.GoodputThresholds(ttft_ms=500),
            seed=5,
            labels={"a": "b"},
            headers={"x-team": "t"},
            tokenizer_asset="t" * 64,
            dataset_asset="d" * 64,
            agent_count=2,
            agent_labels={"region": "eu"},
            worker_count=3,
            force=True,
            timeline=False,
            framework="vllm",
            framework_config={"max_num_seqs": 4},
            tls_verify=False,
            validate_only=True,
            project_id="p",
            provider="openai",
            environment="staging",
            service_name="s",
            user_id="u",
            session_id="t",
            tags=["a"],
            record_texts=True,
            trace_sample_rate=0.5,
            sketch_only=True,
            acknowledge_load=True,
            requests_per_slot=4,
            validation_config=validation_pb2.ValidationConfig(enabled=True),
        )
    assert created.run_id == "r"
    assert runs.metadata[0]["x-api-key"] == "controller-key"
    request = runs.requests[0]
    unset = {field.name for field in request.DESCRIPTOR.fields} - {field.name for field, _ in request.ListFields()}
    # Explicit zeros and falses are presence fields that ListFields reports; the older name stays unused.
    assert unset == {"vllm_config"}
    assert json_format.MessageToDict(request)["frameworkConfig"] == {"max_num_seqs": 4.0}
    assert request.arrival == target_pb2.ARRIVAL_POISSON


async def test_arguments_left_out_stay_unset_so_that_the_controller_decides():
    runs = ScriptedRuns()
    runs.answers["CreateRun"] = [run_pb2.CreateRunResponse(run_id="r")] * 2
    async with scripted(runs) as port, Client(f"127.0.0.1:{port}") as client:
        await client.create_run(server_url="http://x")
        await client.create_run(server_url="http://x")
    first, second = runs.requests
    assert {field.name for field, _ in first.ListFields()} == {"request_id", "server_url"}
    assert first.request_id != second.request_id
    assert "x-api-key" not in runs.metadata[0]


async def test_a_refusal_carries_reason_and_field():
    runs = ScriptedRuns()
    runs.answers["CreateRun"] = [LoadcellError("INVALID_FIELD_VALUE", "warmup must be ...", field="warmup")]
    async with scripted(runs) as port, Client(f"127.0.0.1:{port}") as client:
        with pytest.raises(LoadcellError, match="warmup must be") as caught:
            await client.create_run(server_url="http://x", warmup=-1)
    assert (caught.value.reason, caught.value.field) == ("INVALID_FIELD_VALUE", "warmup")


@pytest.mark.parametrize("key", ["two\nlines", "sch\u00e9", Secret("tab\t")])
async def test_a_key_that_cannot_be_sent_is_refused_at_once(key):
    with pytest.raises(LoadcellError, match="printable ASCII") as caught:
        Client("127.0.0.1:1", api_key=key)
    assert caught.value.reason == "INVALID_API_KEY"


async def test_an_absent_controller_is_service_unavailable():
    async with scripted(ScriptedRuns()) as port:
        pass
    async with Client(f"127.0.0.1:{port}") as client:
        with pytest.raises(LoadcellError) as caught:
            await client.get_run("r")
    assert caught.value.reason == "SERVICE_UNAVAILABLE"


async def test_single_calls():
    runs = ScriptedRuns()
    run = run_pb2.Run(run_id="r", status="running")
    runs.answers = {
        "GetRun": [run_pb2.GetRunResponse(run=run)],
        "CancelRun": [run_pb2.CancelRunResponse(run=run)],
        "DeleteRun": [run_pb2.DeleteRunResponse(deleted="r")],
        "GetRunResult": [run_pb2.GetRunResultResponse(result=result_pb2.RunResult(run_id="r"))],
        "CompareRuns": [run_pb2.CompareRunsResponse(run_count=2)],
    }
    async with scripted(runs) as port, Client(f"127.0.0.1:{port}") as client:
        await client.connected()
        assert (await client.get_run("r")).status == "running"
        assert (await client.cancel_run(run)).run_id == "r"
        await client.delete_run(run_pb2.CreateRunResponse(run_id="r"))
        assert (await client.result(run, partial=True)).run_id == "r"
        assert (await client.compare([run, "s"])).run_count == 2
    assert [getattr(request, "run_id", "") for request in runs.requests] == ["r", "r", "r", "r", ""]
    assert runs.requests[3].partial
    assert runs.requests[4].run_ids == ["r", "s"]


async def test_list_runs_reads_every_page():
    runs = ScriptedRuns()
    runs.answers["ListRuns"] = [
        run_pb2.ListRunsResponse(runs=[run_pb2.Run(run_id="1"), run_pb2.Run(run_id="2")], next_cursor="c"),
        run_pb2.ListRunsResponse(runs=[run_pb2.Run(run_id="3")]),
    ]
    async with scripted(runs) as port, Client(f"127.0.0.1:{port}") as client:
        found = [run.run_id async for run in client.list_runs(status="failed", model="m", page_size=2)]
    assert found == ["1", "2", "3"]
    assert [request.cursor for request in runs.requests] == ["", "c"]
    assert {(request.limit, request.status, request.model) for request in runs.requests} == {(2, "failed", "m")}


async def test_runs_are_filtered_and_changed():
    runs = ScriptedRuns()
    runs.answers = {
        "ListRuns": [run_pb2.ListRunsResponse(total=7)],
        "UpdateRun": [run_pb2.UpdateRunResponse(run=run_pb2.Run(run_id="r", notes="n"))],
        "CompareRuns": [run_pb2.CompareRunsResponse()],
    }
    async with scripted(runs) as port, Client(f"127.0.0.1:{port}") as client:
        filters = {
            "project_id": "p",
            "created_from": "now-1d",
            "created_to": "now",
            "labels": ["a"],
            "baseline": False,
            "search": "h100",
            "sort_by": "model",
            "sort_order": "asc",
        }
        assert [page.total async for page in client.run_pages(**filters)] == [7]
        assert (await client.update_run("r", labels={"a": "b"}, remove_labels=["c"], notes="")).notes == "n"
        await client.compare(["baseline", "r"], gates=["ttft.p50:+5%"])
    listed, updated, compared = runs.requests
    assert listed == run_pb2.ListRunsRequest(limit=50, **filters)
    assert updated == run_pb2.UpdateRunRequest(run_id="r", labels={"a": "b"}, remove_labels=["c"], notes="")
    assert compared == run_pb2.CompareRunsRequest(run_ids=["baseline", "r"], gates=["ttft.p50:+5%"])


async def test_the_timeline_is_read_page_by_page():
    runs = ScriptedRuns()
    points = [run_pb2.TimelinePoint(second=second) for second in range(3)]
    runs.answers["GetRunTimeline"] = [
        run_pb2.GetRunTimelineResponse(points=points[:2], next_offset_seconds=7),
        run_pb2.GetRunTimelineResponse(points=points[2:]),
    ]
    async with scripted(runs) as port, Client(f"127.0.0.1:{port}") as client:
        found = [point.second async for point in client.timeline("r", level=0, offset_seconds=5, page_size=2)]
    assert found == [0, 1, 2]
    assert [(r.offset_seconds, r.limit, r.level, r.HasField("level")) for r in runs.requests] == [
        (5, 2, 0, True),
        (7, 2, 0, True),
    ]


async def test_agents_and_drain():
    async with scripted(ScriptedRuns()) as port, Client(f"127.0.0.1:{port}") as client:
        assert [agent.agent_id async for agent in client.agents(page_size=2)] == ["a", "b", "c"]
        assert (await client.agent("b")).agent_id == "b"
        drained = await client.drain_agent("a")
        resumed = await client.drain_agent("a", resume=True)
    assert (drained.agent_id, drained.state) == ("a", 3)
    assert resumed.state == 1


async def test_watch_ends_with_the_last_update():
    runs = ScriptedRuns()
    runs.answers["WatchRun"] = [[update(RUNNING), update(FAILED, 2), update(RUNNING, 3)]]
    async with scripted(runs) as port, Client(f"127.0.0.1:{port}") as client:
        seen = [found.run.state async for found in client.watch("r")]
    assert seen == [RUNNING, FAILED]


async def test_watch_goes_on_after_the_controller_was_away():
    runs = ScriptedRuns()
    runs.answers["WatchRun"] = [[update(RUNNING), AWAY], AWAY, [update(RUNNING, 2)], [update(COMPLETED, 3)]]
    async with scripted(runs) as port, Client(f"127.0.0.1:{port}") as client:
        seen = [found.revision async for found in client.watch("r")]
    assert seen == [1, 2, 3]


async def test_watch_survives_a_restart_of_the_controller():
    before, after = ScriptedRuns(), ScriptedRuns()
    before.answers["WatchRun"] = [[update(RUNNING)]]
    after.answers["WatchRun"] = [[update(COMPLETED, 2)]]
    seen = []
    async with scripted(before) as port:
        client = Client(f"127.0.0.1:{port}")
        updates = client.watch("r")
        seen.append((await anext(updates)).revision)
    async with client, scripted(after, port):
        seen += [found.revision async for found in updates]
    assert seen == [1, 2]


async def test_watch_gives_up_after_its_patience():
    runs = ScriptedRuns()
    runs.answers["WatchRun"] = [AWAY] * 20
    async with scripted(runs) as port, Client(f"127.0.0.1:{port}") as client:
        with pytest.raises(LoadcellError, match="stopping"):
            _ = [found async for found in client.watch("r", patience_seconds=0.05)]


async def test_watch_does_not_insist_when_it_is_refused():
    runs = ScriptedRuns()
    runs.answers["WatchRun"] = [LoadcellError("RUN_NOT_FOUND", "there is no run r")]
    async with scripted(runs) as port, Client(f"127.0.0.1:{port}") as client:
        with pytest.raises(LoadcellError, match="no run r"):
            _ = [found async for found in client.watch("r")]
    assert len(runs.requests) == 1


async def test_export_hands_out_the_pieces():
    runs = ScriptedRuns()
    pieces = [run_pb2.ExportRunResultResponse(data=data) for data in (b"a,b\r\n", b"1,2\r\n")]
    runs.answers["ExportRunResult"] = [pieces, []]
    async with scripted(runs) as port, Client(f"127.0.0.1:{port}") as client:
        assert b"".join([piece async for piece in client.export("r", "csv", partial=True)]) == b"a,b\r\n1,2\r\n"
        assert [piece async for piece in client.export("r", "html", further=["s"], gates=["ttft.p50:+5%"])] == []
    assert (runs.requests[0].format, runs.requests[0].partial) == ("csv", True)
    assert (runs.requests[1].further_run_ids, runs.requests[1].gates) == (["s"], ["ttft.p50:+5%"])


@pytest.mark.parametrize("as_path", [True, False])
async def test_upload_cuts_files_into_pieces(tmp_path: Path, as_path: bool):
    content = bytes(range(256)) * 5000
    file = tmp_path / "prompts.jsonl"
    file.write_bytes(content)
    runs = ScriptedRuns()
    runs.answers["UploadAsset"] = [run_pb2.UploadAssetResponse(sha256="f" * 64)]
    async with scripted(runs) as port, Client(f"127.0.0.1:{port}") as client:
        source = file if as_path else content
        answer = await client.upload_asset(source, "dataset", filename="prompts.jsonl")
    assert answer.sha256 == "f" * 64
    pieces = runs.requests[0]
    assert (pieces[0].kind, pieces[0].filename) == (run_pb2.ASSET_KIND_DATASET, "prompts.jsonl")
    assert b"".join(piece.data for piece in pieces) == content
    assert max(len(piece.data) for piece in pieces) <= 1024 * 1024


async def test_a_refused_upload_carries_its_reason():
    runs = ScriptedRuns()
    runs.answers["UploadAsset"] = [LoadcellError("MALFORMED_DATASET", "prompts.jsonl line 2: not JSON")]
    async with scripted(runs) as port, Client(f"127.0.0.1:{port}") as client:
        with pytest.raises(LoadcellError, match="line 2"):
            await client.upload_asset(b"x" * 3_000_000, "dataset")


async def test_an_upload_that_is_not_let_in_is_given_up():
    runs = ScriptedRuns()
    runs.lets_in = False
    async with scripted(runs) as port, Client(f"127.0.0.1:{port}", timeout_seconds=0.1) as client:
        with pytest.raises(LoadcellError, match="did not take the file in time"):
            await client.upload_asset(b"x", "dataset")


async def test_an_upload_that_is_cut_off_says_so():
    runs = ScriptedRuns()
    runs.answers["UploadAsset"] = [grpc.StatusCode.INTERNAL]
    async with scripted(runs) as port, Client(f"127.0.0.1:{port}") as client:
        with pytest.raises(LoadcellError, match="try again") as caught:
            await client.upload_asset(b"x", "dataset")
    assert caught.value.reason == "SERVICE_UNAVAILABLE"


async def test_a_file_that_is_too_large_is_refused_before_it_travels(tmp_path: Path):
    file = tmp_path / "huge.jsonl"
    with file.open("wb") as huge:
        huge.truncate(256 * 1024 * 1024 + 1)
    async with Client("127.0.0.1:1") as client:
        with pytest.raises(LoadcellError, match=r"huge\.jsonl has 268,435,457 bytes") as caught:
            await client.upload_asset(file, "dataset")
    assert caught.value.reason == "PAYLOAD_TOO_LARGE"


async def test_a_missing_file_is_an_os_error(tmp_path: Path):
    async with Client("127.0.0.1:1") as client:
        with pytest.raises(FileNotFoundError):
            await client.upload_asset(str(tmp_path / "none"), "tokenizer")


async def test_a_reader_that_leaves_early_ends_the_stream():
    runs = ScriptedRuns()
    runs.answers["WatchRun"] = [[update(RUNNING, number) for number in range(1000)]]
    async with scripted(runs) as port, Client(f"127.0.0.1:{port}") as client:
        updates = client.watch("r")
        assert (await anext(updates)).revision == 0
        await updates.aclose()
