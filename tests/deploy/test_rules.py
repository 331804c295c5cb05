"""The rules of Prometheus: promtool takes them, each has its tests, and all they read and name exists."""

from __future__ import annotations

import re
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any

import grpc
import promql_parser
import pytest
import yaml

from controller.lifecycle import STATUS_WORDS
from gateway import analysis, download
from gateway.live.routes import EVENT_STREAM, RUN_STREAM
from loadcell.v1 import fleet_pb2
from scripts.reference import application, services
from tests.deploy.compose_file import load
from tests.deploy.programs import program, succeeds
from tests.deploy.promql import labels_of, names_in, only, selectors_in
from tests.deploy.rule_files import ROOT, RULES, catalog, rules

ALERTS = rules("alerts.yml")
RECORDED = rules("recording.yml")
UNIT_TESTS = sorted((RULES / "tests").glob("*.yml"))
CATALOG = catalog()
TEMPLATED = re.compile(r"\{\{(.*?)\}\}")
AGENT_STATES = {name.removeprefix("AGENT_STATE_").lower() for name, _ in fleet_pb2.AgentState.items()}
RUN_STATUSES = set(STATUS_WORDS.values())
VALUES = {
    ("loadcell_agents", "state"): AGENT_STATES,
    ("state:loadcell_agents:max", "state"): AGENT_STATES,
    ("status:loadcell_runs:max", "status"): RUN_STATUSES,
    ("grpc_server_handled_total", "grpc_code"): {code.name for code in grpc.StatusCode},
    ("http_requests_total", "status"): {str(status.value) for status in HTTPStatus},
    ("llm_requests_total", "status"): {"success", "error"},
    ("db_pool_connections", "state"): {"in_use", "idle"},
}
# What is asked for together with calls to methods of the contract, and lasts, too.
OTHER_STREAMS = {"Watch", "ServerReflectionInfo"}


@pytest.fixture(scope="module")
def promtool() -> str:
    return program("promtool", "prometheus")


def name_of(alert: dict[str, Any]) -> str:
    return f"{alert['alert']}-{alert['labels']['severity']}"


def test_promtool_takes_the_rules(promtool: str) -> None:
    succeeds(promtool, "check", "rules", "--lint-fatal", RULES / "recording.yml", RULES / "alerts.yml")


@pytest.mark.parametrize("file", UNIT_TESTS, ids=lambda file: file.stem)
def test_rules_do_what_their_tests_say(promtool: str, file: Path) -> None:
    succeeds(promtool, "test", "rules", file)


@cache
def asked() -> list[dict[str, Any]]:
    """Every question of the unit tests."""
    return [
        question
        for file in UNIT_TESTS
        for test in yaml.safe_load(file.read_text())["tests"]
        for question in test.get("promql_expr_test", [])
    ]


def alert_asked_for(expression: str) -> str | None:
    (selector,) = selectors_in(expression)
    return only(selector, "alertname") if selector.name == "ALERTS" else None


@pytest.mark.parametrize("alert", ALERTS, ids=name_of)
def test_every_alert_is_seen_silent_and_firing(alert: dict[str, Any]) -> None:
    seen = [
        f'{{severity="{alert["labels"]["severity"]}"}}' in {sample["labels"] for sample in question["exp_samples"]}
        for question in asked()
        if alert_asked_for(question["expr"]) == alert["alert"]
    ]
    assert set(seen) == {True, False}


def test_every_recording_rule_is_asked_for_its_value() -> None:
    valued = set().union(*(names_in(question["expr"]) for question in asked() if question["exp_samples"]))
    assert {rule["record"] for rule in RECORDED} - valued == set()


@pytest.mark.parametrize("alert", ALERTS, ids=name_of)
def test_alerts_read_what_exists_and_name_labels_they_have(alert: dict[str, Any]) -> None:
    labels = labels_of(alert["expr"], CATALOG)
    for part in TEMPLATED.findall(" ".join(alert["annotations"].values())):
        for label in re.findall(r"\$labels\.(\w+)", part):
            assert label in labels
        assert re.fullmatch(r" \$(value|labels\.\w+|externalLabels\.documentation)( \| humanize\w*)? ", part)


@pytest.mark.parametrize("alert", ALERTS, ids=name_of)
def test_alerts_say_what_was_measured_and_what_to_do(alert: dict[str, Any]) -> None:
    said = alert["annotations"]
    assert alert["labels"].keys() == {"severity", "component"}
    assert alert["labels"]["severity"] in {"critical", "warning"}
    assert said.keys() == {"summary", "description", "action", "runbook_url"}
    assert "$value" in said["description"] or "absent" in alert["expr"]
    assert said["description"].endswith(".")
    assert said["action"].endswith(".")


def test_a_name_stands_twice_for_two_severities_only() -> None:
    named = [name_of(alert) for alert in ALERTS]
    assert len(named) == len(set(named))


def test_each_alert_has_a_section_of_the_runbook_and_links_it() -> None:
    page = (ROOT / "docs" / "runbook.md").read_text()
    sections = re.findall(r"^### (Loadcell\w+)$", page, flags=re.MULTILINE)
    assert sections == list(dict.fromkeys(alert["alert"] for alert in ALERTS))
    for alert in ALERTS:
        link = "{{ $externalLabels.documentation }}docs/runbook.md#" + alert["alert"].lower()
        assert alert["annotations"]["runbook_url"] == link


def test_where_the_documentation_is_can_be_said() -> None:
    # Prometheus 3 puts in what its environment says, or nothing.
    text = (ROOT / "deploy" / "prometheus" / "prometheus.yml").read_text()
    (variable,) = re.findall(r"^    documentation: \$\{(\w+)\}$", text, re.MULTILINE)
    example = "https://git.example/loadcell/blob/main/"
    for given in ({}, {variable: example}):
        assert load(given).services["prometheus"].environment[variable] == given.get(variable, "")
    # That of a host says it itself, when its lines are no comments any more.
    text = (ROOT / "deploy" / "systemd" / "prometheus.yml").read_text()
    assert "external_labels" not in yaml.safe_load(text)["global"]
    said = yaml.safe_load(re.sub(r"^  #(?=external_labels:|  documentation:)", "  ", text, flags=re.MULTILINE))
    assert said["global"]["external_labels"] == {"documentation": example}


def test_recorded_names_say_by_which_labels() -> None:
    for rule in RECORDED:
        level = rule["record"].partition(":")[0]
        labels = CATALOG.recorded[rule["record"]].labels
        if level.startswith("instance"):
            labels -= {"job"}
        words = re.findall("token_type|route_class|[a-z]+", level.replace("_endpoint", "_endpoint_method"))
        known = {"grpc_service": "method", "grpc_method": "method"} if "grpc" in rule["record"] else {}
        assert {known.get(label, label) for label in labels} == {word for word in words if word != "_"}


@pytest.mark.parametrize("rule", [*RECORDED, *ALERTS], ids=lambda rule: rule.get("record") or name_of(rule))
def test_values_that_are_looked_for_exist(rule: dict[str, Any]) -> None:
    for selector in selectors_in(rule["expr"]):
        for matcher in selector.matchers.matchers:
            if matcher.name != "job" and matcher.op in (promql_parser.MatchOp.Equal, promql_parser.MatchOp.Re):
                known = VALUES[selector.name, matcher.name]
                for wanted in matcher.value.split("|"):
                    assert any(re.fullmatch(wanted, value) for value in known), wanted


def test_calls_that_last_are_left_out_of_how_long_calls_take() -> None:
    streams = {
        method.name
        for service in services()
        for method in service.methods
        if method.client_streaming or method.server_streaming
    }
    assert left_out("job_le:grpc_server_handling_seconds_bucket:rate5m", "grpc_method") == streams | OTHER_STREAMS


def test_requests_that_last_are_left_out_of_how_long_requests_take() -> None:
    pattern = left_out("job_le:http_request_duration_seconds_bucket:rate5m", "endpoint", words=False)
    served = {operation.path for operation in application().state.operations}
    matched = {path for path in served if re.fullmatch(pattern, path)}
    assert matched == {EVENT_STREAM, RUN_STREAM, analysis.PATH, download.PATH}


def left_out(record: str, label: str, *, words: bool = True) -> Any:
    """What a recording rule excludes by a label."""
    (rule,) = (rule for rule in RECORDED if rule["record"] == record)
    patterns = [
        matcher.value
        for selector in selectors_in(rule["expr"])
        for matcher in selector.matchers.matchers
        if matcher.name == label
    ]
    (pattern,) = patterns
    return set(pattern.split("|")) if words else pattern


@pytest.mark.parametrize(("ci", "outcome"), [("", pytest.skip.Exception), ("true", pytest.fail.Exception)])
def test_a_program_that_is_missing_is_named(
    ci: str, outcome: type[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setenv("CI", ci)
    with pytest.raises(outcome, match="promtool is missing: apt-get install --no-install-recommends prometheus"):
        program("promtool", "prometheus")
