"""Prometheus, Alertmanager and Grafana of docker-compose.yml: what is configured fits together."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.deploy.compose_file import ROOT, SECRETS, images, stack
from tests.deploy.programs import program, succeeds

DEPLOY = ROOT / "deploy"
BOARDS = sorted((DEPLOY / "grafana" / "boards").glob("*.json"))


def configured(file: str) -> Any:
    return yaml.safe_load((DEPLOY / file).read_text())


PROMETHEUS = configured("prometheus/prometheus.yml")
ALERTMANAGER = configured("alertmanager/alertmanager.yml")
ALERTS = [
    rule
    for group in configured("prometheus/rules/alerts.yml")["groups"]
    for rule in group["rules"]
    if "alert" in rule
]
JOBS = {job["job_name"]: job for job in PROMETHEUS["scrape_configs"]}


def test_promtool_takes_the_configuration(tmp_path: Path):
    promtool = program("promtool", "prometheus")
    (tmp_path / "rules").mkdir()
    for file in (DEPLOY / "prometheus" / "rules").glob("*.yml"):
        shutil.copy(file, tmp_path / "rules")
    text = (DEPLOY / "prometheus" / "prometheus.yml").read_text()
    (tmp_path / "prometheus.yml").write_text(text.replace(SECRETS, f"{tmp_path}/"))
    for secret in re.findall(rf"{SECRETS}(\w+)", text):
        (tmp_path / secret).write_text("key")
    said = succeeds(promtool, "check", "config", tmp_path / "prometheus.yml")
    assert f"{tmp_path}/rules/alerts.yml" in said


def test_amtool_takes_the_configuration():
    amtool = program("amtool", "prometheus-alertmanager")
    said = succeeds(amtool, "check-config", DEPLOY / "alertmanager" / "alertmanager.yml")
    assert "3 receivers" in said


@pytest.mark.parametrize("severity", ["critical", "warning", "info"])
def test_amtool_routes_by_severity(severity: str):
    amtool = program("amtool", "prometheus-alertmanager")
    file = f"--config.file={DEPLOY / 'alertmanager' / 'alertmanager.yml'}"
    assert succeeds(amtool, "config", "routes", "test", file, f"severity={severity}").strip() == severity


def test_W44_every_service_is_scraped_where_it_listens():
    services = stack().of("monitoring")
    scraped = {}
    for job, described in JOBS.items():
        if job.startswith("loadcell-"):
            for target in described["static_configs"][0]["targets"]:
                name, _, port = target.partition(":")
                scraped[name] = job
                assert int(port) in images()[services[name].target].ports
                assert "metrics" in set(services[name].networks) & set(services["prometheus"].networks)
                assert job == f"loadcell-{services[name].target}"
    assert scraped.keys() == {one.name for one in services.values() if one.target and not one.ends}


def test_W44_alerts_and_boards_name_jobs_that_are_scraped():
    read = [rule["expr"] for rule in ALERTS]
    read += [
        rule["expr"] for group in configured("prometheus/rules/recording.yml")["groups"] for rule in group["rules"]
    ]
    read += [text for board in BOARDS for text in texts(json.loads(board.read_text()), "expr")]
    named = {one for text in read for one in re.findall(r'job="([\w-]+)"', text)}
    assert named
    assert named <= JOBS.keys()
    for pattern in {one for text in read for one in re.findall(r'job=~"([^"$]+)"', text)}:
        assert any(re.fullmatch(pattern, job) for job in JOBS)


def test_the_key_of_the_exporter_is_a_file():
    assert JOBS["loadcell-gateway"]["authorization"] == {"credentials_file": f"{SECRETS}exporter_key"}
    assert "exporter_key" in stack().services["prometheus"].secrets


def test_prometheus_tells_the_alertmanager():
    (target,) = PROMETHEUS["alerting"]["alertmanagers"][0]["static_configs"][0]["targets"]
    assert target == "alertmanager:9093"
    assert set(stack().services["prometheus"].networks) & set(stack().services["alertmanager"].networks)


def test_every_severity_has_a_receiver_that_works_without_an_account():
    receivers = {one["name"]: one for one in ALERTMANAGER["receivers"]}
    routed = {route["matchers"][0]: route["receiver"] for route in ALERTMANAGER["route"]["routes"]}
    assert routed == {f'severity="{severity}"': severity for severity in ("critical", "warning", "info")}
    assert {alert["labels"]["severity"] for alert in ALERTS} <= receivers.keys()
    assert all(one == {"name": name} for name, one in receivers.items())


def test_what_is_silenced_by_another_alert_is_one():
    names = {alert["alert"] for alert in ALERTS}
    for rule in ALERTMANAGER["inhibit_rules"]:
        for matcher in (*rule["source_matchers"], *rule["target_matchers"]):
            label, text = re.fullmatch(r'(\w+)=~?"(.+)"', matcher).groups()  # type: ignore[union-attr]
            assert set(text.split("|")) <= (names if label == "alertname" else {"critical", "warning", "info"})


def test_W44_boards_read_a_data_source_that_is_provisioned():
    sources = configured("grafana/provisioning/datasources/loadcell.yml")["datasources"]
    assert {one["uid"]: one["url"] for one in sources} == {
        "loadcell-prometheus": "http://prometheus:9090",
        "loadcell-alertmanager": "http://alertmanager:9093",
    }
    for board in BOARDS:
        for source in found(json.loads(board.read_text()), "datasource"):
            assert source["uid"] in {one["uid"] for one in sources} | {"-- Grafana --", "-- Mixed --"}, board.name


def test_W44_boards_are_where_they_are_looked_for():
    (provider,) = configured("grafana/provisioning/dashboards/loadcell.yml")["providers"]
    grafana = stack().services["grafana"]
    places = {place: source for source, place, _ in grafana.mounts}
    assert places[provider["options"]["path"]] == "./deploy/grafana/boards"
    assert places["/etc/grafana/provisioning"] == "./deploy/grafana/provisioning"
    assert BOARDS


def found(value: Any, key: str) -> Iterator[Any]:
    """Everything under a key, however deep."""
    if isinstance(value, dict):
        for name, one in value.items():
            if name == key and one is not None:
                yield one
            yield from found(one, key)
    elif isinstance(value, list):
        for one in value:
            yield from found(one, key)


def texts(value: Any, key: str) -> list[str]:
    return [one for one in found(value, key) if isinstance(one, str)]
