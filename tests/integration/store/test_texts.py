"""Prompts and completions on both engines: stored, found by their words, deleted with them."""

from __future__ import annotations

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, insert, not_, select, text

from controller.query.traces.words import words
from controller.store.database import Database
from controller.store.full_text import Text, searched
from controller.store.migrate import open_database
from controller.store.samples import delete_some_requests
from controller.store.schema import traces
from controller.store.texts import delete_some_texts, insert_texts, read_texts
from controller.trace_ids import RequestKey

VOCABULARY = [
    "the",
    "The",
    "model",
    "answers",
    "r\u00e4tsel",
    "STRASSE",
    "\u4e16\u754c",
    "x1",
    "3",
    "co-op",
    "it's",
    "a_b",
    ".",
]


def rows(count: int, run_key: int = 1, seed: int = 1) -> list[Text]:
    pick = random.Random(seed)
    return [
        (run_key, 0, 0, n, 7, *(" ".join(pick.choices(VOCABULARY, k=pick.randrange(6))) for _ in range(2)))
        for n in range(count)
    ]


def store(connection, texts: list[Text], without: int = 3) -> None:
    """Store requests with these texts, and as many as `without` that have none."""
    zeros = dict.fromkeys((c.name for c in traces.c if not c.nullable), 0)
    keys = [one[:5] for one in texts] + [(texts[0][0], 1, 0, n, 7) for n in range(without)]
    connection.execute(insert(traces), [zeros | dict(zip(RequestKey._fields, key, strict=True)) for key in keys])
    insert_texts(connection, [(n % 7, one) for n, one in enumerate(texts)])


@pytest.fixture
async def database(place):
    database = await open_database(place)
    yield database
    await database.close()


async def found(database: Database, condition) -> set[int]:
    """Ordinals of the requests of level 0 that a condition, made for the connection, holds for."""
    return set(
        await database.read(
            lambda c: c.execute(select(traces.c.ordinal).where(condition(c), traces.c.level == 0)).scalars().all()
        )
    )


async def test_what_is_stored_is_read(database):
    texts = rows(450)
    await database.write(lambda c: store(c, texts))
    keys = [RequestKey(*one[:5]) for one in texts] + [RequestKey(1, 1, 0, 0, 7)]
    assert await database.read(lambda c: read_texts(c, keys)) == {RequestKey(*one[:5]): one[5:] for one in texts}


async def test_search_finds_what_has_all_words(database):
    texts = rows(300)
    await database.write(lambda c: store(c, texts))
    for asked in (
        "the",
        "THE model",
        "R\u00c4TSEL 3",
        "co-op",
        "op co",
        "\u4e16\u754c",
        "nothing",
        "the nothing",
        "a_b x1 3 the",
    ):
        for side, place in (("i", slice(5, 6)), ("o", slice(6, 7)), ("io", slice(5, 7))):
            wanted = set(words(asked))
            expected = {one[3] for one in texts if wanted <= set(words(" ".join(one[place])))}
            assert await found(database, lambda c, s=side, a=asked: searched(c, s, a)) == expected, (
                asked,
                side,
            )
            others = await found(database, lambda c, s=side, a=asked: not_(searched(c, s, a)))
            assert others == {one[3] for one in texts} - expected


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(min_size=1, max_size=40), other=st.text(max_size=20))
async def test_every_text_is_found_by_its_own_words_and_by_no_others(database, text, other):
    clean = text.replace("\0", " ").encode("utf-8", "ignore").decode()
    other = other.replace("\0", " ").encode("utf-8", "ignore").decode()
    if not words(clean):
        return

    def ask(connection):
        connection.execute(traces.delete())
        while delete_some_texts(connection, 0, 10):
            pass
        store(connection, [(1, 0, 0, 0, 7, clean, ""), (1, 0, 0, 1, 7, other, "")])
        condition = searched(connection, "i", clean)
        return set(connection.execute(select(traces.c.ordinal).where(condition)).scalars())

    expected = {0, 1} if set(words(clean)) <= set(words(other)) else {0}
    assert await database.write(ask) == expected


async def test_hundreds_of_words_can_be_asked_for(database):
    many = " ".join(f"w{n}" for n in range(300))
    await database.write(lambda c: store(c, [(1, 0, 0, 0, 7, many, "")]))
    assert await found(database, lambda c: searched(c, "io", many)) == {0}
    assert await found(database, lambda c: searched(c, "io", f"{many} w300")) == set()


async def test_deleted_requests_are_found_no_more(database):
    mine, others = rows(450), rows(30, run_key=2, seed=2)
    await database.write(lambda c: store(c, mine))
    await database.write(lambda c: store(c, others))
    while await database.write(lambda c: delete_some_requests(c, 1)):
        pass
    assert await found(database, lambda c: searched(c, "io", "the")) == {
        one[3] for one in others if "the" in words(" ".join(one[5:]))
    }

    def left(connection) -> list[int]:
        tables = ["trace_texts", "trace_word_texts" if connection.dialect.name == "sqlite" else "trace_words"]
        return [connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one() for table in tables]

    assert await database.read(left) == [30, 30]
    if database.tells:
        return
    # Nothing of them is left in the index either.
    matching = text("SELECT rowid FROM trace_words WHERE trace_words MATCH 'ithe'")
    assert await database.read(lambda c: len(c.execute(matching).all())) == sum(
        "the" in words(one[5]) for one in others
    )


@pytest.mark.parametrize("place", ["sqlite"], indirect=True)
async def test_no_text_is_read_but_those_that_are_asked_for(database):
    """SQLite does not look for keys in an index when they are written as a list of values."""
    await database.write(lambda c: store(c, rows(3)))
    plans: list[str] = []

    def explain(connection) -> None:
        def keep(_connection, cursor, statement, parameters, *_) -> None:
            if statement.startswith(("SELECT", "DELETE")):
                plan = connection.connection.driver_connection.execute(
                    "EXPLAIN QUERY PLAN " + statement, parameters
                )
                plans.extend(step[3] for step in plan)

        event.listen(connection, "before_cursor_execute", keep)
        read_texts(connection, [RequestKey(1, 0, 0, 0, 7), RequestKey(1, 0, 0, 1, 7)])
        delete_some_texts(connection, 1, 2)
        event.remove(connection, "before_cursor_execute", keep)

    await database.write(explain)
    assert sum("trace_" in step for step in plans) >= 5
    assert [step for step in plans if step.startswith("SCAN trace_")] == []
