"""The rules of Prometheus as they are in the repository, and what their expressions may read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from agent.metrics import names as of_agents
from controller.metrics import names as of_controllers
from gateway.metrics import names as of_gateways
from tests.deploy.promql import Catalog, Series, labels_of

ROOT = Path(__file__).resolve().parents[2]
RULES = ROOT / "deploy" / "prometheus" / "rules"
JOBS = {
    "loadcell-gateway": of_gateways.metric_names(),
    "loadcell-controller": of_controllers.metric_names(),
    "loadcell-agent": of_agents.metric_names(),
}


def rules(name: str) -> list[dict[str, Any]]:
    """Every rule of a file in its order."""
    document = yaml.safe_load((RULES / name).read_text())
    return [rule for group in document["groups"] for rule in group["rules"]]


def catalog() -> Catalog:
    """Every metric there is, and what the recording rules make of them, in their order."""
    made = Catalog()
    for job, metrics in JOBS.items():
        made.add_job(job, metrics)
    for rule in rules("recording.yml"):
        made.recorded[rule["record"]] = Series(labels_of(rule["expr"], made))
    return made
