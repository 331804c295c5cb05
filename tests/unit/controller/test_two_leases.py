"""A level whose two leases one agent has had, from the tables to the result document."""

from __future__ import annotations

import zlib
from dataclasses import replace
from pathlib import Path

from controller.ingest.decode import decode, rows
from controller.messages import run_message
from controller.report.document import build_result
from controller.store.facts import load_facts
from controller.store.leases import insert_leases, list_leases
from controller.store.migrate import open_database
from controller.store.origins import get_origin
from controller.store.records import LeaseRecord, RunRecord
from controller.store.runs import insert_run, set_level
from controller.store.samples import insert_batches
from loadcell.stats.pricing import PriceList
from loadcell.v1 import agent_pb2, result_pb2, run_pb2, sample_pb2, target_pb2

START = 1_700_000_000_000_000
RUN = RunRecord(
    run_key=0,
    run_id="run",
    log_request_id="",
    state=run_pb2.RUN_STATE_RUNNING,
    server_url="http://t",
    model="m",
    adapter="openai",
    config=result_pb2.RunConfig(),
    needs_secrets=False,
    probed=True,
    pin_output=False,
    words_per_token=1.0,
    created_at=START,
    started_at=START,
    completed_at=None,
    error=None,
    notes=(),
    owner=None,
    owner_expires_at=None,
)
LEASE = LeaseRecord(
    0,
    "run.0.0",
    1,
    0,
    0,
    2,
    "agent",
    agent_pb2.LEASE_STATE_COMPLETED,
    last_batch_number=1,
    start_micros=START,
    worker_count=1,
)


def batch(ordinals: list[int]) -> bytes:
    """One request after another, a second each, from the start of the lease."""
    n = len(ordinals)
    offsets = [1_000_000 * place for place in range(n)]
    return sample_pb2.SampleColumns(
        row_count=n,
        ordinal=ordinals,
        scheduled_offset_micros=offsets,
        start_offset_micros=offsets,
        ttft_micros=[1_000] * n,
        e2e_micros=[1_000_000] * n,
        status=[sample_pb2.SAMPLE_STATUS_OK] * n,
    ).SerializeToString()


async def test_each_lease_is_aligned_by_its_own_start(tmp_path: Path) -> None:
    database = await open_database(tmp_path / "x.db")
    plan = target_pb2.LevelPlan(concurrency=2, request_count=8)

    def fill(connection) -> result_pb2.RunResult:
        run = insert_run(connection, RUN, [plan], None)
        set_level(connection, run.run_key, 0, start_micros=START, finished=True)
        later = replace(LEASE, lease_id="run.0.1", share_index=1, start_micros=START + 10_000_000)
        insert_leases(connection, [replace(LEASE, run_key=run.run_key), replace(later, run_key=run.run_key)])
        for share, lease in enumerate(list_leases(connection, run.run_key)):
            data = batch(list(range(share, 8, 2)))
            found = rows(
                decode(data, zlib.crc32(data)),
                get_origin(connection, lease),
                PriceList([]),
                run_key=run.run_key,
                level=0,
                lease_key=lease.lease_key,
                batch_number=1,
            )
            assert not insert_batches(connection, [found])
        return build_result(load_facts(connection, run, run_message))

    result = await database.write(fill)
    level = result.results[0]
    assert level.successful_requests == 8
    assert level.duration_seconds == 14.0  # the second lease ends 4 s after its start at 10 s
    assert result.agents[0].total_requests == 8
    await database.close()
