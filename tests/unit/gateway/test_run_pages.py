"""What the pages of new and of live runs reckon, without a browser."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from tests.node_path import node_path

PAGES = Path(__file__).parents[3] / "gateway" / "web" / "app" / "pages"
RUN = {"status": "running", "started_at": "2026-01-01T00:00:00Z", "config": {"concurrency": [1, 4]}}
STARTED = 1767225600
PROGRESS = {"type": "progress", "status": "running", "overall_percent": 10}
FIRST = {"level": 1, "index": 0, "total": 2}
SECOND = {"level": 4, "index": 1, "total": 2}


def reckoned(module: str, script: str, given: Any) -> Any:
    """Return what a script makes of `given` with the exports of a module, which are `page` there."""
    code = (
        f"const page = await import({json.dumps(str(PAGES / module))}); const given = JSON.parse(process.argv[1]);"
    )
    command = [node_path(), "--input-type=module", "--no-warnings", "-e", f"{code}\n{script}", json.dumps(given)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def merged(*messages: dict[str, Any]) -> Any:
    script = """
    const state = page.stateOf(given.run);
    for (const message of given.messages) page.merge(state, message);
    console.log(JSON.stringify({ ...state, elapsed: page.elapsed(state) }));
    """
    return reckoned("live/state.js", script, {"run": RUN, "messages": messages})


def test_a_message_that_lacks_figures_leaves_those_there_are() -> None:
    log = {"step": "before", "message": "asked", "status": "completed", "timestamp": 1.0}
    found = merged(
        {
            **PROGRESS,
            "concurrency": FIRST,
            "progress": {"current": 5, "total": 10, "percent": 50},
            "eta_seconds": 7,
            "agents": [{"agent_id": "a"}],
            "metrics": {"request_rate": 3.5, "timestamp": STARTED + 4},
        },
        {"type": "validation_log", "validation_log": log},
        {"type": "validation_log", "validation_log": log},
        {**PROGRESS, "concurrency": SECOND, "progress": {"current": 0, "total": 10, "percent": 0}},
    )
    assert found["metrics"]["request_rate"] == 3.5
    assert (found["overall"], found["eta"], found["elapsed"]) == (10, 7, 4)
    assert found["agents"] == [{"agent_id": "a"}]
    assert [level["percent"] for level in found["levels"]] == [100, 0]
    assert found["levels"][0]["metrics"]["request_rate"] == 3.5
    assert found["levels"][1]["metrics"] is None
    assert found["steps"] == [log]


def test_a_page_that_is_opened_late_has_the_figures_of_ended_levels() -> None:
    metrics = {"request_rate": 3.5, "ttft_p50": 12}
    done = {"current": 10, "total": 10, "percent": 100}
    told = {"type": "levels", "levels": [{"index": 0, "progress": done, "metrics": metrics}]}
    now = {**PROGRESS, "concurrency": SECOND, "progress": {"current": 1, "total": 10, "percent": 10}}
    for messages in ([told, now], [now, told]):
        found = merged(*messages)["levels"]
        assert found[0] == {"load": 1, **done, "metrics": metrics}
        assert (found[1]["percent"], found[1]["metrics"]) == (10, None)


def test_the_newest_requests_are_kept_and_numbered() -> None:
    found = merged(*({**PROGRESS, "request_log": {"request_id": str(number)}} for number in range(70)))
    assert len(found["requests"]) == 50
    assert found["requests"][0] == {"request_id": "69", "number": 70}


def test_the_history_of_a_long_run_stays_small_and_spans_all_of_it() -> None:
    script = """
    const history = page.makeHistory();
    for (let at = 0; at < 36000; at += 1) {
      const level = { index: at < 18000 ? 0 : 1, levels: [{ load: 1 }, { load: 4 }] };
      history.add({ metrics: { timestamp: at / 10 }, started: 0, ...level });
    }
    const times = history.points.map(({ at }) => at);
    const [first, last] = [times[0], times.at(-1)];
    console.log(JSON.stringify({ count: times.length, first, last, marks: history.marks }));
    """
    found = reckoned("live/history.js", script, None)
    assert 150 <= found["count"] <= 300
    assert found["first"] == 0
    assert found["last"] > 3_580
    assert found["marks"] == [{"x": 0, "text": "1"}, {"x": 1_800, "text": "4"}]


def test_the_past_of_a_run_stands_before_what_is_seen_of_it() -> None:
    script = """
    const history = page.makeHistory();
    const state = { started: given.started, index: 1, levels: [{ load: 1 }, { load: 4 }] };
    const metrics = { request_rate: 7, error_count: 5 };
    const see = (at) => history.add({ ...state, metrics: { ...metrics, timestamp: given.started + at } });
    see(8);
    history.fill(given.seconds, state);
    see(9);
    console.log(JSON.stringify(history));
    """
    second = {
        "success_count": "3",
        "error_count": "1",
        "output_tokens": "30",
        "in_flight": "2",
        "ttft": {"p50": 4.5},
    }
    seconds = [
        {**second, "level": at // 4, "second": at % 4, "started_at": f"2026-01-01T00:00:0{at}Z"} for at in range(8)
    ]
    found = reckoned("live/history.js", script, {"started": STARTED, "seconds": seconds})
    points = found["points"]
    # What has just been measured may not be stored yet, so the last seconds before it was watched are left out.
    assert [point["at"] for point in points] == [1, 2, 3, 4, 5, 8, 9]
    assert [point["level"] for point in points] == [0, 0, 0, 0, 1, 1, 1]
    assert [point["error_count"] for point in points] == [1, 2, 3, 4, 1, 5, 5]
    assert (points[0]["request_rate"], points[0]["token_rate"], points[0]["ttft_second"]) == (4, 30, 4.5)
    assert points[-1]["request_rate"] == 7
    assert found["marks"] == [{"x": 1, "text": "1"}, {"x": 5, "text": "4"}]
    assert found["changes"] == 3


def specified(**query: str) -> Any:
    script = """
    const values = page.valuesOf(given);
    const told = Object.entries(page.queryOf(values)).filter(([, text]) => text !== null);
    const same = JSON.stringify(page.valuesOf(Object.fromEntries(told))) === JSON.stringify(values);
    console.log(JSON.stringify({ ...page.specificationOf(values), same }));
    """
    found = reckoned("new/specification.js", script, query)
    assert found["same"]
    return found["specification"], found["problems"]


def test_only_what_was_chosen_is_specified() -> None:
    specification, problems = specified(
        **{
            "server_url": "http://192.0.2.1",
            "loop": "open",
            "rate": "5, 20",
            "concurrency": "7",
            "goodput_thresholds.ttft_ms": "500",
            "labels": "a=b=c, d=1",
            "stream": "false",
            "api_key": "never from an address",
        }
    )
    assert problems == []
    assert specification == {
        "server_url": "http://192.0.2.1",
        "rate": [5, 20],
        "num_prompts": 50,
        "input_len": 128,
        "output_len": 64,
        "goodput_thresholds": {"ttft_ms": 500},
        "labels": {"a": "b=c", "d": "1"},
        "stream": False,
    }


def test_what_cannot_be_read_is_named() -> None:
    problems = specified(concurrency="1,many", labels="nothing", framework_config="[]", seed="1.5")[1]
    assert problems == [
        ["framework_config", "not_object", {}],
        ["concurrency", "not_number", {}],
        ["seed", "not_whole", {}],
        ["labels", "not_pairs", {}],
    ]


def test_a_name_that_is_there_twice_is_no_silent_choice() -> None:
    specification, problems = specified(labels="a=1, b=2, a = 3", agent_labels="zone=a,zone=a")
    assert problems == [["agent_labels", "repeated", {"name": "zone"}], ["labels", "repeated", {"name": "a"}]]
    assert "labels" not in specification


def test_names_turn_no_text_around() -> None:
    script = "console.log(JSON.stringify(given.map(page.harmless)));"
    names = ["a\u202eb", "\u2067a\u2069", "x\u200f", "모델 <b> é\u200d"]
    assert reckoned("../dom.js", script, names) == ["a\ufffdb", "\ufffda\ufffd", "x\ufffd", names[3]]


def test_a_dataset_takes_the_place_of_a_length_and_is_needed() -> None:
    digest = "ab" * 32
    assert specified(prompts="dataset")[1] == [["dataset_asset", "needed", {}]]
    specification, problems = specified(prompts="dataset", dataset_asset=digest, input_len="7")
    assert problems == []
    assert (specification["dataset_asset"], "input_len" in specification) == (digest, False)
    assert "dataset_asset" not in specified(dataset_asset=digest)[0]
    script = "console.log(JSON.stringify(given.map((one) => page.commandOf(...one))));"
    known, unknown = reckoned(
        "new/commands.js", script, [[specification, "c:1", "my prompts.jsonl"], [specification, "c:1"]]
    )
    assert "--dataset 'my prompts.jsonl'" in known["command"]
    assert (known["missing"], unknown["missing"]) == ([], ["dataset_asset"])
    assert "--dataset" not in unknown["command"]


def test_commands_name_the_controller_as_it_is_reached_from_the_page() -> None:
    script = "console.log(JSON.stringify(given.map((one) => page.controllerAddress(...one))));"
    told = ["127.0.0.1:50061", "[::1]:50051", "controller:50051", "a:1,b:2", ""]
    found = reckoned("../parts/command.js", script, [[one, "lab"] for one in told])
    assert found == ["lab:50061", "lab:50051", "controller:50051", "a:1,b:2", "HOST:PORT"]
    line = "console.log(JSON.stringify(page.commandLine(given, 'c:1')));"
    assert reckoned("../parts/command.js", line, ["run", "it's"]) == "loadcell run 'it'\\''s' --controller c:1"


def test_the_plan_says_what_it_knows() -> None:
    script = "console.log(JSON.stringify(given.map((one) => page.planOf(one))));"
    lengths = {"input_len": 10, "output_len": 5}
    closed, timed, opened = reckoned(
        "new/plan.js",
        script,
        [
            {"concurrency": [1, 50], "num_prompts": 100, "requests_per_slot": 4, **lengths},
            {"concurrency": [2], "duration_seconds": 30, "warmup": 0, **lengths},
            {"rate": [5, 20], "duration_seconds": 10, "dataset_asset": "ab", **lengths},
        ],
    )
    assert (closed["requests"], closed["promptTokens"], closed["seconds"], closed["warmup"]) == (
        300,
        3_000,
        None,
        6,
    )
    assert (timed["requests"], timed["outputTokens"], timed["seconds"], timed["warmup"]) == (None, None, 30, 0)
    assert (opened["requests"], opened["promptTokens"], opened["seconds"]) == (250, None, 20)
