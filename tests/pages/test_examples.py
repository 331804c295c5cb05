"""The examples of the pages run as they stand, with only their addresses changed."""

from __future__ import annotations

import ast
import asyncio
import gzip
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.free_ports import free_address, free_port
from tests.patience import PATIENCE_SECONDS, first_line

ROOT = Path(__file__).resolve().parents[2]
SHOWN = {"grpc": "127.0.0.1:50051", "http": "localhost:8085", "exporter": "localhost:9090"}
PYTHON = [
    (page, block)
    for page in ("README.md", "docs/api.md", "docs/notebooks.md")
    for block in re.findall(r"^```python\n(.*?)^```", (ROOT / page).read_text(), flags=re.MULTILINE | re.DOTALL)
]


def ended(process: subprocess.Popen[str]) -> None:
    """Wait for the end of a process that was told to end, and take it away if it does not."""
    try:
        process.communicate(timeout=PATIENCE_SECONDS)
    finally:
        process.kill()


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """A mock server and the whole system, by the addresses the pages show for them."""
    home = tmp_path_factory.mktemp("home")
    mock = free_port()
    where = {name: free_address() for name in SHOWN}
    clean = {name: value for name, value in os.environ.items() if not name.startswith("LOADCELL_")}
    loadcell = [sys.executable, "-m", "loadcell.cli"]
    flags = [part for name, address in where.items() for part in (f"--{name}", address)]
    processes = [
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**clean, "XDG_DATA_HOME": str(home)})
        for command in ([*loadcell, "mock-server", "--port", str(mock)], [*loadcell, "up", *flags])
    ]
    try:
        for process in processes:
            assert first_line(process), "a process ended before it was ready"
        yield {**{SHOWN[name]: address for name, address in where.items()}, "127.0.0.1:8000": f"127.0.0.1:{mock}"}
    finally:
        for process in processes:
            process.send_signal(signal.SIGTERM)
        for process in processes:
            ended(process)


def adapted(example: str, places: dict[str, str]) -> str:
    for shown, address in places.items():
        example = example.replace(shown, address)
    return example.replace("num_prompts=100", "num_prompts=50")


@pytest.mark.parametrize(("page", "block"), PYTHON, ids=[page for page, _ in PYTHON])
async def test_python_examples_run(
    page: str, block: str, places: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    example = adapted(block, places)
    if "list_runs(" in example:
        await finished_run(places, model="mock-model", num_prompts=100, concurrency=[4])
    names: dict[str, Any] = {"__name__": "example"}
    if "asyncio.run" in example:
        await asyncio.to_thread(exec, compile(example, page, "exec"), names)
    else:
        await eval(compile(example, page, "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT), names)
    assert "100" in capsys.readouterr().out


needs_curl = pytest.mark.skipif(
    shutil.which("curl") is None and not os.environ.get("CI"), reason="the examples are for curl, which is missing"
)


@needs_curl
async def test_curl_examples_answer(places: dict[str, str], tmp_path: Path) -> None:
    started, history, chosen = await answers_of("api.md", places, tmp_path)
    assert started["status"] == "started"
    assert started["run_id"] in {run["run_id"] for run in history["runs"]}
    assert {frozenset(run) for run in chosen["runs"]} == {frozenset({"run_id", "status"})}
    async with gateway(places) as http:  # the agent is wanted for other runs
        await http.post(f"/api/v1/benchmark/run/{started['run_id']}/cancel", json={})
    listed, price, budget = await answers_of("costs.md", places, tmp_path)
    assert {one["provider"] for one in listed["data"]} == {"openai"}
    assert (price["data"]["model"], price["data"]["completion_cost_per_1k"]) == ("my-model", 0.0016)
    assert (budget["data"]["name"], budget["data"]["amount"]) == ("tests", 50)


@needs_curl
async def test_curl_examples_find_the_requests_of_a_run(places: dict[str, str], tmp_path: Path) -> None:
    run_id = await finished_run(places, model="mock-model", tags=["nightly"], num_prompts=10, concurrency=[2])
    known = places | {"0198c0de-0000-7000-8000-000000000000": run_id, "my-model": "mock-model"}
    failed, nightly, of_run, found = await answers_of("traces.md", known, tmp_path)
    assert {answer["status"] for answer in (failed, nightly, of_run, found)} == {"success"}
    assert (failed["data"], nightly["data"], found["data"]) == ([], [], [])
    assert len(of_run["data"]) >= 10
    assert all(trace.keys() >= {"ts", "ttft_ms", "trace_id"} for trace in of_run["data"])
    series, performance, compared, _ = await answers_of("asking.md", known, tmp_path)
    assert "mock-model" in {point["model"] for point in series["data"]["data"]}
    assert performance["data"]["request_count"] >= 10
    assert [model["model"] for model in compared["data"]["models"]] == ["mock-model", "gpt-4o"]
    failed, models = await answers_of("graphql.md", known, tmp_path)
    assert failed == {"data": {"traces": []}}
    assert {model["id"]: model["requestCount"] for model in models["data"]["models"]}["mock-model"] >= 10


@needs_curl
async def test_curl_examples_show_how_http_is_spoken(places: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "prompts.jsonl").write_text('{"prompt": "a"}\n{"prompt": "b"}\n')
    history, nothing, refused, health, stored = await answers_of("http.md", places, tmp_path)
    assert history["runs"] is not None
    assert nothing is None
    assert "allow: GET, HEAD, OPTIONS" in (tmp_path / "allowed.txt").read_text()
    assert refused["error"]["error_code"] == "NOT_ACCEPTABLE"
    parts = {name: health[name] for name in ("status", "controller", "database", "redis")}
    assert parts == {"status": "healthy", "controller": "healthy", "database": "healthy", "redis": "unused"}
    assert (len(stored["sha256"]), stored["row_count"]) == (64, 2)


@needs_curl
def test_curl_examples_tell_of_a_run_while_it_goes_on(places: dict[str, str]) -> None:
    page = (ROOT / "docs/live.md").read_text()
    (block,) = re.findall(r"^```sh\n(.*?)^```", page, flags=re.MULTILINE | re.DOTALL)
    shown = subprocess.run(
        ["bash", "-c", adapted(block, places)],
        check=True,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
    ).stdout
    names = re.findall(r"^event: (\w+)$", shown, flags=re.MULTILINE)
    assert names[-1] == "completed"
    assert "progress" in names


@needs_curl
async def test_curl_examples_export_a_file(places: dict[str, str], tmp_path: Path) -> None:
    created, listed = await answers_of("exports.md", places, tmp_path, until="JOB_ID")
    job_id = created["data"]["job_id"]
    assert listed["data"][0]["job_id"] == job_id
    await answered(places, f"/api/v1/export/jobs/{job_id}/download")
    await answers_of("exports.md", places | {"JOB_ID": job_id}, tmp_path, after="jobs/JOB_ID")
    assert gzip.decompress((tmp_path / "requests.csv.gz").read_bytes()).startswith(b"ts,")


@needs_curl
async def test_curl_examples_recommend_a_capacity(places: dict[str, str], tmp_path: Path) -> None:
    (started,) = await answers_of("recommending.md", places, tmp_path, until="RUN_ID")
    await answered(places, f"/api/v1/benchmark/recommend/{started['run_id']}/result")
    known = places | {"RUN_ID": started["run_id"]}
    state, found, deleted = await answers_of("recommending.md", known, tmp_path, after="RUN_ID")
    assert (state["run_id"], state["status"]) == (started["run_id"], "completed")
    assert found["recommendation"]["outcome"] in ("recommended", "at_most", "objectives_missed", "client_limited")
    assert [step["concurrency"] for step in found["test_results"]] == [1, 4]
    assert (found["workload"]["peak_concurrency"], found["current_infra"]["gpu_count"]) == (500, 4)
    assert deleted == {"deleted": started["run_id"]}


def gateway(places: dict[str, str]) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=f"http://{places['localhost:8085']}", trust_env=False)


async def finished_run(places: dict[str, str], **spec: object) -> str:
    """Carry out a run against the mock server and return its identifier."""
    spec = {"server_url": f"http://{places['127.0.0.1:8000']}", **spec}
    async with gateway(places) as http:
        run_id: str = (await http.post("/api/v1/benchmark/run", json=spec)).json()["run_id"]
    await answered(places, f"/api/v1/benchmark/result/{run_id}")
    return run_id


async def answered(places: dict[str, str], path: str) -> None:
    """Wait until a path is answered with 200."""
    async with gateway(places) as http:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while (answer := await http.get(path)).status_code != 200:
                assert answer.status_code in (202, 404, 409), answer.text
                await asyncio.sleep(0.05)


async def answers_of(
    page: str, places: dict[str, str], folder: Path, *, after: str = "", until: str = ""
) -> list[Any]:
    """What the examples for curl on a page are answered, those from one with some words, or up to one."""
    text = (ROOT / "docs" / page).read_text().replace("\\\n", " ")
    blocks = re.findall(r"^```\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)
    lines = [line for block in blocks for line in re.split(r"^(?=curl )", block, flags=re.MULTILINE)]
    documents = []
    for line in lines:
        if not line.startswith("curl ") or after not in line:
            continue
        if until and until in line:
            break
        words = shlex.split(adapted(line, places))
        process = await asyncio.create_subprocess_exec(
            *words, "--noproxy", "*", stdout=asyncio.subprocess.PIPE, cwd=folder
        )
        said, _ = await asyncio.wait_for(process.communicate(), PATIENCE_SECONDS)
        documents.append(json.loads(said or "null"))
    return documents
