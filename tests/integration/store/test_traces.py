"""What questions about traces are answered, on either engine, compared with brute force over the same requests."""

from __future__ import annotations

from random import Random

import pytest

from controller.query.traces.fields import FIELDS
from controller.query.traces.parameters import ask, read_parameters
from controller.query.traces.question import Question
from controller.query.traces.search import ask_search
from controller.scope import Scope
from controller.store.traces.listing import Page, list_traces
from controller.store.traces.single import get_trace
from tests.integration.store import random_traces
from tests.integration.store.random_traces import NOW, Stored, random_filter, random_leaf, shown
from tests.unit.controller.traces import evaluation

SORTS = [field.name for field in FIELDS.values() if field.sortable]
EVERYBODY = Scope.everything()
FILTERS = 120


def listed(**values: object) -> Question:
    return ask(read_parameters(values), NOW)


class TestTraces:
    @pytest.fixture(autouse=True)
    async def _filled(self, open_one):
        self.database = await open_one()
        self.stored: Stored = await self.database.write(lambda c: random_traces.fill(c, rows=12))

    async def page(self, question: Question, scope: Scope = EVERYBODY) -> Page:
        return await self.database.read(lambda c: list_traces(c, question, scope))

    async def found(self, question: Question, scope: Scope = EVERYBODY) -> list[str]:
        return [record.values["trace_id"] for record in (await self.page(question, scope)).records]

    def expected(self, question: Question) -> list[str]:
        return [trace["trace_id"] for trace in evaluation.page(self.stored.all(), question)]

    async def test_whole_traces_come_back(self):
        records = (await self.page(listed(limit=1_000))).records
        assert {record.values["trace_id"]: record.values for record in records} == self.stored.traces
        for record in records[:20]:
            one = await self.database.read(lambda c, record=record: get_trace(c, record.key, EVERYBODY))
            assert one == record

    async def test_W33_conditions_mean_on_either_engine_what_they_mean_in_python(self):
        random = Random(3)
        leaves = [
            random_leaf(random, self.stored, field)
            for field in FIELDS.values()
            if field.filterable
            for _ in range(6)
        ]
        trees = [random_filter(random, self.stored) for _ in range(FILTERS)]
        hits = 0
        for number, node in enumerate([*leaves, *trees]):
            sort = SORTS[number % len(SORTS)] if number % 3 else "ts"
            body = {
                "filter": node,
                "limit": 1_000,
                "fields": ["ts"],
                "sort_by": sort,
                "sort_desc": number % 2 == 0,
            }
            question = ask_search(body, NOW)
            wanted = self.expected(question)
            assert await self.found(question) == wanted, shown(body)
            hits += bool(wanted)
        assert hits > FILTERS  # not of nothing alone
