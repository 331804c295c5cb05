"""Normal forms of questions, what they need of the store, and the time they can reach."""

from __future__ import annotations

import pytest
from evaluation import holds
from hypothesis import given
from hypothesis import strategies as st
from trace_strategies import HOUR, NOW, filters, traces

from controller.query.traces.bounds import ALWAYS, time_bounds
from controller.query.traces.cursor import next_cursor
from controller.query.traces.fields import Group
from controller.query.traces.filters import read_filter
from controller.query.traces.parameters import ask, read_parameters
from controller.query.traces.question import Position
from controller.query.traces.search import ask_search

# One question and, for each parameter, what another caller may say.
BASE = {
    "from": "now-1h",
    "to": "now",
    "trace_id": "0" * 32,
    "run_id": "r",
    "project_id": "p",
    "session_id": "s",
    "user_id": "u",
    "provider": "openai",
    "model": "m",
    "environment": "e",
    "operation_type": "chat",
    "status": "ok",
    "min_duration": 1,
    "max_duration": 100,
    "min_cost": 0,
    "max_cost": 1,
    "min_tokens": 1,
    "max_tokens": 100,
    "tags": "a,b",
    "tags_all": "a,b",
    "search": "x",
    "limit": 10,
    "sort_by": "ts",
    "sort_order": "desc",
    "fields": "model,ts",
    "include": "feedback",
}
OTHER = {
    "from": "now-2h",
    "to": "now+1h",
    "trace_id": "1" * 32,
    "status": "error",
    "min_duration": 2,
    "max_duration": 99,
    "min_cost": 0.5,
    "max_cost": 2,
    "min_tokens": 2,
    "max_tokens": 99,
    "tags": "a",
    "tags_all": "b",
    "limit": 11,
    "sort_by": "duration_ms",
    "sort_order": "asc",
    "fields": "model",
    "include": "children",
}


def normal(values: dict[str, object], now: int = NOW) -> str:
    return ask(read_parameters(values), now).normal_form()


@pytest.mark.parametrize("name", BASE)
def test_W26_W27_every_parameter_is_part_of_the_normal_form(name):
    without = {key: value for key, value in BASE.items() if key != name}
    forms = {normal(BASE), normal(BASE | {name: OTHER.get(name, "another")})}
    if name not in {"limit", "sort_by", "sort_order"}:
        forms.add(normal(without))
    assert len(forms) == (2 if name in {"limit", "sort_by", "sort_order"} else 3)


def test_W26_the_page_is_part_of_the_normal_form():
    question = ask(read_parameters({}), NOW)
    cursors = [next_cursor(question, Position(NOW - place, NOW - place, "0" * 32)) for place in range(2)]
    assert len({normal({}), *(normal({"cursor": cursor}) for cursor in cursors)}) == 3


def test_W28_a_relative_range_has_one_normal_form():
    values = {"from": "now-1h", "to": "now"}
    assert normal(values) == normal(values, NOW + 1) == normal(values, NOW + HOUR)
    assert normal({"from": "now+1h"}) != normal({"from": "1970-01-01T01:00:00Z"})
    assert normal({"from": "1970-01-01T01:00:00+01:00"}) == normal({"start_time": "1970-01-01T00:00:00Z"})


def test_words_for_the_same_question_have_one_normal_form():
    assert normal({"status": "success"}) == normal({"status_code": "OK"})
    assert normal({"tags": "a,b"}) == normal({"tags": ["b", "a", "a"]})
    assert normal({"sort_by": "time_to_first_token_ms"}) == normal({"sort_by": "ttft_ms", "limit": 50})
    assert normal({"min_tokens": 1}) == normal({"min_tokens": 1.0})


@given(filters, filters)
def test_filters_with_one_normal_form_are_equal_up_to_order(one, other):
    def form(node):
        return ask_search({"filter": node}, NOW).normal_form()

    both = {"operator": "and", "filters": [one, other]}
    assert form(both) == form({"operator": "AND", "filters": [other, one, other]})
    assert form(both) != form({"operator": "or", "filters": [one, other]})
    assert form(one) != form({"operator": "not", "filters": [one]})


@given(filters, filters, st.lists(traces, min_size=1, max_size=5))
def test_W26_filters_with_one_normal_form_select_the_same(one, other, found):
    questions = [ask_search({"filter": node}, NOW) for node in (one, other)]
    if questions[0].normal_form() == questions[1].normal_form():
        for trace in found:
            assert holds(questions[0].filter, trace) == holds(questions[1].filter, trace)


@given(filters, traces)
def test_whatever_matches_lies_within_the_bounds(node, trace):
    tree = read_filter(node, NOW)
    first, last = time_bounds(tree)
    assert not holds(tree, trace) or first <= trace["ts"] <= last


def test_bounds_of_a_list():
    question = ask(read_parameters({"from": "now-1h", "to": "now", "model": "m"}), NOW)
    assert time_bounds(question.filter) == (NOW - HOUR, NOW)
    assert time_bounds(None) == ALWAYS


def test_bounds_are_joined():
    before = {"field": "ts", "operator": "lt", "value": "now-1h"}
    after = {"field": "ts", "operator": "gt", "value": "now"}
    at = {"field": "ts", "operator": "in", "value": ["now", "now-1h"]}

    def bounds(operator, *nodes):
        return time_bounds(read_filter({"operator": operator, "filters": list(nodes)}, NOW))

    assert bounds("or", before, at) == (ALWAYS.first, NOW)
    assert bounds("and", at) == (NOW - HOUR, NOW)
    assert bounds("not", at) == ALWAYS
    first, last = bounds("and", before, after)
    assert first > last


def test_a_question_reads_no_more_than_it_needs():
    def groups(fields, node=None, sort_by="ts"):
        return ask_search({"fields": fields, "filter": node, "sort_by": sort_by}, NOW).groups()

    assert groups(["duration_ms"]) == {Group.TRACE}
    assert groups(["duration_ms"], sort_by="model") == {Group.TRACE, Group.CONTEXT}
    assert groups(["run_id"], {"field": "error_message", "operator": "exists", "value": True}) == {
        Group.TRACE,
        Group.RUN,
        Group.ERROR,
    }
    search = {"field": "model", "operator": "search", "value": "word"}
    assert groups(["ts"], search) == {Group.TRACE, Group.CONTEXT, Group.TEXTS}
    assert groups([]) == set(Group)
