"""What two controllers do at once to one database: nothing is lost, doubled, or left behind."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import pytest
from sqlalchemy import Connection, create_engine, delete, event, text, update
from sqlalchemy.exc import OperationalError

from controller.query.costs.budgets import Budget
from controller.query.traces.judging import NewJudgement
from controller.scope import Scope
from controller.store import agents, exports
from controller.store.agent_tokens import AgentTokenRecord, insert_token
from controller.store.api_keys import ApiKeyRecord, get_key, insert_key
from controller.store.budgets import insert_budget
from controller.store.deletion import begin_deletion
from controller.store.migrate import open_database
from controller.store.partitions import DAYS_AHEAD, PARTITIONED, create_ahead, drop, list_partitions
from controller.store.place import parse_place
from controller.store.records import AgentRecord
from controller.store.rollups import add_rollups, rollup_of
from controller.store.run_keys import first_key
from controller.store.schema_queries import rollups
from controller.store.tickets import TicketRecord, insert_ticket
from controller.store.traces.feedback import write_feedback
from controller.trace_ids import request_key
from loadcell.clock import wall_micros
from loadcell.stats.rollup import roll_up
from loadcell.v1 import export_pb2
from tests.integration.store import random_traces
from tests.integration.store.test_rollups import samples

EVERYBODY = Scope.everything()
DAY_MICROS = 86_400 * 1_000_000


@contextmanager
def meanwhile(connection: Connection, *happenings):
    """Have something happen, as if others did it, before the first statement with a word; one after the other."""
    left = list(happenings)

    def before(connection, _cursor, statement, *_) -> None:
        if left and left[0][0] in statement:
            _, happens = left.pop(0)
            happens(connection)

    event.listen(connection, "before_cursor_execute", before)
    yield
    event.remove(connection, "before_cursor_execute", before)
    assert not left, "not all of it has happened"


async def test_rollups_that_others_delete_and_add_again_are_added_up(open_one):
    database = await open_one()
    parts = [samples(50, seed) for seed in range(3)]
    _, times = parts[0]  # the same ones: each rollup of one of them is one of the others too
    ok = [replace(some, status=np.ones(50, np.int64)) for some, _ in parts]
    old, mine, theirs = (roll_up(s, times, 1, s.prompt_tokens, s.completion_tokens) for s in ok)
    await database.write(lambda c: add_rollups(c, old))

    def add(connection: Connection) -> None:
        happenings = (
            ("SELECT rollups", lambda c: c.execute(delete(rollups))),  # those that were met are gone
            ("INSERT INTO rollups", lambda c: add_rollups(c, theirs)),
        )
        with meanwhile(connection, *happenings):
            add_rollups(connection, mine)

    await database.write(add)
    stored = await database.read(lambda c: [rollup_of(row) for row in c.execute(rollups.select())])
    for grain in {one.grain for one in stored}:
        assert sum(one.ok_count for one in stored if one.grain == grain) == 100


async def test_an_agent_that_another_hears_of_is_not_forgotten(open_one):
    database = await open_one()
    records = [
        AgentRecord(name, "host", 1, "1", True, False, registered_at=0, last_seen_at=5)
        for name in ("back", "gone")
    ]

    def back(connection: Connection) -> None:
        here = agents.agents.c.agent_id == "back"
        connection.execute(update(agents.agents).where(here).values(last_seen_at=1_000))

    def forget(connection: Connection) -> int:
        for record in records:
            agents.save_agent(connection, record, "controller")
        with meanwhile(connection, ("DELETE FROM agents", back)):
            return agents.forget_agents(connection, 50, lost_before=150, keep=[])

    assert await database.write(forget) == 1
    assert [agent.agent_id for agent in await database.read(agents.list_agents)] == ["back"]


async def test_a_run_that_is_being_deleted_gets_no_feedback(open_one):
    database = await open_one()
    stored = await database.write(lambda c: random_traces.fill(c, rows=2))
    key = request_key(next(iter(stored.traces)))
    await database.write(lambda c: begin_deletion(c, key.run_key, "other", 60.0))
    new = NewJudgement("name", key, 1.0, None, None, None)
    assert await database.write(lambda c: write_feedback(c, new, EVERYBODY, 1)) is None


@pytest.fixture
def other(postgresql_url):
    """Another controller's connection, which does not wait."""
    engine = create_engine(parse_place(postgresql_url), connect_args={"options": "-c lock_timeout=1ms"})
    with engine.connect() as connection:
        yield connection
    engine.dispose()


async def test_a_run_is_not_deleted_while_feedback_is_written(postgresql_url, other):
    database = await open_database(parse_place(postgresql_url))
    stored = await database.write(lambda c: random_traces.fill(c, rows=2))
    key = request_key(next(iter(stored.traces)))

    def write(connection: Connection) -> None:
        new = NewJudgement("name", key, 1.0, None, None, None)
        assert write_feedback(connection, new, EVERYBODY, 1) is not None
        with pytest.raises(OperationalError, match="lock timeout"):
            begin_deletion(other, key.run_key, "other", 60.0)

    await database.write(write)
    await database.close()


KEY = ApiKeyRecord("k1", "hash", "prefix", "name", "admin", (), (), (), "me", 1, None, None, None, "")
TOKEN = AgentTokenRecord("t1", "hash", "prefix", "name", None, 1, None, None, None)
TICKET = TicketRecord("t1", None, "account", "{}", None, 2)
BUDGET = Budget("b1", "shop", "name", 1, "monthly", "percentage", 80.0, 100.0, 1, 1, is_active=True)
JOB = exports.JobRecord("j1", EVERYBODY, exports.PENDING, "csv", "none", export_pb2.CreateExportRequest(), 1)


@pytest.mark.parametrize(
    ("one", "another"),
    [
        (lambda c: insert_key(c, KEY, most=1), lambda c: insert_key(c, replace(KEY, key_id="k2"), most=1)),
        (
            lambda c: insert_token(c, TOKEN, most=1),
            lambda c: insert_token(c, replace(TOKEN, token_id="t2"), most=1),
        ),
        (
            lambda c: insert_ticket(c, TICKET, 1, most=1),
            lambda c: insert_ticket(c, replace(TICKET, ticket_hash="t2"), 1, most=1),
        ),
        (
            lambda c: insert_budget(c, BUDGET, most=1),
            lambda c: insert_budget(c, replace(BUDGET, budget_id="b2"), most=1),
        ),
        (lambda c: exports.insert_job(c, JOB), lambda c: exports.insert_job(c, replace(JOB, job_id="j2"))),
    ],
)
async def test_there_are_never_more_than_there_may_be(postgresql_url, other, one, another, monkeypatch):
    monkeypatch.setattr(exports, "MAX_UNFINISHED", 1)
    database = await open_database(parse_place(postgresql_url))

    def store(connection: Connection) -> None:
        assert one(connection)
        with pytest.raises(OperationalError, match="lock timeout"):
            another(other)
        other.rollback()

    await database.write(store)
    assert not another(other)
    await database.close()


async def test_a_key_is_not_revoked_while_it_is_rotated(postgresql_url, other):
    database = await open_database(parse_place(postgresql_url))
    await database.write(lambda c: insert_key(c, KEY, most=10))

    def rotate(connection: Connection) -> None:
        assert get_key(connection, "k1", lock=True) == KEY
        with pytest.raises(OperationalError, match="lock timeout"):
            other.execute(text("UPDATE api_keys SET revoked_at = 5"))

    await database.write(rotate)
    await database.close()


async def test_days_are_left_for_later_from_a_table_on_that_others_hold(postgresql_url, other):
    """What is locked already is waited for by others, a second for each day of each table."""
    database = await open_database(parse_place(postgresql_url))
    later = wall_micros() + 30 * DAY_MICROS

    def days(connection: Connection) -> list[int]:
        return [sum(one.first >= first_key(later) for one in list_partitions(connection, t)) for t in PARTITIONED]

    other.execute(text(f"SELECT count(*) FROM {PARTITIONED[2].name}"))  # a question that goes on
    await database.write(lambda c: create_ahead(c, later))
    every = DAYS_AHEAD + 1
    assert await database.read(days) == [every, every, 0, 0, 0]
    other.rollback()
    await database.write(lambda c: create_ahead(c, later))
    assert await database.read(days) == [every] * len(PARTITIONED)
    await database.close()


async def test_a_partition_that_another_drops_meanwhile_is_not_listed(postgresql_url):
    database = await open_database(parse_place(postgresql_url))
    first, *others = await database.read(lambda c: list_partitions(c, PARTITIONED[0]))
    engine = create_engine(parse_place(postgresql_url))

    def look(connection: Connection) -> list:
        connection.execute(text("SELECT 1"))  # from here on everything is seen as it is now
        with engine.begin() as dropping:
            assert drop(dropping, first)
        return list_partitions(connection, PARTITIONED[0])

    assert await database.read(look) == others
    engine.dispose()
    await database.close()


async def test_a_row_for_a_day_whose_partition_is_being_made_is_stored(postgresql_url):
    """The default partition refuses it once; the next time there is a place for it."""
    database = await open_database(parse_place(postgresql_url))
    tries = []

    def store(connection: Connection) -> None:
        tries.append(connection)
        if len(tries) == 1:
            connection.execute(text("DO $$ BEGIN RAISE EXCEPTION 'no place' USING ERRCODE = '23514'; END $$"))

    await database.write(store)
    await database.close()
    assert len(tries) == 2
