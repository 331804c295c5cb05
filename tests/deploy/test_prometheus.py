"""A real Prometheus with our rules scrapes a real system: rules have values, and a lost agent is noticed."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from loadcell.stack import Child
from scripts.boards.rendering import rendered
from tests.deploy.programs import program
from tests.deploy.rule_files import JOBS, ROOT, RULES, catalog, rules
from tests.free_ports import free_address
from tests.patience import PATIENCE_SECONDS

RECORDED = {rule["record"] for rule in rules("recording.yml")}

# Troubles that nobody has here, limits that the only user of a machine has not, objectives that no run was given.
EMPTY_WHILE_ALL_IS_WELL = {
    "loadcell-errors.json": {
        "HTTP failures by endpoint",
        "gRPC failures by method",
        "Errors of the database",
        "Calls refused",
        "What agents sent and was refused",
    },
    "loadcell-rate-limits.json": {
        "Refused",
        "Refused by class",
        "Let in by class",
        "Share that is refused",
        "Refused by role",
        "What callers have left",
    },
    "loadcell-database.json": {"Errors"},
    "loadcell-runs.json": {"Errors", "Goodput"},
}


class Watched:
    """The processes of a small system, and Prometheus beside it."""

    def __init__(self, folder: Path, prometheus: str) -> None:
        self.addresses = {job: free_address() for job in JOBS}
        self.http, self._grpc, self._mock, self._web = (free_address() for _ in range(4))
        home = {"LOADCELL_DATA_DIR": str(folder / "data"), "LOADCELL_CONTROLLER": self._grpc}
        controller = {
            "LOADCELL_GRPC": self._grpc,
            "LOADCELL_CONTROLLER_METRICS": self.addresses["loadcell-controller"],
            "LOADCELL_HEARTBEAT_SECONDS": "0.5",
            "LOADCELL_LEASE_SECONDS": "2",
        }
        gateway = {"LOADCELL_HTTP": self.http, "LOADCELL_EXPORTER": self.addresses["loadcell-gateway"]}
        agent = {"LOADCELL_WORKERS": "1", "LOADCELL_AGENT_METRICS": self.addresses["loadcell-agent"]}
        host, _, port = self._mock.partition(":")
        mock = ("mock-server", "--host", host, "--port", port)
        self._children = [
            Child("mock", "loadcell.cli", home, folder / "mock.log", mock),
            Child("controller", "controller", home | controller, folder / "controller.log"),
            Child("gateway", "gateway", home | gateway, folder / "gateway.log"),
        ]
        self.agent = Child("agent", "agent", home | agent, folder / "agent.log")
        self._children.append(self.agent)
        self._run_id: str | None = None
        self._client = httpx.Client(timeout=30, trust_env=False)
        self._log = folder / "prometheus.log"
        with self._log.open("wb") as log:
            self.prometheus = subprocess.Popen(
                [
                    prometheus,
                    f"--config.file={self._configured(folder)}",
                    f"--storage.tsdb.path={folder / 'tsdb'}",
                    f"--web.listen-address={self._web}",
                ],
                stdout=log,
                stderr=log,
            )

    def _configured(self, folder: Path) -> Path:
        """The configuration of the compose stack, in a hurry, and with what runs here."""
        document = yaml.safe_load((ROOT / "deploy" / "prometheus" / "prometheus.yml").read_text())
        document["global"] = {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"}
        document["rule_files"] = [str(RULES / "*.yml")]
        del document["alerting"]
        document["scrape_configs"] = [
            {"job_name": job["job_name"], "static_configs": [{"targets": [self.addresses[job["job_name"]]]}]}
            for job in document["scrape_configs"]
            if job["job_name"] in self.addresses
        ]
        assert len(document["scrape_configs"]) == len(self.addresses)
        file = folder / "prometheus.yml"
        file.write_text(yaml.safe_dump(document))
        return file

    def close(self) -> None:
        self._client.close()
        self.prometheus.send_signal(signal.SIGTERM)
        for child in reversed(self._children):
            child.kill()
        self.prometheus.wait(PATIENCE_SECONDS)

    def is_ready(self) -> bool:
        return self._client.get(f"http://{self._web}/-/ready").is_success

    def api(self, path: str, **parameters: str) -> Any:
        """Ask Prometheus."""
        answer = self._client.get(f"http://{self._web}/api/v1/{path}", params=parameters)
        assert answer.status_code == 200, answer.text
        return answer.json()["data"]

    def query(self, expression: str) -> list[dict[str, Any]]:
        """What an expression gives now: series with labels and a value."""
        found = self.api("query", query=expression)["result"]
        return [{"labels": one["metric"], "value": float(one["value"][1])} for one in found]

    def call(self, method: str, path: str, body: object = None) -> httpx.Response:
        """Ask the gateway."""
        return self._client.request(method, f"http://{self.http}{path}", json=body)

    def use(self) -> None:
        """Make some calls, one of them twice, and begin a run of some seconds unless the last one goes on.

        In so much time Prometheus looks several times.
        """
        run = f"/api/v1/benchmark/run/{self._run_id}"
        if self._run_id is None or self.call("GET", run).json()["status"] not in {"pending", "running"}:
            wanted = {"server_url": f"http://{self._mock}", "rate": [20], "duration_seconds": 5}
            answer = self.call("POST", "/api/v1/benchmark/run", wanted)
            assert answer.is_success, answer.text
            self._run_id = answer.json()["run_id"]
        for path in ("/health", "/api/v1/traces", "/api/v1/traces", "/api/v1/benchmark/runs"):
            self.call("GET", path)

    def until(self, what: str, holds: Callable[[], object], last: object = None) -> None:
        """Wait for something, which may not be there to ask yet; `last` is what a failure shows."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            for child in self._children:
                if child is not self.agent:
                    child.check()
            assert self.prometheus.poll() is None, self._log.read_text()
            try:
                if holds():
                    return
            except httpx.TransportError as error:
                last = error
            time.sleep(0.2)
        pytest.fail(f"{what}: {last}")


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    made = Watched(tmp_path_factory.mktemp("watched"), program("prometheus", "prometheus"))
    try:
        made.until("Prometheus is ready", made.is_ready)
        made.until("the gateway reaches the controller", lambda: made.query("loadcell_controller_up == 1"))
        yield made
    finally:
        made.close()


def test_every_target_is_up(watched: Watched) -> None:
    def up() -> bool:
        found = {one["labels"]["job"]: one["value"] for one in watched.query("up")}
        return found == dict.fromkeys(JOBS, 1.0)

    watched.until("all targets are up", up)


def test_recording_rules_give_values_with_the_labels_they_say(watched: Watched) -> None:
    watched.until("the agent is ready", lambda: watched.query('state:loadcell_agents:max{state="ready"} == 1'))
    seen: dict[str, set[str]] = {}
    missing: list[str] = []

    def all_have_values() -> bool:
        watched.use()
        for one in watched.query('{__name__=~".+:.+"}'):
            labels = set(one["labels"])
            seen.setdefault(one["labels"]["__name__"], labels - {"__name__"})
        missing[:] = sorted(RECORDED - seen.keys())
        return not missing

    watched.until("all rules have values", all_have_values, missing)
    known = catalog().recorded
    assert seen == {name: known[name].labels for name in seen}


def test_boards_show_something_but_troubles(watched: Watched) -> None:
    """A rate is there from the second scrape of a series on, and what is said of a run comes with the run."""
    panels = {
        (name, panel["title"], with_everything_chosen(target["expr"]))
        for name, text in rendered().items()
        for panel in json.loads(text)["panels"]
        for target in panel.get("targets", [])
    }
    empty = {one for one in panels if one[1] not in EMPTY_WHILE_ALL_IS_WELL.get(one[0], set())}
    assert empty

    def all_have_shown_something() -> bool:
        watched.use()
        empty.difference_update([one for one in empty if watched.query(one[2])])
        return not empty

    watched.until("all panels show something", all_have_shown_something, empty)


def with_everything_chosen(query: str) -> str:
    """A query as a board asks it at first, of rates over all of the test, however long it took."""
    return re.sub(r"\$[a-z]+", ".*", query.replace("$__rate_interval", "30m"))


def test_every_rule_can_be_evaluated(watched: Watched) -> None:
    def all_ok() -> bool:
        found = [rule for group in watched.api("rules")["groups"] for rule in group["rules"]]
        assert [rule["lastError"] for rule in found if rule.get("lastError")] == []
        return {rule["health"] for rule in found} == {"ok"} and len(found) > len(RECORDED)

    watched.until("every rule is evaluated", all_ok)


def test_nothing_wakes_somebody_up_while_all_is_well(watched: Watched) -> None:
    assert watched.query('ALERTS{alertstate="firing",severity="critical"}') == []


def test_an_agent_that_is_gone_is_noticed(watched: Watched) -> None:
    watched.agent.kill()

    def raised() -> bool:
        alerts = {one["labels"]["alertname"]: one["state"] for one in watched.api("alerts")["alerts"]}
        wanted = {"LoadcellAgentDown", "LoadcellAgentsLost"}
        return {alerts.get(name) for name in wanted} <= {"pending", "firing"}

    watched.until("the alerts of a lost agent are pending", raised)
    said = {one["labels"]["alertname"]: one["annotations"] for one in watched.api("alerts")["alerts"]}
    assert said["LoadcellAgentsLost"]["runbook_url"] == "docs/runbook.md#loadcellagentslost"
    assert said["LoadcellAgentsLost"]["summary"] == "Agents are lost: 1"
