"""Searches for words within AND, OR and NOT: what they find, and that the index of words leads there."""

from __future__ import annotations

import re
from random import Random

import pytest
from sqlalchemy import delete, text

from controller.query.traces.search import ask_search
from controller.scope import Scope
from controller.store.schema import traces
from controller.store.traces.listing import list_traces
from controller.trace_ids import request_key
from tests.integration.store import random_traces
from tests.integration.store.random_traces import NOW, Stored, shown
from tests.integration.store.test_trace_texts import add_texts, pages
from tests.integration.store.test_traces_plans import TIME, plans_of, through_index
from tests.unit.controller.traces import evaluation


def said(words: str, field: str = "input_text") -> dict[str, object]:
    return {"field": field, "operator": "search", "value": words}


def group(operator: str, *filters: dict[str, object]) -> dict[str, object]:
    return {"operator": operator, "filters": list(filters)}


WHY, SKY, BLUE = said("why"), said("sky", "output_text"), said("blue", "model")
FAILED = {"field": "status_code", "operator": "eq", "value": "ERROR"}
MINE = {"field": "project_id", "operator": "eq", "value": "p1"}
# What one expression of the index says, or one for each way.
LED = [
    group("or", WHY, SKY),
    group("or", WHY, group("and", SKY, BLUE)),
    group("and", WHY, group("or", SKY, BLUE)),
    group("and", WHY, group("not", group("or", SKY, BLUE))),
    group("or", WHY, group("and", SKY, group("not", BLUE))),
    group("and", MINE, group("or", WHY, SKY)),
]
FORKED = [group("or", WHY, FAILED), group("and", MINE, group("or", WHY, group("and", FAILED, SKY)))]
NOT_WHY = group("not", WHY)
NOTHING = group("not", {"field": "latency_ms", "operator": "ne", "value": -1})
OTHERS = [
    group("and", WHY, NOTHING),
    NOT_WHY,
    group("not", NOT_WHY),
    group("and", MINE, group("not", group("or", WHY, SKY))),
]


@pytest.fixture
async def filled(open_one):
    return await fill(await open_one())


async def fill(database):
    stored = await database.write(lambda c: random_traces.fill(c, rows=12))
    await database.write(lambda c: add_texts(c, stored))
    if database.tells:  # SQLite decides without counting
        await database.write(lambda c: c.execute(text("ANALYZE")))
    return database, stored


def wanted(stored: Stored, body: dict[str, object]) -> list[str]:
    whole = evaluation.page(stored.all(), ask_search({**body, "limit": 1_000}, NOW))
    return [trace["trace_id"] for trace in whole]


def some_tree(random: Random, depth: int) -> dict[str, object]:
    if depth == 0 or random.random() < 0.3:
        leaves = [WHY, SKY, BLUE, said("why sky", "model"), said("nothing"), FAILED, MINE]
        return random.choice([*leaves, {"field": "duration_ms", "operator": "gt", "value": 1}])
    operator = random.choice(["and", "or", "or", "not"])
    count = 1 if operator == "not" else random.randrange(1, 4)
    return group(operator, *(some_tree(random, depth - 1) for _ in range(count)))


async def test_trees_of_words_hold_for_the_same_requests_as_in_python(filled):
    database, stored = filled
    random, hits = Random(11), 0
    for tree in [*LED, *FORKED, *OTHERS, *(some_tree(random, 3) for _ in range(40))]:
        sort = random.choice([{}, {"sort_desc": True}, {"sort_by": "model"}, {"sort_by": "duration_ms"}])
        body = {"filter": tree, "fields": ["ts"], **sort}
        found = wanted(stored, body)
        assert await pages(database, body) == found, shown(body)
        hits += 0 < len(found) < len(stored.all())
    assert hits > 25


@pytest.mark.parametrize("sort_by", ["ts", "duration_ms", "model"])
async def test_words_and_what_holds_for_no_request_find_nothing(filled, sort_by):
    database, _ = filled
    assert await pages(database, {"filter": group("and", WHY, NOTHING), "sort_by": sort_by}) == []


@pytest.mark.parametrize("sort_desc", [True, False])
@pytest.mark.parametrize("tree", [WHY, *FORKED, group("or", WHY, group("and", FAILED, SKY))])
async def test_words_of_requests_that_are_gone_end_no_page(open_one, monkeypatch, tree, sort_desc):
    # One after another: those of a time are looked at together.
    monkeypatch.setattr(random_traces, "TIMES", {number: NOW - number * 7_000_000 for number in range(1_000)})
    database, stored = await fill(await open_one())
    body = {"sort_by": "ts", "sort_desc": sort_desc, "fields": ["ts"]}
    gone = wanted(stored, {"filter": WHY, **body})[1:10]  # more than a page has

    def delete_some(connection) -> None:
        for key in map(request_key, gone):
            mine = [traces.c[name] == number for name, number in key._asdict().items()]
            assert connection.execute(delete(traces).where(*mine)).rowcount == 1

    await database.write(delete_some)
    for trace in gone:
        del stored.traces[trace]
    found = await pages(database, {"filter": tree, **body})
    assert found == wanted(stored, {"filter": tree, **body})
    assert found


async def test_the_index_of_words_leads_to_trees_of_them(filled):
    database, _ = filled
    for tree in [*LED, *FORKED]:
        question = ask_search({"filter": tree, "limit": 3, "sort_desc": True, "fields": ["ts"]}, NOW)
        plans = await database.read(
            lambda c, q=question: plans_of(c, lambda: list_traces(c, q, Scope.everything()))
        )
        assert any("trace_words" in line for line in plans), (shown(tree), plans)
        # In PostgreSQL, those of requests that failed are named by the same columns.
        walked = [line for line in plans if through_index(line, TIME)]
        assert not walked or (database.tells and tree in FORKED), (shown(tree), walked)


async def test_what_lacks_a_word_is_looked_up_request_by_request(filled):
    database, _ = filled
    question = ask_search({"filter": NOT_WHY, "limit": 3, "sort_desc": True, "fields": ["ts"]}, NOW)
    plans = await database.read(lambda c: plans_of(c, lambda: list_traces(c, question, Scope.everything())))
    one = r"SEARCH trace_word_texts USING \w*\s?INDEX|Index Scan using trace_words\w*_pkey"
    assert any(re.search(one, line) for line in plans), plans
    assert database.tells or any("trace_words VIRTUAL TABLE INDEX 0:=" in line for line in plans), (
        plans
    )  # by number
