"""A stand-in for a gateway before a run of an hour, whose watcher says how fast it goes.

    python -m benchmarks.live_feed UPDATES

Serves the dashboard, the run and its WebSocket, and prints its port. The WebSocket tells how the run stands ten
times for each second of it: the next time whenever the watcher has said something. Messages are made by the
gateway's code, of a run with eight levels and twenty agents.
"""

from __future__ import annotations

import asyncio
import socket
import sys
import time
from datetime import UTC, datetime
from typing import Any

import uvicorn
import uvloop
from google.protobuf.timestamp_pb2 import Timestamp
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from gateway.health import Probe
from gateway.live.progress import progress
from gateway.web.dashboard import FRONT_PAGE, dashboard_routes
from loadcell.v1 import run_pb2

RUN_ID = "0198f4a2-0000-7000-8000-000000000001"
A_SECOND = 10  # updates
LEVELS = tuple(2**level for level in range(8))
AGENTS = 20
_SPREAD = {"mean": 1.1, "p50": 1.0, "p95": 2.0, "p99": 3.0}
_RATE = 40.0  # requests a second of each that is in flight
_BEGAN = time.time()
_CALLER = {
    "method": "open",
    "role": "admin",
    "permissions": ["runs:read", "runs:cancel", "traces:read"],
    "projects": [],
    "all_projects": True,
}
_RUN = {
    "run_id": RUN_ID,
    "status": "running",
    "server_url": "http://127.0.0.1:8000",
    "model": "bench",
    "started_at": datetime.fromtimestamp(_BEGAN, UTC).isoformat(),
    "config": {"concurrency": list(LEVELS), "agent_count": AGENTS, "goodput_thresholds": {"ttft_ms": 500}},
}


def update(number: int, count: int) -> run_pb2.WatchRunResponse:
    """Return how the run stands at one of `count` updates."""
    index, of_level = divmod(number * len(LEVELS), count)
    share = of_level / count
    load = LEVELS[index]
    elapsed = (1 + share * count / len(LEVELS)) / A_SECOND
    done = round(_RATE * load * elapsed)
    planned = round(_RATE * load * count / len(LEVELS) / A_SECOND)
    wave = 1 + (number * 7919 % 101) / 500  # no two after each other are the same
    latency = {name: 20 * load * wave * factor for name, factor in _SPREAD.items()}
    level = run_pb2.LevelProgress(
        index=index,
        concurrency=load,
        current=done,
        total=planned,
        percent=100 * share,
        completed=done,
        success_count=done - done // 100,
        error_count=done // 100,
        errors={"timeout": done // 200, "http_5xx": done // 100 - done // 200},
        in_flight=load,
        request_rate=_RATE * load * wave,
        token_rate=_RATE * load * wave * 100,
        output_tokens=done * 100,
        good_count=done - done // 50,
        verdict="clean",
        elapsed_seconds=elapsed,
        ttft=run_pb2.LiveLatency(count=done, **latency),
        itl=run_pb2.LiveLatency(count=done, **{name: value / 10 for name, value in latency.items()}),
        e2e=run_pb2.LiveLatency(count=done, **{name: value * 10 for name, value in latency.items()}),
        latest_request=_request(number, latency["p50"]),
    )
    return run_pb2.WatchRunResponse(
        revision=number,
        run=run_pb2.Run(run_id=RUN_ID, status="running"),
        levels=[level],
        level_count=len(LEVELS),
        overall_percent=100 * number / count,
        eta_seconds=(count - number) / A_SECOND,
        agents=[_agent(agent, done // AGENTS, load) for agent in range(AGENTS)],
        agent_count=AGENTS,
    )


def _request(number: int, ttft: float) -> run_pb2.RequestLog:
    failed = number % 50 == 0
    at = Timestamp()
    at.FromMicroseconds(round((_BEGAN + number / A_SECOND) * 1e6))
    return run_pb2.RequestLog(
        trace_id=f"{RUN_ID}-{number:012}",
        success=not failed,
        ttft_ms=None if failed else ttft,
        e2e_ms=ttft * 10,
        output_tokens=None if failed else 100,
        error_type="timeout" if failed else None,
        timestamp=at,
    )


def _agent(number: int, ended: int, load: int) -> run_pb2.AgentProgress:
    in_flight = load // AGENTS
    return run_pb2.AgentProgress(
        agent_id=f"agent-{number:02}",
        state="running",
        started=ended + in_flight,
        ended=ended,
        in_flight=in_flight,
        unacknowledged_batches=number % 3,
        verdict="clean",
    )


def make_app(count: int) -> Starlette:
    """Return what the page needs, of a run with so many updates."""

    async def caller(_request: Request) -> Response:
        return JSONResponse(_CALLER)

    async def run(_request: Request) -> Response:
        return JSONResponse(_RUN)

    async def timeline(_request: Request) -> Response:
        return JSONResponse({"run_id": RUN_ID, "points": [], "next_offset_seconds": None})

    async def watch(watcher: WebSocket) -> None:
        await watcher.accept(subprotocol="loadcell")
        try:
            for number in range(count):
                told = progress(update(number, count), "", _BEGAN + number / A_SECOND)
                await watcher.send_text(told.text)
                await watcher.receive_text()
            await watcher.receive_text()  # until it is closed
        except WebSocketDisconnect:
            return

    async def front() -> tuple[int, dict[str, Any]]:
        return 200, {}

    return Starlette(
        routes=[
            *dashboard_routes(Probe(FRONT_PAGE, "", front, {}), ""),
            Route("/api/v1/auth/me", caller),
            Route(f"/api/v1/benchmark/run/{RUN_ID}", run),
            Route(f"/api/v1/benchmark/run/{RUN_ID}/timeline", timeline),
            WebSocketRoute(f"/api/v1/benchmark/ws/run/{RUN_ID}", watch),
        ]
    )


async def main(count: int) -> None:
    """Serve until the input ends."""
    with socket.create_server(("127.0.0.1", 0)) as bound:
        print(bound.getsockname()[1], flush=True)  # who connects now waits
        config = uvicorn.Config(make_app(count), log_level="warning", access_log=False, ws="websockets-sansio")
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server.serve(sockets=[bound]))
        await asyncio.to_thread(sys.stdin.read)
        server.should_exit = True
        await serving


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1])))
