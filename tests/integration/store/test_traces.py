"""What questions about traces are answered, on either engine, compared with brute force over the same requests."""

from __future__ import annotations

import asyncio
from itertools import product
from random import Random

import pytest
from sqlalchemy import event, func, select, text

from controller.query.traces.cursor import next_cursor
from controller.query.traces.fields import FIELDS, Kind
from controller.query.traces.judging import NewJudgement
from controller.query.traces.parameters import ask, read_parameters
from controller.query.traces.question import Question
from controller.query.traces.search import ask_search
from controller.scope import Scope
from controller.store.traces.context_fields import KNOWN
from controller.store.traces.feedback import write_feedback
from controller.store.traces.limits import bounded
from controller.store.traces.listing import Page, list_traces
from controller.store.traces.narrowing import narrow
from controller.store.traces.single import get_trace
from controller.store.traces.walking import MOST_CONTEXTS
from controller.trace_ids import request_key
from loadcell.errors import LoadcellError
from tests.integration.store import random_traces
from tests.integration.store.random_traces import NOW, Stored, random_filter, random_leaf, shown
from tests.unit.controller.traces import evaluation

SORTS = [field.name for field in FIELDS.values() if field.sortable]
EVERYBODY = Scope.everything()

# Every parameter that selects, with values that select some and values that select others.
PARAMETERS: list[dict[str, object]] = [
    {"from": "now-1h"},
    {"to": "now-1h"},
    {"from": "now-2h", "end_time": "now-1m"},
    {"run_id": "run-3"},
    {"run_id": "run-4", "to": "now-1h"},
    {"project_id": "p1"},
    {"session_id": "s"},
    {"user_id": "u1"},
    {"provider": "openai", "model": "gpt-4o"},
    {"environment": "production"},
    {"operation_type": "completion"},
    {"status": "success"},
    {"status_code": "ERROR"},
    {"status": "pending", "project_id": "p2"},
    {"status": "429"},
    {"status": "error", "provider": "openai"},
    {"min_duration": 1.5},
    {"max_duration_ms": 1.5, "min_duration_ms": 1},
    {"min_cost": 0.0025, "max_cost": 0.01},
    {"min_tokens": 5, "max_tokens": 20},
    {"tags": "a,b"},
    {"tags": ["a"], "tags_all": "b,a%b_c"},
    {"tags_all": ["été"]},
    {"search": "%"},
    {"model": "' OR 1=1 --"},
]
# Ways to the rows: all, few contexts, one, many that fit, few rows, the failed ones.
WAYS: list[dict[str, object] | None] = [
    None,
    {"field": "project_id", "operator": "eq", "value": "p1"},
    {"field": "user_id", "operator": "eq", "value": "u1"},
    {"field": "project_id", "operator": "ne", "value": "nobody"},
    {"field": "status_code", "operator": "eq", "value": "error"},
    {"field": "run_id", "operator": "in", "value": ["run-2", "run-5"]},
]


def _listened(connection, question: Question, statements: list[str]) -> Page:
    connection.info.pop(KNOWN, None)  # as if nothing had been read through it

    def keep(_connection, _cursor, statement, *_) -> None:
        statements.append(statement)

    event.listen(connection, "before_cursor_execute", keep)
    try:
        return list_traces(connection, question, EVERYBODY)
    finally:
        event.remove(connection, "before_cursor_execute", keep)


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
        records = (await self.page(ask(read_parameters({"limit": 1_000}), NOW))).records
        assert {record.values["trace_id"]: record.values for record in records} == self.stored.traces
        for record in records[:20]:
            one = await self.database.read(lambda c, record=record: get_trace(c, record.key, EVERYBODY))
            assert one == record

    async def test_W31_every_parameter_selects(self):
        for values in PARAMETERS:
            question = ask(read_parameters({**values, "limit": 1_000}), NOW)
            wanted = self.expected(question)
            assert await self.found(question) == wanted, shown(values)
            assert len(wanted) < len(self.stored.traces)
            assert wanted or values.keys() & {"search", "model"}

    async def test_W33_conditions_mean_on_either_engine_what_they_mean_in_python(self):
        random = Random(3)
        fields = [field for field in FIELDS.values() if field.filterable]
        nodes = [random_leaf(random, self.stored, field) for field in fields for _ in range(3)]
        nodes += [random_filter(random, self.stored) for _ in range(50)]
        hits = 0
        for number, node in enumerate(nodes):
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
        assert hits > len(nodes) // 2

    async def test_W33_numbers_may_be_larger_than_any_column_has(self):
        numbers = [field.name for field in FIELDS.values() if field.kind is Kind.NUMBER and field.filterable]
        assert {"level", "http_status", "ttft_ms"} <= set(numbers)
        for name, value in product(numbers, (2**31, -(2**31) - 1, 2**53)):
            for operator in ("eq", "ne", "gt", "lte", "in"):
                asked = [value, 0] if operator == "in" else value
                filter_ = {"field": name, "operator": operator, "value": asked}
                question = ask_search({"filter": filter_, "limit": 1_000, "fields": ["ts"]}, NOW)
                assert await self.found(question) == self.expected(question), shown(filter_)

    async def test_W30_pages_hold_every_trace_once_while_others_are_stored(self):
        for number, (sort_by, sort_desc) in enumerate(product(SORTS, (True, False))):
            await self.check_pages(sort_by, sort_desc, WAYS[number % len(WAYS)])

    async def check_pages(self, sort_by: str, sort_desc: bool, way: dict[str, object] | None) -> None:
        body = {"filter": way, "sort_by": sort_by, "sort_desc": sort_desc, "fields": ["ts"]}
        whole = self.expected(ask_search({**body, "limit": 1_000}, NOW))
        before, seen, cursor = set(self.stored.traces), [], None
        while len(seen) < len(self.stored.traces):
            question = ask_search({**body, "limit": 61, "cursor": cursor}, NOW)
            records, last = await self.page(question)
            seen += [record.values["trace_id"] for record in records]
            if last is None:
                break
            cursor = next_cursor(question, last)
            await self.database.write(lambda c: random_traces.add(c, self.stored, 3))
        assert [trace for trace in seen if trace in before] == whole
        assert len(seen) == len(set(seen))
        assert whole

    async def test_traces_are_whole_in_every_order(self):
        for sort_by, way in product(SORTS, WAYS):
            asked = {"filter": way, "sort_by": sort_by, "limit": 1_000}
            question = ask_search({name: value for name, value in asked.items() if value is not None}, NOW)
            found = (await self.page(question)).records
            wanted = {trace_id: self.stored.traces[trace_id] for trace_id in self.expected(question)}
            assert {record.values["trace_id"]: record.values for record in found} == wanted, (sort_by, shown(way))

    async def test_runs_of_requests_that_are_named_are_bounds(self):
        first, *_, last = sorted(
            self.stored.traces.values(), key=lambda trace: request_key(trace["trace_id"]).run_key
        )

        def leaf(field: str, operator: str, value: object) -> dict[str, object]:
            return {"field": field, "operator": operator, "value": value}

        runs = [request_key(trace["trace_id"]).run_key for trace in (first, last)]
        both = leaf("trace_id", "in", [first["trace_id"], last["trace_id"]])
        span = leaf("span_id", "eq", last["span_id"])
        for filters, bounds in (
            ([both], runs),
            ([span], [runs[1]] * 2),
            ([both, span], [runs[1]] * 2),
            ([leaf("trace_id", "eq", first["trace_id"]), leaf("run_id", "ne", "none")], [runs[0]] * 2),
        ):
            question = ask_search({"filter": {"operator": "AND", "filters": filters}}, NOW)
            dialect, found = await self.database.read(
                lambda c, question=question: (c.dialect.name, narrow(c, question.filter, EVERYBODY))
            )
            # SQLite has no partitions to leave out.
            assert dialect == "sqlite" or list(found.runs) == bounds, shown(filters)

    async def test_ways_by_time_agree_however_many_contexts_there_are(self, monkeypatch):
        for few, most in ((0, 0), (1_000, 1_000)):
            monkeypatch.setattr("controller.store.traces.walking.FEW_CONTEXTS", few)
            for engine in ("sqlite", "postgresql"):
                monkeypatch.setitem(MOST_CONTEXTS, engine, most)
            for way in WAYS:
                for limit in (1, 7):
                    question = ask_search({"filter": way, "sort_desc": limit == 7, "limit": limit}, NOW)
                    assert await self.found(question) == self.expected(question), way

    async def test_W34_fields_and_nothing_else_are_read(self):
        tables = {
            "duration_ms": set(),
            "trace_id": set(),
            "model": {"contexts"},
            "tags": {"contexts"},
            "run_id": {"benchmark_runs"},
            "attributes.team": {"benchmark_runs"},
            "agent_id": {"leases"},
            "error_message": {"trace_errors"},
        }
        for path, wanted in tables.items():
            statements: list[str] = []
            question = ask(read_parameters({"fields": path, "limit": 1_000}), NOW)
            page = await self.database.read(lambda c, q=question, s=statements: _listened(c, q, s))
            known = {"contexts", "benchmark_runs", "leases", "trace_errors", "trace_texts", "trace_timelines"}
            # But for the question where to begin, which PostgreSQL is asked first.
            read = [statement for statement in statements if "int8range" not in statement]
            assert {name for name in known if any(name in statement for statement in read)} == wanted
            name, _, key = path.partition(".")
            for record in page.records:
                whole = self.stored.traces[record.values["trace_id"]]
                value = whole.get(name)
                if key:
                    value = {key: value[key]} if key in value else None
                assert record.values.get(name) == value
                assert record.values.keys() <= {"ts", "trace_id", "span_id", name}
        for statement in statements:
            assert "e2e_micros" not in statement

    async def test_W18_nobody_sees_what_is_of_others(self):
        for projects in (["p1"], ["p1", "default"], ["nobody"], []):
            scope = Scope.of(projects)
            mine = {key for key, trace in self.stored.traces.items() if trace["project_id"] in projects}
            for sort in SORTS:
                question = ask(read_parameters({"limit": 1_000, "sort_by": sort, "fields": "ts"}), NOW)
                assert set(await self.found(question, scope)) == mine
            of_others = ask(read_parameters({"project_id": "p2", "limit": 1_000}), NOW)
            assert await self.found(of_others, scope) == []
            everything = {
                "operator": "not",
                "filters": [{"field": "project_id", "operator": "in", "value": ["x"]}],
            }
            assert set(await self.found(ask_search({"filter": everything, "limit": 1_000}, NOW), scope)) == mine
            for trace in list(self.stored.traces)[::40]:
                key = request_key(trace)
                one = await self.database.read(lambda c, key=key, scope=scope: get_trace(c, key, scope))
                new = NewJudgement(f"{trace}{projects}", key, 1.0, None, None, None)
                said = await self.database.write(
                    lambda c, new=new, scope=scope: write_feedback(c, new, scope, NOW)
                )
                assert (one is not None, said is not None) == (trace in mine, trace in mine)

    async def test_the_newest_judgements_of_each_come_with_a_list(self):
        traces = list(self.stored.traces)[:2]

        def judge(connection) -> None:
            for number in range(102):
                for trace in traces:
                    new = NewJudgement(f"{trace}-{number}", request_key(trace), number / 200, "ok", None, None)
                    write_feedback(connection, new, EVERYBODY, NOW + number // 2)

        await self.database.write(judge)
        question = ask(read_parameters({"include": "feedback", "limit": 1_000}), NOW)
        for record in (await self.page(question)).records:
            trace = record.values["trace_id"]
            wanted = [f"{trace}-{number}" for number in range(101, 1, -1)] if trace in traces else []
            assert [one.feedback_id for one in record.values["feedback"]] == wanted

    async def test_writing_the_same_at_once_is_writing_it_once(self, open_one):
        other = await open_one()
        new = NewJudgement("name", request_key(next(iter(self.stored.traces))), 1.0, None, "text", None)
        said = await asyncio.gather(
            *(
                database.write(lambda c, now=now: write_feedback(c, new, EVERYBODY, now))
                for now, database in enumerate((self.database, other))
            )
        )
        assert said[0] == said[1]
        changed = new._replace(label="other")
        with pytest.raises(LoadcellError) as refused:
            await other.write(lambda c: write_feedback(c, changed, EVERYBODY, NOW))
        assert refused.value.field == "request_id"


async def test_a_question_that_takes_too_long_is_ended(open_one):
    database = await open_one()
    endless = {
        "sqlite": text("WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x FROM n) SELECT count(*) FROM n"),
        "postgresql": select(func.pg_sleep(3_600)),
    }

    def question(connection) -> None:
        with bounded(connection, 0.05):
            connection.execute(endless[connection.dialect.name])

    with pytest.raises(LoadcellError) as refused:
        await database.read(question)
    assert refused.value.reason == "REQUEST_TIMEOUT"
    # The connection is as good as before.
    assert await database.read(lambda c: c.execute(text("SELECT 1")).scalar_one()) == 1
