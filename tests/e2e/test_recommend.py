"""`loadcell recommend` against a server whose behaviour is known."""

import json
from pathlib import Path

from system import System

from loadcell.mockserver import Behavior, serve

SMALL = ("--steps", "2,1", "-n", "20", "--input-len", "8", "--output-len", "4", "--warmup", "0")
# A machine that is busy with other tests may be too slow to measure, which is then said.
CODES = {"at_most": 0, "objectives_missed": 3, "client_limited": 1}


async def test_a_server_that_meets_the_objectives_is_sized_and_the_answer_saved(shared: System, tmp_path: Path):
    saved = tmp_path / "recommendation.json"
    flags = ("--ttft", "60000", "--tpot", "60000", "--gpu", "H100", "--gpu-count", "4", "-o", str(saved))
    async with serve(Behavior(models=("m",), ttft_ms=20)) as server:
        done = await shared.run("recommend", server.url, "-p", "5", *SMALL, *flags, "--json")
    document, advice = done.document, done.document["recommendation"]
    assert advice["outcome"] in ("at_most", "client_limited"), done.err + shared.logs()
    assert done.code == CODES[advice["outcome"]]
    assert json.loads(saved.read_text()) == document
    assert [step["concurrency"] for step in document["test_results"]] == [1, 2]
    assert [step["total_requests"] for step in document["test_results"]] == [20, 20]
    if advice["outcome"] == "at_most":
        assert (advice["recommended_server_count"], advice["recommended_count"]) == (3, 12)
        assert document["current_infra"]["max_concurrency_is_at_least"]
    shown = await shared.run("runs", "show", document["run_id"])
    assert advice["reasoning"] in shown.out
    assert "recommend" in (await shared.run("runs", "list")).out


async def test_a_server_that_misses_the_objectives_fails_a_pipeline_and_is_told(shared: System):
    async with serve(Behavior(models=("m",), ttft_ms=50)) as server:
        done = await shared.run("recommend", server.url, "-p", "5", *SMALL, "--ttft-target", "1")
    assert "No recommendation: " in done.out, done.err + shared.logs()
    assert "no recommendation: " in done.err
    outcome = "objectives_missed" if "objectives missed" in done.err else "client_limited"
    assert done.code == CODES[outcome]


async def test_a_run_that_fails_prints_its_result_which_says_why(shared: System):
    async with serve(Behavior(models=("m",), ttft_ms=1)) as server:
        url = server.url
    done = await shared.run("recommend", url, "-p", "5", *SMALL, "--json")
    assert (done.code, done.document["status"]) == (1, "failed")
    assert "not reachable" in done.document["error"]
    assert done.err.splitlines()[-1] == f"error: {done.document['error']}"


async def test_wrong_flags_are_named_before_anything_is_measured(shared: System):
    for flags, named in (
        (("--steps", "1,x"), "--steps '1,x'"),
        (("--steps", "4,4"), "--steps: "),
        (("--headroom", "-1"), "--headroom: "),
        (("--ttft", "0"), "--ttft: "),
        (("--gpu-count", "2", "--tensor-parallelism", "4"), "--tensor-parallelism: "),
        (("-o", "x.csv"), "--output 'x.csv'"),
        (("--requests-per-slot", "1001"), "--requests-per-slot 1001: must be a whole number from 1 to 1,000"),
    ):
        done = await shared.run("recommend", "http://127.0.0.1:9", "-p", "5", *flags)
        assert (done.code, done.out) == (2, ""), flags
        assert done.err.startswith(f"error: {named}"), done.err
    done = await shared.run("recommend", "http://127.0.0.1:9")
    assert done.code == 2
    assert "--peak-concurrency" in done.err
