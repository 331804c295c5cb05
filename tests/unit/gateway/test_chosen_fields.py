"""What `fields` does not name is left out of an answer over HTTP."""

from __future__ import annotations

from typing import Any

import pytest
from google.protobuf.message_factory import GetMessageClass

from gateway.bindings import Binding, read_bindings
from gateway.chosen import choose, leave_out, take_fields
from gateway.contract import SERVICES
from loadcell.documents import parse, render
from loadcell.errors import LoadcellError

BINDINGS = {f"{binding.verb} {binding.template.documented}": binding for binding in read_bindings(SERVICES)}
HISTORY, RUN = BINDINGS["GET /api/v1/benchmark/history"], BINDINGS["GET /api/v1/benchmark/run/{run_id}"]
BUDGETS, AGENTS = BINDINGS["GET /api/v1/costs/budgets"], BINDINGS["GET /api/v1/agents"]
COSTS, TRACES = BINDINGS["GET /api/v1/costs/analytics"], BINDINGS["GET /api/v1/traces"]


def ask(binding: Binding, fields: list[str], answer: dict[str, Any]) -> dict[str, Any]:
    """Return the document that comes of an answer of the controller."""
    query, texts = take_fields(binding, [("fields", text) for text in fields])
    own = {"fields": [text for _, text in query]} if query else {}
    request = parse(GetMessageClass(binding.request), own)
    document = render(parse(GetMessageClass(binding.response), answer))
    leave_out(document, choose(binding, request, texts))
    return document


@pytest.mark.parametrize(
    ("binding", "fields", "answer", "left"),
    [
        (RUN, ["run_id,labels.team"], {"run": {"run_id": "r", "labels": {"team": "a", "b": "c"}}}, "run"),
        (HISTORY, ["runs.run_id", "total"], {"runs": [{"run_id": "r", "model": "m"}], "total": 1}, ""),
        (BUDGETS, ["name"], {"status": "success", "data": [{"name": "b", "amount": 1.0}]}, "data"),
        (AGENTS, ["agents.host.cpu.model"], {"agents": [{"host": {"cpu.model": "x", "os": "y"}}]}, ""),
    ],
)
def test_W46_only_what_is_wanted_is_left_of_any_answer(binding, fields, answer, left):
    document = ask(binding, fields, answer)
    found = document[left] if left else document
    expected: dict[str, Any] = {
        "run": {"run_id": "r", "labels": {"team": "a"}},
        "data": [{"name": "b"}],
    }
    plain = {
        HISTORY: {"runs": [{"run_id": "r"}], "total": 1},
        AGENTS: {"agents": [{"host": {"cpu.model": "x"}}]},
    }
    assert found == (expected[left] if left else plain[binding])
    if left == "data":
        assert {"status"} < document.keys()


@pytest.mark.parametrize("fields", [[], [""], [" , "]])
def test_without_fields_everything_is_left(fields):
    for binding in (RUN, COSTS, TRACES):
        assert ask(binding, fields, {}) == ask(binding, [], {})


def test_W46_where_the_controller_chooses_what_it_has_not_set_is_left_out():
    # As it comes: everything else is unset.
    document = ask(COSTS, ["total_cost", "time_series.total_cost"], {"data": {"time_series": [{}, {}]}})
    assert document["data"] == {"total_cost": 0.0, "time_series": [{"total_cost": 0.0}, {"total_cost": 0.0}]}


def test_W46_where_the_controller_chooses_all_it_has_set_is_left():
    always = {"trace_id": "t", "span_id": "s", "ts": "2026-01-31T12:00:00Z"}
    included = {"feedback": [{"feedback_id": "f", "score": 0.0}]}
    answer = {"data": [{**always, **included, "prompt_cost_usd": 0.0}]}
    # input_cost_usd is another name, which the contract does not know.
    assert ask(TRACES, ["input_cost_usd", "model"], answer) == ask(TRACES, [], answer)


def test_every_read_takes_fields_and_refuses_those_its_answer_does_not_have():
    reads = [binding for binding in BINDINGS.values() if binding.verb == "GET" and binding.is_read]
    assert len(reads) > 30
    for binding in reads:
        query, texts = take_fields(binding, [("limit", "1"), ("fields", "no.such")])
        if "fields" in binding.request.fields_by_name:
            assert (query, texts) == ([("limit", "1"), ("fields", "no.such")], [])
            continue
        assert (query, texts) == ([("limit", "1")], ["no.such"])
        with pytest.raises(LoadcellError) as refused:
            choose(binding, GetMessageClass(binding.request)(), texts)
        assert (refused.value.reason, refused.value.field) == ("UNKNOWN_FIELD", "fields")


def test_a_read_by_post_chooses_too_and_a_write_does_not():
    compare, create = BINDINGS["POST /api/v1/models/compare"], BINDINGS["POST /api/v1/export/traces"]
    wanted = choose(compare, GetMessageClass(compare.request)(fields=["summary.fastest_model"]), [])
    assert set(wanted["data"]["summary"]) >= {"fastest_model"}
    # There `fields` are the columns of a file.
    assert not choose(create, GetMessageClass(create.request)(fields=["model"]), [])


def test_a_file_has_no_fields():
    export = BINDINGS["GET /api/v1/benchmark/result/{run_id}/export"]
    assert take_fields(export, [("fields", "data")]) == ([("fields", "data")], [])
