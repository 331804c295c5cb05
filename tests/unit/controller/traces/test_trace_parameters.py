"""The parameters of a list of traces and of a search: all of them work, and all of them are checked."""

from __future__ import annotations

import dataclasses

import pytest
from evaluation import page
from trace_strategies import HOUR, NOW

from controller.query.traces.fields import FIELDS
from controller.query.traces.parameters import ALIASES, Parameters, ask, read_parameters
from controller.query.traces.search import ask_search
from controller.query.traces.selection import Selected
from loadcell.errors import LoadcellError

TRACE = {
    "trace_id": "0" * 31 + "1",
    "ts": NOW - HOUR,
    "run_id": "r",
    "project_id": "p",
    "session_id": "s",
    "user_id": "u",
    "provider": "openai",
    "model": "gpt-4o",
    "environment": "staging",
    "operation_type": "chat",
    "status_code": "OK",
    "http_status": 200,
    "duration_ms": 100.5,
    "total_cost_usd": 0.5,
    "total_tokens": 10,
    "tags": ["a", "b"],
    "input_text": "What is 100 % of it?",
    "output_text": "All.",
}
# A value of each filtering parameter that selects the trace, and one that does not.
FILTERS = [
    ("from", "now-1h", "now-59m"),
    ("to", "now-1h", "now-61m"),
    ("start_time", "now-1h", "now-59m"),
    ("end_time", "now-1h", "now-61m"),
    ("trace_id", "0" * 31 + "1", "0" * 32),
    ("run_id", "r", "R"),
    ("project_id", "p", "q"),
    ("session_id", "s", "q"),
    ("user_id", "u", "q"),
    ("provider", "openai", "OpenAI"),
    ("model", "gpt-4o", "gpt"),
    ("environment", "staging", "production"),
    ("operation_type", "chat", "completion"),
    ("status", "success", "pending"),
    ("status_code", 200, 500),
    ("min_duration", 100.5, 101),
    ("max_duration", 100.5, 100),
    ("min_duration_ms", 100, 101),
    ("max_duration_ms", 101, 100),
    ("min_cost", 0.5, 0.51),
    ("max_cost", 0.5, 0),
    ("min_tokens", 10, 11),
    ("max_tokens", 10, 9),
    ("tags", "x,b", "x,y"),
    ("tags_all", "a,b", "a,x"),
    ("search", "100 %", "100_%"),
    ("search", "ALL", "nothing"),
]


def selects(**values: object) -> bool:
    return page([TRACE], ask(read_parameters(values), NOW)) == [TRACE]


def refusal(values: dict[str, object]) -> LoadcellError:
    with pytest.raises(LoadcellError) as error:
        ask(read_parameters(values), NOW)
    return error.value


def refused(values: dict[str, object]) -> tuple[str, str | None]:
    error = refusal(values)
    return error.reason, error.field


@pytest.mark.parametrize(("name", "fitting", "other"), FILTERS)
def test_W31_every_filter_is_applied(name, fitting, other):
    assert selects(**{name: fitting})
    assert not selects(**{name: other})


def test_W31_every_parameter_is_tried_here():
    paging = {"cursor", "limit", "sort_by", "sort_order", "fields", "include"}
    tried = {ALIASES.get(name, name) for name, _, _ in FILTERS}
    assert tried | paging == {field.name for field in dataclasses.fields(Parameters)} - {"written"}


def test_filters_are_joined_by_and():
    assert selects(model="gpt-4o", tags=["a"], search="all")
    assert not selects(model="gpt-4o", tags=["a"], search="nothing")


def test_nothing_asked_is_the_newest_fifty():
    question = ask(read_parameters({"model": "", "tags": [], "status": None, "cursor": ""}), NOW)
    assert question == ask(Parameters(), NOW)
    assert (question.filter, question.sort, question.descending, question.limit) == (None, FIELDS["ts"], True, 50)


def test_lists_are_texts_with_commas_or_lists():
    for tags in ("a, b", ["a", "b"], ["a,b"], ("a", "b")):
        assert read_parameters({"tags": tags}).tags == ("a", "b")
    question = ask(read_parameters({"fields": "model,metadata.x", "include": ["feedback,children"]}), NOW)
    assert question.fields == (Selected(FIELDS["model"]), Selected(FIELDS["attributes"], "x"))
    assert question.include == ("children", "feedback")


@pytest.mark.parametrize(("alias", "name"), ALIASES.items())
def test_two_names_of_one_parameter_must_agree(alias, name):
    value, other = (
        ("now-1h", "now-2h") if name.endswith("time") else ("ok", "error") if name == "status" else (1, 2)
    )
    assert read_parameters({alias: value, name: value}) == read_parameters({alias: value})
    for first, second in ((name, alias), (alias, name)):
        error = refusal({first: value, second: other})
        assert (error.reason, error.field) == ("INVALID_FIELD_VALUE", second)
        assert (
            error.message
            == f"{first} and {second} are two names of one parameter and say different things; give one"
        )


@pytest.mark.parametrize(("alias", "name"), ALIASES.items())
def test_errors_call_a_parameter_as_it_was_written(alias: str, name: str):
    for written in (alias, name):
        assert refusal({written: "wrong"}).field == written


@pytest.mark.parametrize("written", [("from", "to"), ("start_time", "end_time"), ("start_time", "to")])
def test_ends_of_a_period_are_inclusive_and_called_as_they_were_written(written: tuple[str, str]):
    start, end = written
    assert selects(**{start: "now-1h", end: "now-1h"})
    error = refusal({start: "now-1h", end: "now-61m"})
    assert (error.reason, error.field) == ("INVALID_DATE_RANGE", end)
    assert error.message == f"{end} must not be before {start}"


@pytest.mark.parametrize("unit", ["", "_ms"])
def test_bounds_of_a_range_are_called_as_they_were_written(unit: str):
    low, high = f"min_duration{unit}", f"max_duration{unit}"
    error = refusal({low: 2, high: 1})
    assert (error.field, error.message) == (low, f"{low} is above {high}")
    error = refusal({high: -1})
    assert (error.field, error.message) == (high, f"{high} must be at least 0")


@pytest.mark.parametrize("name", ["tags", "tags_all", "fields", "include"])
@pytest.mark.parametrize("value", [",", " ", " , ,", [","], [",", " "]])
def test_a_list_of_commas_and_blanks_is_not_taken_for_none(name: str, value: object):
    error = refusal({name: value})
    assert (error.reason, error.field) == ("INVALID_FIELD_VALUE", name)
    assert error.message.startswith(f"{name} has only commas and blanks")
    assert selects(**{name: ""})


@pytest.mark.parametrize(
    ("values", "reason", "field"),
    [
        ({"nothing": 1}, "UNKNOWN_FIELD", "nothing"),
        ({"written": {"model": "m"}}, "UNKNOWN_FIELD", "written"),
        ({"from": "yesterday"}, "INVALID_FIELD_FORMAT", "from"),
        ({"from": "now", "to": "now-1h"}, "INVALID_DATE_RANGE", "to"),
        ({"min_duration": 2, "max_duration": 1}, "INVALID_FIELD_VALUE", "min_duration"),
        ({"min_cost": 2, "max_cost": 1}, "INVALID_FIELD_VALUE", "min_cost"),
        ({"min_tokens": 2, "max_tokens": 1}, "INVALID_FIELD_VALUE", "min_tokens"),
        ({"min_tokens": "2"}, "INVALID_FIELD_FORMAT", "min_tokens"),
        ({"max_cost": float("nan")}, "INVALID_FIELD_VALUE", "max_cost"),
        ({"trace_id": "1"}, "INVALID_FIELD_FORMAT", "trace_id"),
        ({"status": "fine"}, "INVALID_FIELD_VALUE", "status"),
        ({"model": "a\0"}, "INVALID_FIELD_VALUE", "model"),
        ({"model": ["a"]}, "INVALID_FIELD_FORMAT", "model"),
        ({"search": "x" * 1_025}, "INVALID_FIELD_VALUE", "search"),
        ({"tags": [1]}, "INVALID_FIELD_FORMAT", "tags"),
        ({"tags": {"a": 1}}, "INVALID_FIELD_FORMAT", "tags"),
        ({"tags": ["a"] * 33}, "LIMIT_EXCEEDED", "tags"),
        ({"tags_all": ",".join("a" * 33)}, "LIMIT_EXCEEDED", "tags_all"),
        ({"tags": ["a"] * 1_001}, "INVALID_FIELD_VALUE", "tags"),
        ({"min_duration": -1}, "INVALID_FIELD_VALUE", "min_duration"),
        ({"max_tokens": -1}, "INVALID_FIELD_VALUE", "max_tokens"),
        ({"limit": 0}, "LIMIT_EXCEEDED", "limit"),
        ({"limit": 1_001}, "LIMIT_EXCEEDED", "limit"),
        ({"limit": -1}, "LIMIT_EXCEEDED", "limit"),
        ({"limit": 1.5}, "INVALID_FIELD_FORMAT", "limit"),
        ({"limit": "10"}, "INVALID_FIELD_FORMAT", "limit"),
        ({"sort_by": "user_id"}, "INVALID_FIELD_VALUE", "sort_by"),
        ({"sort_by": "1; --"}, "UNKNOWN_FIELD", "sort_by"),
        ({"sort_by": 1}, "INVALID_FIELD_FORMAT", "sort_by"),
        ({"sort_order": "down"}, "INVALID_FIELD_VALUE", "sort_order"),
        ({"fields": "model,cost"}, "UNKNOWN_FIELD", "fields"),
        ({"include": "all"}, "INVALID_FIELD_VALUE", "include"),
        ({"cursor": "x"}, "INVALID_CURSOR", "cursor"),
        ({"cursor": 5}, "INVALID_CURSOR", "cursor"),
    ],
)
def test_what_does_not_fit_is_refused_and_named(values, reason, field):
    assert refused(values) == (reason, field)


def test_a_search_is_ascending_unless_it_says_otherwise():
    question = ask_search({}, NOW)
    assert (question.filter, question.sort, question.descending, question.limit) == (None, FIELDS["ts"], False, 50)
    question = ask_search(
        {
            "filter": {"field": "model", "operator": "eq", "value": "gpt-4o"},
            "sort_by": "ttft_ms",
            "sort_desc": True,
            "limit": 7.0,
            "fields": ["model"],
            "cursor": None,
        },
        NOW,
    )
    assert page([TRACE, TRACE | {"model": "x"}], question) == [TRACE]
    assert (question.sort, question.descending, question.limit) == (FIELDS["ttft_ms"], True, 7)
    assert question.fields == (Selected(FIELDS["model"]),)


@pytest.mark.parametrize(
    ("body", "reason", "field"),
    [
        ({"where": {}}, "UNKNOWN_FIELD", "where"),
        ({"filter": "model"}, "INVALID_FIELD_FORMAT", "filter"),
        ({"sort_by": 1}, "INVALID_FIELD_FORMAT", "sort_by"),
        ({"sort_desc": "yes"}, "INVALID_FIELD_FORMAT", "sort_desc"),
        ({"limit": 0}, "LIMIT_EXCEEDED", "limit"),
        ({"fields": "model"}, "INVALID_FIELD_FORMAT", "fields"),
        ({"fields": ["cost"]}, "UNKNOWN_FIELD", "fields"),
        ({"cursor": []}, "INVALID_CURSOR", "cursor"),
    ],
)
def test_a_search_that_does_not_fit_is_refused_and_named(body, reason, field):
    with pytest.raises(LoadcellError) as error:
        ask_search(body, NOW)
    assert (error.value.reason, error.value.field) == (reason, field)
