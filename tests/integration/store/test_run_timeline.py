"""The timeline of a stored run, on either engine, against a count by brute force."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from random import Random

import pytest

from controller.query.timeline import run_timeline
from controller.scope import Scope
from controller.store import leases, runs, samples
from controller.store.records import LeaseRecord
from controller.store.samples import BatchRows
from controller.store.schema import INTEGER_COLUMNS
from loadcell.errors import LoadcellError
from loadcell.v1 import agent_pb2, run_pb2, target_pb2
from tests.integration.store.test_behaviour import RUN

S = 1_000_000
STARTS = (1_800_000_000 * S, 1_800_000_100 * S, 0)  # the last level was never started
SHIFTS = {(0, 0): 0, (0, 1): 1_400_000, (1, 0): -700}  # by level and share
EVERYTHING = Scope.everything()


class Stored:
    """A run of two levels in the database, and its requests: level, warm-up and measured columns."""

    def __init__(self, database) -> None:
        self.database = database
        self.rows: list[dict[str, int]] = []

    async def fill(self, random: Random) -> None:
        plans = [target_pb2.LevelPlan(index=level, request_count=99) for level in range(3)]
        run = await self.database.write(
            partial(runs.insert_run, record=replace(RUN, run_id="run-1"), plans=plans, request_id=None)
        )
        for level, start in enumerate(STARTS):
            await self.database.write(
                partial(runs.set_level, run_key=run.run_key, level=level, start_micros=start)
            )
        for (level, share), shift in SHIFTS.items():
            lease = LeaseRecord(
                0, f"l{level}{share}", run.run_key, level, share, 2, "a", agent_pb2.LEASE_STATE_RUNNING
            )
            lease = replace(lease, start_micros=STARTS[level] + shift)
            await self.database.write(partial(leases.insert_leases, records=[lease]))
        for lease in await self.database.read(lambda c: leases.list_leases(c, run.run_key)):
            await self.batch(random, lease)

    async def batch(self, random: Random, lease: LeaseRecord) -> None:
        traces = []
        for ordinal in range(150):
            start = random.randrange(6 * S) if ordinal else 0
            values = dict.fromkeys(INTEGER_COLUMNS, 0) | {
                "scheduled_offset_micros": max(0, start - random.choice([0, 0, 1_500_000])),
                "start_offset_micros": start,
                "e2e_micros": random.choice([-1, random.randrange(3 * S)]),
                "ttft_micros": random.choice([-1, random.randrange(S)]),
                "completion_tokens": random.choice([-1, 7]),
                "status": random.choice([1, 1, 2, 3, 4]),
            }
            warmup = int(random.random() < 0.1)
            key = (lease.run_key, lease.level, warmup, ordinal, lease.lease_key)
            traces.append((*key, *values.values(), 1.5, None, 7, 1, -1, -1))
            shift = SHIFTS[lease.level, lease.share_index]
            self.rows.append({**values, "level": lease.level, "warmup": warmup, "shift": shift})
        batch = BatchRows(lease.lease_key, 1, traces, [], [], b"", [])
        assert not await self.database.write(lambda c: samples.insert_batches(c, [batch]))  # none is refused

    def counted(self, level: int) -> list[tuple[int, ...]]:
        """Level, second, due, sent, succeeded, failed, in flight, tokens, values of ttft: of each second."""
        spans = []
        for row in self.rows:
            if row["level"] == level and not row["warmup"] and row["status"] != 4:
                start = max(0, row["start_offset_micros"] + row["shift"])
                end = max(0, row["start_offset_micros"] + row["shift"] + max(0, row["e2e_micros"]))
                spans.append(
                    (max(0, row["scheduled_offset_micros"] + row["shift"]) // S, start // S, end // S, row)
                )
        found = []
        for second in range(max((end for _, _, end, _ in spans), default=-1) + 1):
            ended = [row for *_, end, row in spans if end == second]
            good = [row for row in ended if row["status"] == 1]
            found.append(
                (
                    level,
                    second,
                    sum(due == second for due, *_ in spans),
                    sum(start == second for _, start, *_ in spans),
                    len(good),
                    sum(row["status"] == 2 for row in ended),
                    sum(start <= second < end for _, start, end, _ in spans),
                    sum(max(0, row["completion_tokens"]) for row in good),
                    sum(row["ttft_micros"] >= 0 for row in good),
                )
            )
        return found

    async def told(self, **request: int) -> run_pb2.GetRunTimelineResponse:
        wanted = run_pb2.GetRunTimelineRequest(run_id="run-1", **request)
        return await self.database.read(lambda c: run_timeline(c, wanted, EVERYTHING))


def shown(points) -> list[tuple[int, ...]]:
    names = ("level", "second", "due_count", "sent_count", "success_count", "error_count", "in_flight")
    return [(*(getattr(p, name) for name in names), p.output_tokens, p.ttft.count) for p in points]


@pytest.fixture
async def stored(open_one) -> Stored:
    made = Stored(await open_one())
    await made.fill(Random(11))
    return made


async def test_every_second_of_every_level_is_told_however_it_is_cut_into_pages(stored):
    expected = stored.counted(0) + stored.counted(1)
    assert len(expected) > 12
    whole = await stored.told()
    assert shown(whole.points) == expected
    assert not whole.HasField("next_offset_seconds")
    assert [p.started_at.seconds for p in whole.points] == [STARTS[p.level] // S + p.second for p in whole.points]
    assert shown((await stored.told(level=1)).points) == stored.counted(1)
    assert not (await stored.told(level=2)).points
    for limit in (1, 4):
        pages, offset = [], 0
        while True:
            page = await stored.told(limit=limit, offset_seconds=offset)
            assert len(page.points) <= limit
            pages += page.points
            if not page.HasField("next_offset_seconds"):
                break
            offset = page.next_offset_seconds
        assert [point.SerializeToString(deterministic=True) for point in pages] == [
            point.SerializeToString(deterministic=True) for point in whole.points
        ]
    assert not (await stored.told(offset_seconds=2**31 - 1)).points


async def test_what_is_asked_wrongly_is_named(stored):
    for request, reason, field in (
        ({"level": 3}, "INVALID_FIELD_VALUE", "level"),
        ({"level": -1}, "INVALID_FIELD_VALUE", "level"),
        ({"limit": 0}, "LIMIT_EXCEEDED", "limit"),
        ({"limit": 10_001}, "LIMIT_EXCEEDED", "limit"),
        ({"offset_seconds": -1}, "INVALID_FIELD_VALUE", "offset_seconds"),
    ):
        with pytest.raises(LoadcellError) as refused:
            await stored.told(**request)
        assert (refused.value.reason, refused.value.field) == (reason, field)
    elsewhere = Scope.of(["another"])
    request = run_pb2.GetRunTimelineRequest(run_id="run-1")
    with pytest.raises(LoadcellError, match="there is no run run-1"):
        await stored.database.read(lambda c: run_timeline(c, request, elsewhere))
