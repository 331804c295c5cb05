"""Whatever is asked over HTTP, the answer is one that the gateway's OpenAPI document declares, and no failure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests
import schemathesis
from google.protobuf.json_format import MessageToDict
from google.protobuf.message_factory import GetMessageClass
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import Case, GenerationMode, Response
from schemathesis.checks import not_a_server_error
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from gateway.bindings import Binding, read_bindings
from gateway.contract import SERVICES
from gateway.live.routes import EVENT_STREAM, RUN_STREAM
from tests.fuzz.conftest import KEY
from tests.fuzz.services import Service
from tests.fuzz.starts import STARTS
from tests.fuzz.tries import SECONDS, SEED

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    negative_data_rejection,
    response_schema_conformance,
]
EACH = {GenerationMode.POSITIVE: 3, GenerationMode.NEGATIVE: 2}
PER_SECOND = 0.2  # of the examples of an operation that are tried in FUZZ_SECONDS
BINDINGS = {f"{binding.verb} {binding.template.documented}": binding for binding in read_bindings(SERVICES)}
ENDLESS = {RUN_STREAM, EVENT_STREAM}
# There is no agent, no token and no recommendation here, and an export of little has ended at once.
REFUSED = {
    "AuthService/RefreshToken",
    "AuthService/RevokeToken",
    "ExportService/CancelExportJob",
    "FleetService/DrainAgent",
    "FleetService/GetAgent",
    "RecommendService/DeleteRecommendation",
    "RecommendService/GetRecommendation",
    "RecommendService/GetRecommendationResult",
    "RunService/CheckTarget",
}


class Api:
    """The operations of a gateway, and how to carry one out."""

    def __init__(self, address: str) -> None:
        self._base, self._session = f"http://{address}", requests.Session()
        document = self._session.get(f"{self._base}/openapi.json").json()
        found = schemathesis.openapi.from_dict(document).get_all_operations()
        every = [one.ok() for one in found]
        self.operations: dict[str, APIOperation] = {one.label: one for one in every if one.path not in ENDLESS}

    def ask(self, case: Case) -> Response:
        """Ask, and hold the answer against the document."""
        response = case.call(base_url=self._base, session=self._session, headers={"X-API-Key": KEY})
        left_out = set()
        if case.query.get("fields"):
            left_out.add(response_schema_conformance)  # it is that of the whole answer
        if case.body is None:
            left_out.add(negative_data_rejection)  # null is no body
        case.validate_response(response, checks=[check for check in CHECKS if check not in left_out])
        answer = case.operation.definition.raw["responses"][str(response.status_code)]
        if "$ref" in answer:
            reason = response.json()["error"]["error_code"]
            declared = answer["description"].split(", ")
            assert reason in declared, f"{case.operation.label} says nothing of {reason}: {response.text[:500]}"
        return response

    def read(self, case: Case, **parameters: str) -> Any:
        """Return the document with more parameters than those of a request."""
        url = f"{self._base}{case.formatted_path}"
        query = {**case.query, **parameters}
        return self._session.get(url, params=query, headers={"X-API-Key": KEY}).json()

    def make(self, label: str, **names: str) -> str:
        """Make what a usable request of an operation asks for, and return its identifier."""
        document = self.ask(self.usable(label)).json()
        (name,) = names
        for part in names[name].split("."):
            document = document[part]
        return document

    def usable(self, label: str, **known: str) -> Case:
        """Return a request that there is an answer to; `known` names what is there."""
        binding = BINDINGS[label]
        message = GetMessageClass(binding.request)(**{**STARTS.get(_name(binding), {}), **known})
        fields: dict[str, Any] = MessageToDict(message, preserving_proto_field_name=True)
        path = {name: fields.pop(name, "unknown") for name in binding.template.fields}
        if binding.body == "*":
            return self.operations[label].Case(path_parameters=path, body=fields, media_type="application/json")
        return self.operations[label].Case(path_parameters=path, query=fields)

    def close(self) -> None:
        """Close the connection."""
        self._session.close()


@pytest.fixture(scope="module")
def api(gateway: Service) -> Iterator[Api]:
    made = Api(gateway.started["http"])
    yield made
    made.close()


def _name(binding: Binding) -> str:
    return f"{binding.method.containing_service.name}/{binding.method.name}"


def test_what_can_be_answered_is_answered_as_declared(api: Api) -> None:
    listed = api.ask(api.operations["GET /api/v1/traces"].Case()).json()
    known = {
        "agent_id": "a",
        "run_id": "run-0",
        "format": "csv",
        "project_id": "p2",
        "metric_id": "request_count",
        "model_id": "gpt-4o",
        "trace_id": listed["data"][0]["trace_id"],
        "budget_id": api.make("POST /api/v1/costs/budgets", id="data.id"),
        "job_id": api.make("POST /api/v1/export/traces", id="data.job_id"),
        "key_id": api.make("POST /api/v1/auth/keys", id="details.key_id"),
        "token_id": api.make("POST /api/v1/agents/tokens", id="details.token_id"),
    }
    refused = {}
    for label in sorted(BINDINGS, key=lambda one: one.startswith("DELETE")):
        binding = BINDINGS[label]
        response = api.ask(api.usable(label, **{name: known[name] for name in binding.template.fields}))
        if response.status_code >= 400 and _name(binding) not in REFUSED:
            refused[label] = response.text
    assert refused == {}


def test_W46_of_every_read_only_what_is_wanted_is_answered(api: Api) -> None:
    trace_id = api.read(api.usable("GET /api/v1/traces"))["data"][0]["trace_id"]
    cut = 0
    for label, binding in BINDINGS.items():
        if binding.verb != "GET" or not binding.is_read or _name(binding) in REFUSED:
            continue
        in_path = {"metric_id": "request_count", "model_id": "gpt-4o", "trace_id": trace_id, "run_id": "run-0"}
        case = api.usable(label, **{name: in_path.get(name, "x") for name in binding.template.fields})
        whole = _chosen_from(api.read(case))
        if "error" in whole:
            continue  # what is not there
        for name in whole:
            left = _chosen_from(api.read(case, fields=name))
            assert type(left[name]) is type(whole[name]), (label, name)
            assert left.keys() - {"ts", "trace_id", "span_id"} <= {name}, (label, name)
            cut += 1
        refusal = api.read(case, fields="nme")["error"]
        assert (refusal["error_code"], refusal["field"]) == ("UNKNOWN_FIELD", "fields"), label
        assert "nme" in refusal["message"], label
    assert cut > 100


def _chosen_from(document: dict[str, Any]) -> dict[str, Any]:
    """Return what `fields` chooses from; of a list, the first."""
    found = document["data"] if "meta" in document and "data" in document else document
    if isinstance(found, list):
        return found[0] if found else {}
    return found


def test_what_is_shown_can_be_sent(api: Api) -> None:
    bodies = {
        label: body["content"]["application/json"]["example"]
        for label, operation in api.operations.items()
        if label in BINDINGS and (body := operation.definition.raw.get("requestBody"))
    }
    assert len(bodies) > 15
    refused = {}
    for label, body in bodies.items():
        operation = api.operations[label]
        path = {
            one["name"]: one["example"] for one in operation.definition.raw["parameters"] if one["in"] == "path"
        }
        response = api.ask(operation.Case(path_parameters=path, body=body, media_type="application/json"))
        if response.status_code == 400:
            refused[label] = response.text
    assert refused == {}


@pytest.mark.parametrize("mode", EACH, ids=lambda mode: mode.name.lower())
def test_whatever_is_asked_is_answered_as_declared(api: Api, mode: GenerationMode) -> None:
    for operation in api.operations.values():
        if mode is GenerationMode.NEGATIVE and not (operation.query or operation.body):
            continue  # any text will do in a path

        @seed(SEED)
        @settings(
            max_examples=max(EACH[mode], round(PER_SECOND * SECONDS)),
            derandomize=False,
            database=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate],
        )
        @given(operation.as_strategy(generation_mode=mode))
        def holds(case: Case) -> None:
            api.ask(case)

        holds()
