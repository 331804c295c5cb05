"""What the store promises, on either engine, to one controller and to several at once."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from functools import partial

import pytest
from sqlalchemy import text

from controller.scope import Scope
from controller.store import agents, assets, deletion, leases, ownership, runs, samples
from controller.store.records import AgentRecord, AssetRecord, LeaseRecord, RunRecord
from controller.store.samples import BatchRows
from controller.store.schema import INTEGER_COLUMNS
from loadcell.errors import LoadcellError
from loadcell.v1 import agent_pb2, result_pb2, run_pb2, target_pb2

RUN = RunRecord(
    run_key=0,
    run_id="run-1",
    log_request_id="",
    state=run_pb2.RUN_STATE_PENDING,
    server_url="http://t",
    model="a\0b",
    adapter="openai",
    config=result_pb2.RunConfig(num_prompts=4),
    needs_secrets=False,
    probed=False,
    pin_output=False,
    words_per_token=1.0,
    created_at=1,
    started_at=None,
    completed_at=None,
    error=None,
    notes=("a note",),
    owner="h:1:1",
    owner_expires_at=5,
)
PLANS = [target_pb2.LevelPlan(index=0, request_count=4)]
AGENT = AgentRecord("agent", "host\0", 2, "1", True, False, 1, 1, labels={"zone": "a\0"})


def batch(lease_key: int, number: int, ordinals: list[int], run_key: int = 1) -> BatchRows:
    keys = [(run_key, 0, 0, ordinal, lease_key) for ordinal in ordinals]
    return BatchRows(
        lease_key=lease_key,
        batch_number=number,
        traces=[
            (*key, *range(len(INTEGER_COLUMNS)), 1.5, "stop" if key[3] % 2 else None, 7, 1, -1, -1) for key in keys
        ],
        timelines=[(*key, b"\x00\x01") for key in keys],
        errors=[(*keys[0], 3, "HTTP\t503\\N\n")],
        sketches=b"",
        rollups=[],
    )


class TestStore:
    """Each test has a run with one lease, and two controllers that share the database."""

    @pytest.fixture(autouse=True)
    async def _filled(self, open_one):
        self.one, self.other = await open_one(), await open_one()

        def fill(connection) -> None:
            self.run = runs.insert_run(connection, RUN, PLANS, "request-1")
            lease = LeaseRecord(0, "run-1.0.0", self.run.run_key, 0, 0, 1, "agent", agent_pb2.LEASE_STATE_RUNNING)
            leases.insert_leases(connection, [lease])

        await self.one.write(fill)
        self.lease = await self.other.read(lambda c: leases.get_lease(c, "run-1.0.0"))

    async def both(self, first, second) -> list:
        return await asyncio.gather(self.one.write(first), self.other.write(second))

    async def ordinals(self) -> list[int]:
        found, _ = await self.one.read(lambda c: samples.read_samples(c, 1, 0, {self.lease.lease_key: 0}))
        return found.ordinal.tolist()

    async def test_what_is_written_is_read(self):
        assert self.run == replace(RUN, run_key=1, model="a\N{REPLACEMENT CHARACTER}b", context_key=1)
        stored = batch(self.lease.lease_key, 1, [3, 1, 2])
        assert await self.one.write(lambda c: samples.insert_batches(c, [stored])) == {}
        found, reasons = await self.other.read(lambda c: samples.read_samples(c, 1, 0, {self.lease.lease_key: 0}))
        assert (found.ordinal.tolist(), reasons) == ([1, 2, 3], ["stop"])
        assert found.finish_reason.tolist() == [0, -1, 0]
        assert found.tpot_micros.tolist() == [1.5] * 3
        for place, name in enumerate(INTEGER_COLUMNS):
            assert getattr(found, name).tolist() == [place] * 3
        assert await self.other.read(lambda c: samples.read_error_messages(c, 1, 0)) == {3: "HTTP\t503\\N\n"}
        assert await self.other.read(lambda c: samples.count_stored(c, 1)) == {0: 3}
        page = await self.other.read(
            lambda c: samples.read_page(c, 1, 0, {self.lease.lease_key: 0}, after=(0, 1, 1), limit=1)
        )
        assert (page.samples.ordinal.tolist(), page.last) == ([2], (0, 2, 1))

    async def test_same_request_creates_one_run_wherever_it_arrives(self):
        calls = [
            partial(runs.insert_run, record=replace(RUN, run_id=f"run-{n}"), plans=PLANS, request_id="r")
            for n in (2, 3)
        ]
        created = [run for run in await self.both(*calls) if run is not None]
        assert len(created) == 1
        found = await self.one.read(lambda c: runs.find_by_request(c, "r", Scope.everything()))
        assert found.run_id == created[0].run_id
        assert await self.one.read(lambda c: runs.find_by_request(c, "r", Scope.of([]))) is None

    async def test_batch_that_arrives_twice_is_stored_once(self):
        store = partial(samples.insert_batches, parts=[batch(self.lease.lease_key, 1, [0, 1])])
        assert await self.both(store, store) == [{}, {}]
        assert await self.one.write(store) == {}
        assert await self.ordinals() == [0, 1]

    async def test_batches_without_the_one_before_are_refused(self):
        key = self.lease.lease_key
        parts = [batch(key, 2, [2]), batch(key, 1, [0]), batch(key, 2, [1]), batch(99, 1, [5])]
        assert await self.one.write(lambda c: samples.insert_batches(c, parts)) == {
            (key, 2): "BATCH_GAP",
            (99, 1): "RUN_DELETED",
        }
        assert await self.ordinals() == [0, 1]
        assert (await self.one.read(lambda c: leases.get_lease(c, "run-1.0.0"))).committed_batch_number == 2

    async def test_batch_with_rows_that_are_there_costs_no_other(self):
        key = self.lease.lease_key
        second = replace(self.lease, lease_id="run-1.0.1", share_index=1)
        await self.one.write(lambda c: leases.insert_leases(c, [second]))
        parts = [batch(key, 1, [0]), batch(key, 2, [0]), batch(key, 3, [1]), batch(key + 1, 1, [0])]
        assert await self.one.write(lambda c: samples.insert_batches(c, parts)) == {
            (key, 2): "CORRUPT_BATCH",
            (key, 3): "BATCH_GAP",
        }
        assert await self.one.read(lambda c: samples.count_stored(c, 1)) == {0: 2}

    async def test_deletion_leaves_nothing_however_late_a_batch_is(self):
        late = [partial(samples.insert_batches, parts=[batch(self.lease.lease_key, n, [n])]) for n in (1, 2)]
        await self.both(late[0], partial(deletion.begin_deletion, run_key=1, owner="h:1:1", seconds=9))
        assert await self.one.write(late[1]) == {(self.lease.lease_key, 2): "RUN_DELETED"}
        while await self.other.write(lambda c: deletion.delete_some(c, 1, "h:1:1", 9)):
            pass
        for table in ("batches", "traces", "trace_timelines", "trace_errors", "leases", "benchmark_runs"):
            left = await self.one.read(
                lambda c, t=table: c.execute(text(f"SELECT count(*) FROM {t}")).scalar_one()
            )
            assert left == 0, table

    async def test_run_is_taken_over_by_one(self):
        taken = await self.both(
            partial(ownership.take_over, run=self.run, owner="h:2:2", seconds=9),
            partial(ownership.take_over, run=self.run, owner="h:3:3", seconds=9),
        )
        assert sorted(taken) == [False, True]

    async def test_run_whose_owner_came_back_is_not_taken_over(self):
        await self.one.write(lambda c: ownership.extend_ownership(c, [1], "h:1:1", 50))
        assert not await self.other.write(lambda c: ownership.take_over(c, self.run, "h:2:2", 9))
        assert await self.one.write(lambda c: ownership.give_up_run(c, 1, "h:1:1"))
        assert not await self.other.write(lambda c: ownership.give_up_run(c, 1, "h:2:2"))
        left = await self.other.read(lambda c: runs.get_run(c, "run-1", Scope.everything()))
        assert left.owner is None
        assert await self.other.write(lambda c: ownership.take_over(c, left, "h:2:2", 9))

    async def test_owner_that_has_lost_a_run_cannot_go_on_with_it(self):
        await self.one.write(lambda c: ownership.hold_run(c, 1, "h:1:1"))
        assert await self.other.write(lambda c: ownership.take_over(c, self.run, "h:2:2", 9))
        with pytest.raises(LoadcellError, match="another controller drives the run"):
            await self.one.write(lambda c: ownership.hold_run(c, 1, "h:1:1"))
        await self.other.write(lambda c: ownership.hold_run(c, 1, "h:2:2"))

    async def test_state_changes_one_after_another(self):
        async def change(database, state) -> str:
            try:
                await database.write(lambda c: runs.change_state(c, 1, state))
            except LoadcellError as error:
                return error.reason
            return ""

        answers = await asyncio.gather(
            change(self.one, run_pb2.RUN_STATE_FAILED), change(self.other, run_pb2.RUN_STATE_CANCELLING)
        )
        assert sorted(answers) == ["", "ILLEGAL_TRANSITION"]

    async def test_agent_registers_at_two_controllers(self):
        saved = await self.both(
            partial(agents.save_agent, record=AGENT, controller="a"),
            partial(agents.save_agent, record=AGENT, controller="b"),
        )
        assert [agent.hostname for agent in saved] == ["host\N{REPLACEMENT CHARACTER}"] * 2
        assert saved[0].labels == {"zone": "a\0"}  # inside JSON a NUL is written as other characters
        await self.one.write(lambda c: agents.touch_agents(c, [replace(AGENT, last_seen_at=9)], "b"))
        await self.one.write(lambda c: agents.touch_agents(c, [replace(AGENT, last_seen_at=8)], "a"))
        found = await self.one.read(lambda c: agents.connected_elsewhere(c, "a", 9))
        assert {name: [agent.agent_id for agent in there] for name, there in found.items()} == {"b": ["agent"]}
        assert await self.one.read(lambda c: agents.connected_elsewhere(c, "b", 0)) == {}
        assert await self.one.read(lambda c: agents.connected_elsewhere(c, "a", 10)) == {}
        await self.other.write(lambda c: ownership.give_up_ownership(c, "b"))
        assert await self.one.read(lambda c: agents.connected_elsewhere(c, "a", 0)) == {}

    async def test_same_file_is_uploaded_to_two_controllers(self):
        asset = AssetRecord("sha", run_pb2.ASSET_KIND_DATASET, "f", 3)
        await self.both(
            lambda c: assets.insert_asset(c, asset, [b"abc"], 5, scope=Scope.of(["a", "b"])),
            lambda c: assets.insert_asset(c, asset, [b"abc"], 6, scope=Scope.of(["b", "c"])),
        )
        assert await self.one.read(lambda c: assets.read_piece(c, "sha", 0)) == b"abc"
        assert await self.one.read(lambda c: assets.read_piece(c, "sha", 1)) is None
        seen = {name: Scope.of(name) for name in ("a", "bd", "c", "d", "")} | {"all": Scope.everything()}
        found = await self.one.read(
            lambda c: {n for n, scope in seen.items() if assets.get_asset(c, "sha", scope)}
        )
        assert found == {"a", "bd", "c", "all"}
        unused = await self.one.read(lambda c: assets.find_unused_assets(c, 100))
        await self.one.write(lambda c: assets.insert_asset(c, asset, [], 200, scope=Scope.everything()))
        assert await self.other.write(lambda c: assets.delete_unused_assets(c, unused)) == 0
        unused = await self.one.read(lambda c: assets.find_unused_assets(c, 300))
        assert await self.other.write(lambda c: assets.delete_unused_assets(c, unused)) == 1

    async def test_reader_sees_one_snapshot(self):
        loop, writing = asyncio.get_running_loop(), []

        def twice(connection) -> list[int]:
            question = text("SELECT count(*) FROM leases")
            first = connection.execute(question).scalar_one()
            more = replace(self.lease, lease_id="run-1.0.1")
            writing.append(
                asyncio.run_coroutine_threadsafe(self.one.write(lambda c: leases.insert_leases(c, [more])), loop)
            )
            writing[0].result(20)
            return [first, connection.execute(question).scalar_one()]

        assert await self.other.read(twice) == [1, 1]
