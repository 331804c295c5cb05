"""Runs of requests that tests store without them: where there is no run, there are no requests either."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sqlalchemy import Connection, insert

from controller.store.schema import benchmark_runs
from loadcell.v1 import run_pb2


def store_runs(connection: Connection, times: Mapping[int, Collection[int]]) -> None:
    """Store runs by their keys, each created when its first request began and ended when its last did.

    Times are microseconds since 1970.
    """
    rows = [
        {
            "run_key": key,
            "run_id": f"stored-{key}",
            "log_request_id": "",
            "status": "completed",
            "state": run_pb2.RUN_STATE_COMPLETED,
            "server_url": "",
            "model": "",
            "adapter": "openai",
            "config": b"",
            "needs_secrets": False,
            "probed": True,
            "pin_output": False,
            "words_per_token": 1.0,
            "created_at": min(began),
            "completed_at": max(began),
            "notes": "[]",
        }
        for key, began in times.items()
    ]
    connection.execute(insert(benchmark_runs), rows)
