"""Lists of runs in each order, page by page, on either engine."""

from __future__ import annotations

import base64
import itertools
import json
import random
from dataclasses import replace

import pytest

from controller.lifecycle import STATUS_WORDS
from controller.query.listing import page_of_runs
from controller.scope import Scope
from controller.store import runs
from controller.store.records import RunRecord
from controller.store.run_order import SORTS
from loadcell.errors import LoadcellError
from loadcell.v1 import run_pb2
from tests.integration.store.test_behaviour import PLANS, RUN

ALL = Scope.everything()
NOW = 10**15
VALUES = {
    "created_at": lambda run: run.created_at,
    "started_at": lambda run: run.started_at,
    "completed_at": lambda run: run.completed_at,
    "duration": lambda run: run.completed_at and run.completed_at - run.started_at,
    "model": lambda run: run.model,
    "server_url": lambda run: run.server_url,
    "status": lambda run: STATUS_WORDS[run.state],
}


@pytest.fixture
async def database(open_one):
    """Runs with few different values of each kind, and with none of some."""
    opened = await open_one()
    chance = random.Random(7)

    def fill(connection) -> None:
        for number in range(60):
            started = chance.choice([None, 10, 20, 30])
            run = replace(
                RUN,
                run_id=f"run-{number}",
                state=chance.choice(list(STATUS_WORDS)),
                model=chance.choice(["", "ma", "mb"]),
                server_url=chance.choice(["http://a", "http://b"]),
                created_at=chance.choice([1, 2, 3]),
                started_at=started,
                completed_at=None if started is None else chance.choice([None, started, started + 10]),
            )
            runs.insert_run(connection, run, PLANS, None)

    await opened.write(fill)
    return opened


def in_order(found: list[RunRecord], sort: str, *, descending: bool) -> list[str]:
    """Return the identifiers as the list promises them: ties by the order of creation, no value comes last."""
    value = VALUES[sort]
    ordered = sorted(found, key=lambda run: run.run_key, reverse=descending)
    known = sorted((run for run in ordered if value(run) is not None), key=value, reverse=descending)
    return [run.run_id for run in [*known, *(run for run in ordered if value(run) is None)]]


async def test_pages_put_together_are_the_sorted_list_and_cursors_are_of_their_list(database):
    assert set(VALUES) == set(SORTS)

    def ask(connection) -> None:
        every = [runs.get_run(connection, f"run-{number}", ALL) for number in range(60)]
        for sort, descending in itertools.product(SORTS, (True, False)):
            request = run_pb2.ListRunsRequest(sort_by=sort, sort_order="desc" if descending else "ASC")
            expected = in_order(every, sort, descending=descending)
            for size in (7, 60):
                found, request.limit, request.cursor = [], size, ""
                while True:
                    page = page_of_runs(connection, request, ALL, NOW)
                    assert page.total == 60
                    found += [run.run_id for run in page.runs]
                    request.cursor = page.next_cursor
                    if not page.next_cursor:
                        break
                assert found == expected, (sort, descending, size)
            skipped = run_pb2.ListRunsRequest(sort_by=sort, sort_order=request.sort_order, offset=50)
            assert [run.run_id for run in page_of_runs(connection, skipped, ALL, NOW).runs] == expected[50:]

    await database.read(ask)
    await database.read(go_on)


def go_on(connection) -> None:
    """A cursor goes on with its own list alone."""
    request = run_pb2.ListRunsRequest(limit=5, sort_by="model", search="http")
    cursor = page_of_runs(connection, request, ALL, NOW).next_cursor
    digest, *place = json.loads(base64.urlsafe_b64decode(cursor + "=="))
    forged = [[word, *place[1:]] for word in ("null", "3", "true", '"\\u0000"', '"\\ud800"', "[")]
    forged += [[place[0], 2**63, NOW], [place[0], 1, 2**63]]
    texts = (json.dumps([digest, *position]) for position in forged)
    others = [{"cursor": base64.urlsafe_b64encode(text.encode()).decode()} for text in texts]
    for other in ({"sort_by": "server_url"}, {"sort_order": "asc"}, {"search": "ma"}, *others):
        asked = run_pb2.ListRunsRequest(limit=5, sort_by="model", search="http", cursor=cursor)
        asked.MergeFrom(run_pb2.ListRunsRequest(**other))
        with pytest.raises(LoadcellError) as refused:
            page_of_runs(connection, asked, ALL, NOW)
        assert refused.value.reason == "INVALID_CURSOR", other
    request.cursor = cursor
    assert len(page_of_runs(connection, request, ALL, NOW).runs) == 5
