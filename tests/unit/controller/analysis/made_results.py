"""Result documents of servers whose behaviour is known."""

from __future__ import annotations

from typing import Any

from loadcell.v1 import result_pb2


def latency(p50: float | None, p99: float | None = None) -> result_pb2.LatencyStats:
    return result_pb2.LatencyStats(p50=p50, p99=p99)


def level(load: float | None = None, *, rate: float | None = None, **fields: Any) -> result_pb2.LevelResult:
    """A level without failures; ttft, tpot and e2e are medians, or pairs of a median and a 99th percentile."""
    timings = {"ttft": fields.pop("ttft", None), "tpot": fields.pop("tpot", None)}
    timings["e2e_latency"] = fields.pop("e2e", None)
    stats = {
        name: latency(*given) if isinstance(given, tuple) else latency(given)
        for name, given in timings.items()
        if given is not None
    }
    total = fields.pop("total_requests", 1000)
    failed = fields.get("failed_requests", 0)
    plain = {
        "concurrency": None if load is None else int(load),
        "requested_rate": rate,
        "throughput_tokens_per_sec": fields.pop("tokens", None),
        "request_rate_per_sec": fields.pop("completed", None),
        "total_requests": total,
        "successful_requests": fields.pop("successful_requests", total - failed),
        "verdict": result_pb2.Verdict(status=fields.pop("verdict", "clean")),
    }
    return result_pb2.LevelResult(**{**plain, **stats, **fields})


def run(*levels: result_pb2.LevelResult, **fields: Any) -> result_pb2.RunResult:
    plain = {"run_id": "r", "status": "completed", "duration_seconds": 60.0}
    plain["verdict"] = result_pb2.Verdict(status="clean")
    return result_pb2.RunResult(results=levels, **{**plain, **fields})


def saturating() -> result_pb2.RunResult:
    """A server that is full at 16 requests in flight and queues what comes beyond."""
    return run(
        level(1, tokens=100.0, completed=1.0, ttft=(50.0, 60.0), tpot=10.0, e2e=(1050.0, 1100.0)),
        level(4, tokens=390.0, completed=4.0, ttft=(52.0, 66.0), tpot=10.1, e2e=(1060.0, 1200.0)),
        level(16, tokens=1400.0, completed=14.0, ttft=(60.0, 90.0), tpot=10.5, e2e=(1110.0, 1400.0)),
        level(64, tokens=1450.0, completed=14.5, ttft=(3400.0, 3900.0), tpot=11.0, e2e=(4500.0, 5100.0)),
    )
