"""Annotations to bindings, and bindings to messages."""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module
from pkgutil import iter_modules

import pytest
from google.api.http_pb2 import HttpRule
from google.protobuf.message_factory import GetMessageClass
from starlette.datastructures import Headers

from gateway.bindings import read_bindings
from gateway.contract import SERVICES, UNANSWERED
from gateway.responses import Responses
from gateway.template import parse_template
from gateway.texts import Texts
from gateway.transcode import takes_idempotency_key, to_request
from loadcell import v1
from loadcell.errors import LoadcellError
from tests.fakes.synthetic_service import build_service


def only_binding(package: str, rule: HttpRule):
    [binding] = read_bindings([build_service(package, {"Do": rule})])
    return binding


def test_every_annotated_method_of_the_contract_is_bound():
    bound = {(b.verb, b.template.documented, b.method.name) for b in read_bindings(SERVICES)}
    assert ("POST", "/api/v1/benchmark/run", "CreateRun") in bound
    assert ("DELETE", "/api/v1/benchmark/run/{run_id}", "DeleteRun") in bound
    assert ("GET", "/api/v1/agents/{agent_id}", "GetAgent") in bound
    assert "WatchRun" not in {name for _, _, name in bound}


def test_what_no_controller_answers_yet_is_not_bound():
    known = {method.full_name for service in SERVICES for method in service.methods}
    assert known >= UNANSWERED
    assert not UNANSWERED & {binding.method.full_name for binding in read_bindings(SERVICES)}


def test_every_annotation_of_the_contract_can_be_served_at_once():
    names = [module.name for module in iter_modules(v1.__path__) if module.name.endswith("_pb2")]
    files = [import_module(f"loadcell.v1.{name}").DESCRIPTOR for name in names]
    services = [service for file in files for service in file.services_by_name.values()]
    bound = {(b.verb, b.template.documented): b.method.name for b in read_bindings(services)}
    assert {service.name for service in services} >= {"TraceService", "EventService", "ExportService"}
    assert bound["POST", "/api/v1/traces/search"] == "SearchTraces"
    assert bound["GET", "/api/v1/analytics/performance"] == bound["GET", "/api/v1/metrics/performance"]
    assert bound["GET", "/api/v1/models/compare"] == bound["POST", "/api/v1/models/compare"]


@pytest.mark.parametrize(
    ("text", "route", "fields"),
    [
        ("/a/{x}/b", "/a/{x}/b", ("x",)),
        ("/a/{x=*}", "/a/{x}", ("x",)),
        ("/a/{x=**}", "/a/{x:path}", ("x",)),
        ("/a/{x.y}:do", "/a/{x__y}:do", ("x.y",)),
    ],
)
def test_templates(text, route, fields):
    template = parse_template(text)
    assert (template.route, template.fields) == (route, fields)


@pytest.mark.parametrize("text", ["a", "/a/{}", "/a/{x=runs/*}", "/a/{1}"])
def test_templates_that_cannot_be_served_are_refused_at_the_start(text):
    with pytest.raises(ValueError, match="/"):
        parse_template(text)


def test_paths_variables_and_additional_bindings_in_the_order_of_their_precedence():
    rule = HttpRule(
        get="/x/{name}", additional_bindings=[HttpRule(get="/x/special"), HttpRule(get="/x/{name=**}")]
    )
    service = build_service("test.order", {"Do": rule})
    assert [b.template.documented for b in read_bindings([service])] == ["/x/special", "/x/{name}", "/x/{name}"]


def test_what_stands_behind_a_variable_of_many_segments_comes_before_it():
    rule = HttpRule(get="/x/{name=**}", additional_bindings=[HttpRule(get="/x/{name=**}/usage")])
    service = build_service("test.behind", {"Do": rule})
    assert [b.template.documented for b in read_bindings([service])] == ["/x/{name}/usage", "/x/{name}"]


@pytest.mark.parametrize(
    "rule",
    [
        HttpRule(get="/x/{missing}"),
        HttpRule(post="/x", body="missing"),
        HttpRule(get="/x", response_body="missing"),
        HttpRule(),
        HttpRule(get="/x", additional_bindings=[HttpRule(get="/x")]),
    ],
)
def test_annotations_that_cannot_be_served_are_refused_at_the_start(rule):
    package = f"test.refused{abs(hash(rule.SerializeToString()))}"
    with pytest.raises(ValueError, match="Do"):
        only_binding(package, rule)


def test_streaming_methods_cannot_be_annotated():
    service = build_service("test.streaming", {"Do": HttpRule(get="/x")}, streaming=True)
    with pytest.raises(ValueError, match="streaming"):
        read_bindings([service])


def test_a_body_that_is_one_field_with_the_rest_in_the_query():
    binding = only_binding("test.field", HttpRule(put="/x/{name}", body="filter"))
    request = to_request(
        binding, path=[("name", "n")], query=[("sizes", "1,2"), ("flag", "true")], body={"text": "t"}
    )
    assert (request.name, list(request.sizes), request.flag, request.filter.text) == ("n", [1, 2], True, "t")


def test_nested_fields_in_path_and_body_are_joined():
    binding = only_binding("test.nested", HttpRule(post="/x/{filter.text}", body="*"))
    request = to_request(binding, path=[("filter.text", "t")], query=[], body={"name": "n", "filter": {}})
    assert (request.name, request.filter.text) == ("n", "t")
    with pytest.raises(LoadcellError) as caught:
        to_request(binding, path=[("filter.text", "t")], query=[], body={"filter": {"text": "other"}})
    assert caught.value.field == "filter.text"


def test_the_idempotency_key_is_for_posts_with_a_request_id():
    post = only_binding("test.post", HttpRule(post="/x", body="*"))
    get = only_binding("test.get", HttpRule(get="/x"))
    assert (takes_idempotency_key(post), takes_idempotency_key(get)) == (True, False)
    assert to_request(post, path=[], query=[], body={}, idempotency_key="k").request_id == "k"
    assert to_request(get, path=[], query=[], idempotency_key="k").request_id == ""


def test_a_field_of_the_response_as_the_body():
    binding = only_binding("test.answer", HttpRule(get="/x", response_body="text"))
    response = GetMessageClass(binding.response)(text="t")
    answered = Responses(binding, Texts()).make(response.SerializeToString(), Headers(), [], {})
    assert answered.body == b'"t"'


def test_the_same_answer_has_another_text_where_a_part_of_it_is_the_body():
    part = only_binding("test.parts", HttpRule(get="/x", response_body="text"))
    answer, texts = GetMessageClass(part.response)(text="t").SerializeToString(), Texts()
    bodies = [
        Responses(binding, texts).make(answer, Headers(), [], {}).body
        for binding in (part, replace(part, response_body=""))
    ]
    assert bodies == [b'"t"', b'{"text":"t"}']
