"""What the store drops by itself, and what it never takes back."""

from __future__ import annotations

from dataclasses import replace

from controller.dispatch.sessions import Session, Sessions
from controller.scope import Scope
from controller.store import agents
from controller.store.assets import delete_unused_assets, find_unused_assets, insert_asset, read_piece
from controller.store.leases import get_lease, insert_leases, save_leases
from controller.store.migrate import open_database
from controller.store.records import AgentRecord, AssetRecord, LeaseRecord
from loadcell.v1 import agent_pb2, result_pb2, run_pb2


def agent_record(agent_id: str, last_seen_at: int) -> AgentRecord:
    return AgentRecord(agent_id, "host", 1, "1", True, False, registered_at=0, last_seen_at=last_seen_at)


async def test_lost_agents_are_forgotten_in_time_and_number(tmp_path, monkeypatch):
    monkeypatch.setattr(agents, "MAX_LOST", 3)
    database = await open_database(tmp_path / "x.db")

    def fill(connection) -> None:
        _insert_run(connection, 1)
        lease = LeaseRecord(0, "lease", 1, 0, 0, 1, "with-lease", agent_pb2.LEASE_STATE_RUNNING)
        over = LeaseRecord(0, "over", 1, 0, 0, 1, "old", agent_pb2.LEASE_STATE_COMPLETED)
        insert_leases(connection, [lease, over])
        seen = {"with-lease": 5, "connected": 5, "old": 5, "a": 100, "b": 101, "c": 102, "d": 103}
        # Another controller has them and has written their signs of life.
        seen |= {f"elsewhere-{number}": 200 for number in range(5)}
        for agent_id, at in seen.items():
            agents.save_agent(connection, agent_record(agent_id, at), "controller")

    await database.write(fill)
    gone = await database.write(lambda c: agents.forget_agents(c, 50, lost_before=150, keep=["connected"]))
    left = [agent.agent_id for agent in await database.read(agents.list_agents)]
    assert left[-6:-1] == [f"elsewhere-{number}" for number in range(5)]
    left[-6:-1] = []
    assert (gone, left) == (2, ["b", "c", "connected", "d", "with-lease"])
    await database.close()


def test_signs_of_life_are_kept_of_agents_that_matter_only():
    sessions = Sessions(lease_seconds=0.0)
    sessions.hear("stranger")
    sessions.expect("lost")
    sessions.open(Session(agent_record("connected", 0)))
    sessions.forget_lost()
    assert list(sessions._heard) == ["connected"]
    assert sessions.lost("lost")


async def test_files_no_run_uses_are_forgotten(tmp_path):
    database = await open_database(tmp_path / "x.db")
    configs = {1: {"dataset_asset": "data"}, 2: {"tokenizer_asset": "tokenizer"}}

    def fill(connection) -> None:
        for key, config in configs.items():
            _insert_run(connection, key, result_pb2.RunConfig(**config))
        for sha256, uploaded in {"data": 0, "tokenizer": 0, "unused": 0, "again": 0, "late": 0, "new": 99}.items():
            asset = AssetRecord(sha256, run_pb2.ASSET_KIND_DATASET, "file", 1)
            insert_asset(connection, asset, [b"x"], uploaded, scope=Scope.of(["a"]))

    await database.write(fill)
    found = await database.read(lambda c: find_unused_assets(c, before=50))
    assert found.unused == {"unused", "again", "late"}
    again = AssetRecord("again", run_pb2.ASSET_KIND_DATASET, "file", 1)
    await database.write(lambda c: insert_asset(c, again, [b"x"], 99, scope=Scope.everything()))
    await database.write(lambda c: _insert_run(c, 3, result_pb2.RunConfig(dataset_asset="late")))
    assert await database.write(lambda c: delete_unused_assets(c, found)) == 1
    for sha256 in ("data", "tokenizer", "again", "late", "new"):
        assert await database.read(lambda c, sha256=sha256: read_piece(c, sha256, 0)) == b"x"
    assert await database.read(lambda c: read_piece(c, "unused", 0)) is None
    await database.close()


async def test_lease_that_has_ended_stays_ended(tmp_path):
    """A controller that has lost a run to another one may still write what it knew of its leases."""
    database = await open_database(tmp_path / "x.db")

    def fill(connection) -> None:
        _insert_run(connection, 1)
        insert_leases(connection, [LeaseRecord(0, "lease", 1, 0, 0, 1, "a", agent_pb2.LEASE_STATE_EXPIRED)])

    await database.write(fill)
    stored = await database.read(lambda c: get_lease(c, "lease"))
    await database.write(lambda c: save_leases(c, [replace(stored, state=agent_pb2.LEASE_STATE_RUNNING)]))
    assert (await database.read(lambda c: get_lease(c, "lease"))).state == agent_pb2.LEASE_STATE_EXPIRED
    await database.write(lambda c: save_leases(c, [replace(stored, notes=("late",))]))
    assert (await database.read(lambda c: get_lease(c, "lease"))).notes == ("late",)
    await database.close()


def _insert_run(connection, key: int, config: result_pb2.RunConfig | None = None) -> None:
    connection.exec_driver_sql(
        "INSERT INTO benchmark_runs (run_key, run_id, log_request_id, status, state, server_url, model, adapter,"
        " config, needs_secrets, probed, pin_output, words_per_token, created_at, notes)"
        " VALUES (?, ?, '', 'running', 3, '', '', '', ?, 0, 0, 0, 1.0, 0, '[]')",
        (key, f"run-{key}", (config or result_pb2.RunConfig()).SerializeToString()),
    )
