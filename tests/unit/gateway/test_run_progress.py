"""The messages of the first load tester, made of what the controller says."""

import orjson
import pytest

from gateway.live.progress import end, has_ended, progress, validation
from loadcell.v1 import run_pb2

RUN = run_pb2.Run(run_id="r", status="running")


def update(**level: object) -> run_pb2.WatchRunResponse:
    found = run_pb2.WatchRunResponse(revision=7, run=RUN, level_count=3, overall_percent=50.0)
    if level:
        found.levels.append(run_pb2.LevelProgress(**level))
    return found


def shown(message: run_pb2.WatchRunResponse, latest: str = "") -> dict:
    return orjson.loads(progress(message, latest, 12.5).text)


def test_a_level_bounded_by_a_count():
    level = {
        "index": 1,
        "concurrency": 10,
        "current": 33.0,
        "total": 99.0,
        "percent": 100 / 3,
        "completed": 33,
        "success_count": 30,
        "error_count": 3,
        "output_tokens": 500,
        "elapsed_seconds": 2.0,
        "ttft": run_pb2.LiveLatency(mean=20.0, p50=19.0, count=30),
        "e2e": run_pb2.LiveLatency(mean=200.0, count=30),
    }
    found = shown(update(**level))
    metrics = found.pop("metrics")
    assert found == {
        "type": "progress",
        "run_id": "r",
        "status": "running",
        "progress": {"current": 33, "total": 99, "percent": 33.3},
        "concurrency": {"level": 10, "index": 1, "total": 3},
        "overall_percent": 50.0,
    }
    documented = {
        "concurrency": 10,
        "completed": 33,
        "success_count": 30,
        "error_count": 3,
        "ttft_avg": 20.0,
        "ttft_p50": 19.0,
        "e2e_avg": 200.0,
        "throughput_current": 250.0,
        "timestamp": 12.5,
    }
    assert documented.items() <= metrics.items()
    assert metrics["e2e_p99"] is None


def test_a_level_bounded_by_time_and_with_a_rate():
    found = shown(update(requested_rate=5.5, current=1.9, total=2.5, percent=76.0))
    assert found["progress"] == {"current": 1, "total": 2.5, "percent": 76.0}
    assert found["concurrency"] == {"level": None, "index": 0, "total": 3, "rate": 5.5}
    assert "metrics" not in found


def test_what_agents_do_is_told():
    agent = run_pb2.AgentProgress(agent_id="a", state="running", started=5, ended=3, in_flight=2, verdict="clean")
    told = update(concurrency=2)
    told.agents.append(agent)
    assert shown(told)["agents"] == [
        {
            "agent_id": "a",
            "state": "running",
            "started": 5,
            "ended": 3,
            "in_flight": 2,
            "unacknowledged_batches": 0,
            "verdict": "clean",
        }
    ]


def test_a_request_is_told_of_once():
    log = run_pb2.RequestLog(trace_id="t", success=False, e2e_ms=12.0, error_type="timeout")
    log.timestamp.FromMicroseconds(1_500_000)
    assert shown(update(latest_request=log))["request_log"] == {
        "request_id": "t",
        "status": "failed",
        "ttft_ms": None,
        "e2e_ms": 12.0,
        "output_tokens": None,
        "success": False,
        "error_type": "timeout",
        "timestamp": 1.5,
    }
    assert "request_log" not in shown(update(latest_request=log), "t")


@pytest.mark.parametrize(
    ("status", "error", "wanted"),
    [
        ("completed", None, {"type": "completed", "status": "completed", "summary": {"status": "completed"}}),
        ("failed", "no agents", {"type": "failed", "status": "failed", "error": "no agents"}),
        ("cancelled", None, {"type": "failed", "status": "cancelled", "error": "the run was cancelled"}),
    ],
)
def test_every_end_has_its_message(status, error, wanted):
    run = run_pb2.Run(run_id="r", status=status, error=error)
    assert has_ended(run_pb2.WatchRunResponse(run=run))
    assert orjson.loads(end(run).text) == {"run_id": "r", **wanted}
    assert not has_ended(update())


def test_steps_of_the_validation():
    step = run_pb2.ValidationLog(step="before", message="asked", status="running")
    step.timestamp.FromMicroseconds(2_000_000)
    assert orjson.loads(validation("r", step).text) == {
        "type": "validation_log",
        "run_id": "r",
        "validation_log": {"step": "before", "message": "asked", "status": "running", "timestamp": 2.0},
    }
