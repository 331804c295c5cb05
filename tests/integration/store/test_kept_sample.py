"""Runs that keep a sample of their requests, or none, from the batches to every answer about them."""

from __future__ import annotations

import json
import zlib
from collections import Counter
from collections.abc import Callable
from dataclasses import fields, replace
from datetime import date

import numpy as np
import pytest
from sqlalchemy import func, select, update

from controller.dispatch.results import compute_result
from controller.ingest.decode import decode, rows
from controller.keeping import FAILURES
from controller.query.files import export
from controller.query.metrics.rows import Contexts
from controller.query.metrics.spans import Edge
from controller.query.timeline import run_timeline
from controller.scope import Scope
from controller.store import censored, leases, runs, samples, sums
from controller.store.database import Connection, Database
from controller.store.metrics_requests import read_requests
from controller.store.origins import get_origin
from controller.store.records import LeaseRecord, RunRecord
from controller.store.retention import Left, expire_requests, requests_expired
from controller.store.rollups import rollup_of
from controller.store.schema import benchmark_runs, trace_errors, traces
from controller.store.schema_queries import rollups
from controller.store.schema_sums import batch_rollups, batch_sums
from controller.store.unkept import refuse_unkept
from loadcell.errors import LoadcellError
from loadcell.stats.columns import CANCELLED, CENSORED, ERROR, OK, SampleArrays
from loadcell.stats.pricing import Price, PriceList
from loadcell.stats.rollup import DAY, MINUTE
from loadcell.v1 import agent_pb2, result_pb2, run_pb2, sample_pb2, target_pb2
from tests.integration.store.test_behaviour import RUN
from tests.unit.report.same_results import THRESHOLDS, assert_same, assert_same_rates, busy_rows

START = 1_800_000_000_000_000
SECONDS = 12
DAY_MICROS = DAY * 1_000_000
PLAN = target_pb2.LevelPlan(rate=100.0, duration_micros=SECONDS * 1_000_000, request_count=0)
ALL, TENTH, NONE = {}, {"trace_sample_rate": 0.1}, {"sketch_only": True}
BATCH_ROWS = 90
PRICES = PriceList(
    [
        Price(
            provider="someone",
            model="m",
            effective_date=date(2020, 1, 1),
            prompt_nano=7_000,
            completion_nano=9_000,
        )
    ]
)
REASONS = ["stop", "length"]


def columns(part: SampleArrays) -> bytes:
    """Return requests as an agent sends them; failures have messages."""
    names = {f.name for f in fields(SampleArrays)} - {"agent", "lease"}
    failed = np.flatnonzero(part.status == ERROR).tolist()
    return sample_pb2.SampleColumns(
        row_count=len(part),
        **{name: getattr(part, name).tolist() for name in names},
        finish_reasons=REASONS,
        errors=[sample_pb2.SampleError(row=row, message=f"failure {row}") for row in failed],
        timelines=[b"\x01\x01"] * len(part),
    ).SerializeToString()


def sent_rows(count: int = 1_200, seed: int = 1) -> SampleArrays:
    """Requests as agents tell of them: what is CENSORED they know nothing of."""
    made = busy_rows(count, SECONDS, seed)
    return replace(made, status=np.where(made.status == CENSORED, OK, made.status))


class Kept:
    """A stored run and its two leases."""

    def __init__(self, database: Database, run: RunRecord, two: list[LeaseRecord]) -> None:
        self.database, self.run, self.leases = database, run, two
        self.failures: Counter[int] = Counter()

    async def ingest(self, part: SampleArrays, number: int, lease: LeaseRecord) -> samples.Refused:
        """Store a batch of a lease as it is taken from its agent."""
        data = columns(part)

        def store(connection: Connection) -> samples.Refused:
            found = rows(
                decode(data, zlib.crc32(data)),
                get_origin(connection, lease),
                PRICES,
                self.failures,
                run_key=self.run.run_key,
                level=0,
                lease_key=lease.lease_key,
                batch_number=number,
            )
            return samples.insert_batches(connection, [found])

        return await self.database.write(store)

    async def ingest_all(self, every: SampleArrays) -> None:
        self.failures = Counter()
        for share, lease in enumerate(self.leases):
            mine = every.where(every.agent == share)
            for number, first in enumerate(range(0, len(mine), BATCH_ROWS), 1):
                assert not await self.ingest(mine.rows(first, first + BATCH_ROWS), number, lease)

    async def result(self) -> result_pb2.RunResult:
        return await self.database.read(lambda c: compute_result(c, self.run))

    async def count(self, table=traces) -> int:
        query = select(func.count()).select_from(table).where(table.c.run_key == self.run.run_key)
        return await self.database.read(lambda c: c.execute(query).scalar_one())

    async def delete(self) -> None:
        await self.database.write(lambda c: samples.delete_leases(c, self.run.run_key))
        while await self.database.write(lambda c: samples.delete_some_requests(c, self.run.run_key)):
            pass


Begin = Callable[..., object]


@pytest.fixture
async def begin(open_one) -> Begin:
    """Store a run that keeps what it is told to, with two leases; all runs are of one context."""
    database = await open_one()

    async def new(keeps: dict[str, object], plan: target_pb2.LevelPlan = PLAN) -> Kept:
        config = result_pb2.RunConfig(goodput_thresholds=THRESHOLDS, seed=7, **keeps)
        run_id = f"run-{len(str(keeps))}-{plan.request_count}"
        record = replace(RUN, run_id=run_id, model="m", config=config, created_at=START)

        def fill(connection: Connection) -> Kept:
            run = runs.insert_run(connection, record, [plan], None)
            runs.set_level(connection, run.run_key, 0, start_micros=START)
            leases.insert_leases(
                connection,
                [
                    LeaseRecord(
                        lease_key=0,
                        lease_id=f"{run_id}.0.{share}",
                        run_key=run.run_key,
                        level=0,
                        share_index=share,
                        share_count=2,
                        agent_id=f"agent-{share}",
                        state=agent_pb2.LEASE_STATE_COMPLETED,
                        last_batch_number=100,
                        start_micros=START,
                    )
                    for share in range(2)
                ],
            )
            return Kept(database, run, leases.list_leases(connection, run.run_key))

        return await database.write(fill)

    return new


@pytest.mark.parametrize("keeps", [TENTH, NONE], ids=["a_tenth", "none"])
async def test_results_and_timelines_are_those_of_a_run_that_keeps_all(begin, keeps):
    every = sent_rows()
    whole, part = await begin(ALL), await begin(keeps)
    await whole.ingest_all(every)
    await part.ingest_all(every)
    exact, sketched = await whole.result(), await part.result()
    assert_same(exact, sketched)
    assert_same_rates(exact.results[0], sketched.results[0])
    assert {*sketched.results[0].error_messages} == {*sketched.results[0].errors}
    measured = every.warmup == 0
    assert sketched.results[0].total_requests == measured.sum()

    async def seconds(of: Kept) -> list[run_pb2.TimelinePoint]:
        wanted = run_pb2.GetRunTimelineRequest(run_id=of.run.run_id)
        told = await of.database.read(lambda c: run_timeline(c, wanted, Scope.everything()))
        return list(told.points)

    for one, other in zip(await seconds(whole), await seconds(part), strict=True):
        for name in ("second", "due_count", "sent_count", "success_count", "error_count", "in_flight"):
            assert getattr(one, name) == getattr(other, name), (one.second, name)
        assert one.output_tokens == other.output_tokens
        for a, b in ((one.ttft, other.ttft), (one.e2e, other.e2e)):
            assert (a.count, a.mean, a.p50, a.p95) == pytest.approx((b.count, b.mean, b.p50, b.p95))


async def test_the_sample_is_that_of_the_seed_and_failures_are_kept_up_to_a_bound(begin):
    every = sent_rows()
    part, none = await begin(TENTH), await begin(NONE)
    await part.ingest_all(every)
    await none.ingest_all(every)
    unset = int(np.isin(every.status, (CANCELLED, CENSORED)).sum())
    failed = int((every.status == ERROR).sum())
    assert await none.count() == failed + unset  # fewer failures than the bound
    kept = await part.count()
    assert 0.06 < (kept - failed - unset) / (len(every) - failed - unset) < 0.14
    # Another agent makes the same requests: the same ones are kept.
    again = await begin(TENTH, target_pb2.LevelPlan(rate=100.0, request_count=len(every)))
    await again.ingest_all(replace(every, agent=1 - every.agent))

    async def ordinals(of: Kept) -> list[int]:
        query = select(traces.c.ordinal).where(traces.c.run_key == of.run.run_key).order_by(traces.c.ordinal)
        return list(await of.database.read(lambda c: c.execute(query).scalars().all()))

    assert await ordinals(part) == await ordinals(again)
    many = await begin(NONE, target_pb2.LevelPlan(rate=100.0, request_count=7))
    one_class = replace(every, status=np.full(len(every), ERROR), error_class=np.full(len(every), 4))
    await many.ingest_all(one_class)
    assert await many.count() == await many.count(trace_errors) == FAILURES  # one counter for both leases here
    counted = await many.database.read(lambda c: [samples.count_errors(c, lease) for lease in many.leases])
    assert sum(counted, Counter()) == {4: FAILURES}
    assert (await many.result()).results[0].errors == {"timeout": int((every.warmup == 0).sum())}


@pytest.mark.parametrize("keeps", [TENTH, NONE], ids=["a_tenth", "none"])
async def test_a_batch_that_comes_twice_counts_once(begin, keeps):
    every = sent_rows(200)
    of = await begin(keeps)
    await of.ingest_all(every)
    before = await of.result()
    await of.ingest_all(every)  # acknowledged again, stored once
    assert await of.result() == before
    assert before.results[0].total_requests == (every.warmup == 0).sum()


@pytest.mark.parametrize("keeps", [ALL, TENTH, NONE], ids=["all", "a_tenth", "none"])
async def test_what_a_lost_lease_has_told_is_known_and_what_comes_late_takes_its_place(begin, keeps):
    every = sent_rows(300)
    of = await begin(keeps, target_pb2.LevelPlan(rate=100.0, request_count=300))
    lease = of.leases[0]
    mine = every.where((every.agent == 0) & (every.warmup == 0))
    assert not await of.ingest(mine.rows(0, 60), 1, lease)
    seen, late = mine.rows(0, 60), mine.rows(60, 90)

    def look(c: Connection) -> tuple[list[int], int | None, int, int]:
        known = censored.known_ordinals(c, lease, 10, 100)
        highest = censored.highest_ordinal(c, lease, 2, 0, 2)
        return (
            sorted(set(known.tolist())),
            highest,
            censored.last_end(c, lease),
            censored.longest_request(c, lease),
        )

    known, highest, last, longest = await of.database.read(look)
    between = seen.ordinal[(seen.ordinal >= 10) & (seen.ordinal <= 100)]
    assert (known, highest) == (between.tolist(), seen.ordinal.max())
    assert last == (seen.start_offset_micros + seen.e2e_micros).max()
    assert longest == seen.e2e_micros.max()

    given_up = late.ordinal
    await of.database.write(
        lambda c: censored.insert_censored(c, lease, given_up, late.start_offset_micros, 9_000_000)
    )
    level = (await of.result()).results[0]
    assert (level.total_requests, level.censored_requests) == (90, 30)
    assert level.unexecuted_requests == 300 - 90
    assert not await of.ingest(late.rows(0, 20), 2, lease)
    level = (await of.result()).results[0]
    assert (level.total_requests, level.censored_requests) == (90, 10)
    outcomes = ("successful", "failed", "cancelled", "censored", "unexecuted")
    assert sum(getattr(level, f"{name}_requests") for name in outcomes) == 300


@pytest.mark.parametrize("keeps", [TENTH, NONE], ids=["a_tenth", "none"])
async def test_deleting_a_run_leaves_nothing_of_it_and_all_of_the_others(begin, keeps):
    other = await begin(ALL, target_pb2.LevelPlan(rate=100.0, request_count=5))
    await other.ingest_all(sent_rows(150, seed=3))
    third = await begin(NONE, target_pb2.LevelPlan(rate=100.0, request_count=6))
    await third.ingest_all(sent_rows(150, seed=4))

    def read(connection: Connection) -> list[object]:
        return [rollup_of(row) for row in connection.execute(select(rollups).order_by(*rollups.primary_key))]

    before = await other.database.read(read)
    of = await begin(keeps)
    await of.ingest_all(sent_rows(700))
    assert await other.database.read(read) != before
    await of.delete()
    for table in (traces, trace_errors, batch_sums, batch_rollups):
        assert await of.count(table) == 0
    assert await other.database.read(read) == before
    for rest in (third, other):
        await rest.delete()
    assert await other.database.read(read) == []


async def test_questions_about_parts_of_minutes_are_refused_where_not_all_was_kept(begin):
    of = await begin(TENTH)
    await of.ingest_all(sent_rows(200))
    whole = await begin(ALL)
    minute = MINUTE * 1_000_000
    inside, apart = Edge(START, START + 1), Edge(START - 10 * minute, START - 9 * minute)
    everywhere = Contexts(np.zeros(0, np.int64), {}, every=True)
    elsewhere = Contexts(np.array([77]), {}, every=False)

    def ask(edge: Edge, of_contexts: Contexts) -> Callable[[Connection], list[object]]:
        return lambda connection: list(read_requests(connection, [edge], of_contexts))

    with pytest.raises(LoadcellError) as refused:
        await whole.database.read(ask(inside, everywhere))
    assert refused.value.reason == "REQUESTS_NOT_KEPT"
    assert await whole.database.read(ask(apart, everywhere)) == []
    assert await whole.database.read(ask(inside, elsewhere)) == []
    await whole.database.read(lambda c: refuse_unkept(c, [], []))
    await of.delete()
    assert await whole.database.read(ask(inside, everywhere)) == []


async def test_the_lines_of_requests_say_that_they_are_a_sample(begin):
    every = sent_rows(300)
    for keeps, rate in ((ALL, None), (TENTH, 0.1), (NONE, 0.0)):
        of = await begin(keeps)
        await of.ingest_all(every)
        wanted = run_pb2.ExportRunResultRequest(run_id=of.run.run_id, format="jsonl", partial=True)
        pieces = [piece async for piece in export(of.database, wanted, Scope.everything())]
        lines = [json.loads(line) for line in b"".join(pieces).splitlines()]
        assert len(lines) == await of.count()
        assert {line.get("trace_sample_rate") for line in lines} == {rate}
        assert not await of.database.read(lambda c, key=of.run.run_key: requests_expired(c, key))


@pytest.mark.parametrize("keeps", [TENTH, NONE], ids=["a_tenth", "none"])
async def test_sums_reach_their_age_with_the_requests(begin, keeps, monkeypatch):
    monkeypatch.setattr(sums, "DELETE_BATCHES", 1)
    of = await begin(keeps)
    every = sent_rows(300)
    # Nothing fails and nothing is cancelled: without a sample no request is kept at all.
    await of.ingest_all(replace(every, status=np.full(len(every), OK)))
    key = of.run.run_key
    done = update(benchmark_runs).where(benchmark_runs.c.run_key == key).values(status="completed")
    await of.database.write(lambda c: c.execute(done) and None)
    before = (START // DAY_MICROS + 2) * DAY_MICROS

    async def expired() -> bool:
        return await of.database.read(lambda c: requests_expired(c, key))

    assert not await expired()
    whole = await of.count(batch_sums)
    assert whole == 4
    seen = set()
    while await of.database.write(lambda c: expire_requests(c, before)) is Left.MORE:
        left = await of.count(batch_sums)
        seen.add(left)
        assert left == whole or await expired()
    assert seen >= {0, 1, 2, 3}
    for table in (traces, batch_sums, batch_rollups):
        assert await of.count(table) == 0
    assert await expired()
    await of.delete()
    left = await of.database.read(lambda c: c.execute(select(func.sum(rollups.c.ok_count))).scalar_one())
    assert left == 3 * len(every)  # it stays in the sums of minutes, hours and days
