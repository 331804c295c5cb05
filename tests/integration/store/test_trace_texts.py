"""What is asked about prompts and completions, on either engine, compared with brute force."""

from __future__ import annotations

from random import Random

import pytest
from sqlalchemy import select, update

from controller.query.traces.cursor import next_cursor
from controller.query.traces.parameters import ask, read_parameters
from controller.query.traces.search import ask_search
from controller.scope import Scope
from controller.store.schema import benchmark_runs
from controller.store.texts import insert_texts
from controller.store.traces.listing import list_traces
from controller.store.traces.single import get_trace
from controller.trace_ids import request_key
from loadcell.v1 import result_pb2
from tests.integration.store import random_traces
from tests.integration.store.random_traces import NOW, Stored, shown
from tests.unit.controller.traces import evaluation

WORDS = ["Why", "why", "sky", "blue", "é", "Été", "50%", "a_b", "\N{GRINNING FACE}", "light-blue", "\n",
         "[redacted e-mail]"]  # fmt: skip
ASKED = [
    ("search", "why"),
    ("search", "SKY why"),
    ("search", "light"),
    ("search", "ÉTÉ"),
    ("search", "sky nothing"),
    ("contains", "0%"),
    ("contains", "a_"),
    ("not_contains", "blue"),
    ("starts_with", "WHY"),
    ("ends_with", "ue"),
    ("regex", r"^why\b.*sky"),
    ("eq", ""),
    ("eq", None),
    ("ne", None),
]


def add_texts(connection, stored: Stored) -> None:
    """Let every other run have texts, for some of its requests."""
    random = Random(5)
    query = select(benchmark_runs.c.run_key, benchmark_runs.c.config).order_by(benchmark_runs.c.run_key)
    for number, (run_key, packed) in enumerate(connection.execute(query).all()):
        if number % 2:
            continue
        config = result_pb2.RunConfig.FromString(packed)
        config.record_texts = True
        values = {"config": config.SerializeToString()}
        connection.execute(update(benchmark_runs).where(benchmark_runs.c.run_key == run_key).values(values))
        texts = []
        for trace, values in stored.traces.items():
            key = request_key(trace)
            if key.run_key != run_key or random.random() < 0.2:
                continue
            pair = [" ".join(random.choices(WORDS, k=random.randrange(5))) for _ in range(2)]
            texts.append((values["ts"], (*key, *pair)))
            values.update(
                (name, text) for name, text in zip(("input_text", "output_text"), pair, strict=True) if text
            )
            if any(pair):
                values["redacted"] = any("[redacted e-mail]" in text for text in pair)
        insert_texts(connection, texts)


async def pages(database, body: dict[str, object]) -> list[str]:
    """Return the traces of all pages of a search, one after another."""
    seen, cursor = [], None
    while True:
        question = ask_search({**body, "limit": 7, "cursor": cursor}, NOW)
        page = await database.read(lambda c, q=question: list_traces(c, q, Scope.everything()))
        seen += [record.values["trace_id"] for record in page.records]
        if page.last is None:
            return seen
        cursor = next_cursor(question, page.last)


class TestTexts:
    @pytest.fixture(autouse=True)
    async def _filled(self, open_one):
        self.database = await open_one()
        self.stored: Stored = await self.database.write(lambda c: random_traces.fill(c, rows=12))
        await self.database.write(lambda c: add_texts(c, self.stored))

    async def records(self, question):
        page = await self.database.read(lambda c: list_traces(c, question, Scope.everything()))
        return {record.values["trace_id"]: record for record in page.records}

    async def test_whole_traces_have_their_texts(self):
        records = await self.records(ask(read_parameters({"limit": 1_000}), NOW))
        assert {key: record.values for key, record in records.items()} == self.stored.traces
        assert sum("output_text" in record.values for record in records.values()) > 30
        for record in list(records.values())[:10]:
            one = await self.database.read(lambda c, record=record: get_trace(c, record.key, Scope.everything()))
            assert one == record

    async def test_one_text_may_be_chosen(self):
        records = await self.records(ask(read_parameters({"limit": 1_000, "fields": "output_text"}), NOW))
        for key, record in records.items():
            assert record.values.get("output_text") == self.stored.traces[key].get("output_text")
            assert record.values.keys() <= {"ts", "trace_id", "span_id", "output_text"}

    async def test_what_was_taken_out_of_a_text_can_be_asked_for_alone(self):
        records = await self.records(ask(read_parameters({"limit": 1_000, "fields": "redacted"}), NOW))
        told = [record.values.get("redacted") for record in records.values()]
        assert told == [self.stored.traces[key].get("redacted") for key in records]
        assert {True, False, None} <= set(told)
        assert set().union(*(record.values for record in records.values())) == {
            "ts",
            "trace_id",
            "span_id",
            "redacted",
        }

    async def test_W33_conditions_on_texts_mean_what_they_mean_in_python(self):
        hits = 0
        for number, (operator, value) in enumerate(ASKED):
            fields = ["input_text", "output_text", *(["model"] if operator == "search" else [])]
            leaves = [{"field": field, "operator": operator, "value": value} for field in fields if value != ""]
            filters = [
                *leaves,
                {"operator": "not", "filters": leaves[:1]},
                {"operator": "or", "filters": leaves},
                {
                    "operator": "and",
                    "filters": [*leaves[:1], {"field": "project_id", "operator": "eq", "value": "p1"}],
                },
                {"operator": "and", "filters": leaves},
            ]
            for filter_ in filters if leaves else []:
                body = {"filter": filter_, "limit": 1_000, "fields": ["ts"], "sort_desc": number % 2 == 0}
                question = ask_search(body, NOW)
                wanted = [trace["trace_id"] for trace in evaluation.page(self.stored.all(), question)]
                assert list(await self.records(question)) == wanted, shown(body)
                hits += bool(wanted)
        assert hits > 40

    @pytest.mark.parametrize(
        ("sort_by", "sort_desc"), [("ts", True), ("ts", False), ("model", True), ("duration_ms", False)]
    )
    async def test_W30_pages_of_what_was_searched_hold_every_trace_once(self, sort_by, sort_desc):
        search = {"field": "input_text", "operator": "search", "value": "why"}
        ways = [
            None,
            {"field": "output_text", "operator": "search", "value": "sky"},
            {"field": "project_id", "operator": "eq", "value": "p1"},
            {"field": "ts", "operator": "gte", "value": "now-1h"},
            {"field": "ts", "operator": "lt", "value": "now-1h"},
        ]
        for way in ways:
            filter_ = {"operator": "and", "filters": [search, *([way] if way else [])]}
            body = {"filter": filter_, "sort_by": sort_by, "sort_desc": sort_desc, "fields": ["ts"]}
            whole = evaluation.page(self.stored.all(), ask_search({**body, "limit": 1_000}, NOW))
            seen = await pages(self.database, body)
            assert seen == [trace["trace_id"] for trace in whole], way
            assert len(seen) > 7 or way

    async def test_W31_search_of_a_list_is_in_prompt_or_completion_as_it_is_written(self):
        for text in ("SKY blue", "50%", "y s", "é", "nothing"):
            question = ask(read_parameters({"search": text, "limit": 1_000}), NOW)
            wanted = [trace["trace_id"] for trace in evaluation.page(self.stored.all(), question)]
            assert list(await self.records(question)) == wanted
            assert bool(wanted) is (text != "nothing")
