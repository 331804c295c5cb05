"""Exports and events on the command line."""

from __future__ import annotations

import asyncio
import json
import os
import sys

import pytest

from loadcell.channel import dial
from loadcell.v1 import export_pb2_grpc
from tests.integration.exports.watched_jobs import until


async def command(*words: str) -> tuple[int, str, str]:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("LOADCELL_")}
    pipe = asyncio.subprocess.PIPE
    running = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "loadcell.cli", *words, env=environment, stdout=pipe, stderr=pipe
    )
    out, err = await running.communicate()
    return running.returncode, out.decode(), err.decode()


async def test_a_file_is_made_shown_and_fetched(start, filled, tmp_path):
    stored = await filled(tmp_path / "loadcell.db", 3)
    controller = await start(data_dir=tmp_path / "data")
    where = ("--controller", controller.address)
    code, out, err = await command("exports", "create", "--format", "jsonl", "--fields", "trace_id,model", *where)
    assert (code, err) == (0, "")
    job_id = out.strip()
    async with dial(controller.address) as channel:
        await until(export_pb2_grpc.ExportServiceStub(channel), job_id, "completed")
    code, out, err = await command("exports", "get", job_id, *where)
    assert (code, json.loads(out)["status"]) == (0, "completed")
    code, out, err = await command("exports", "list", "--json", *where)
    assert (code, [job["job_id"] for job in json.loads(out)["jobs"]]) == (0, [job_id])
    target = tmp_path / "requests.jsonl"
    code, out, err = await command("exports", "download", job_id, "--output", str(target), *where)
    assert (code, err) == (0, "")
    lines = [json.loads(line) for line in target.read_text().splitlines()]
    assert {line["trace_id"] for line in lines} == set(stored.traces)
    code, out, err = await command("exports", "cancel", job_id, *where)
    assert (code, "has ended" in err) == (1, True)


async def test_events_are_lines(start, filled, tmp_path):
    await filled(tmp_path / "loadcell.db", 1)
    controller = await start(data_dir=tmp_path / "data")
    running = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "loadcell.cli", "events", "watch", "run_state", "--after", "0",
        "--controller", controller.address, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        async with asyncio.timeout(60):
            lines = [json.loads(await running.stdout.readline()) for _ in range(3)]
    finally:
        running.kill()
        await running.communicate()
    assert [line["event_type"] for line in lines] == ["subscribed", "run_state", "run_state"]
    assert lines[1]["run_state"]["run_id"] == "run-0"


@pytest.mark.parametrize("words", [("exports", "--help"), ("events", "watch", "--help")])
async def test_help_is_there(words):
    code, out, _ = await command(*words)
    assert (code, bool(out)) == (0, True)
