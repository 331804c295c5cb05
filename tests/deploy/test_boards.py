"""The boards of Grafana: as generated, every query answers from metrics that exist, nothing stands on another."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from scripts.boards.__main__ import FOLDER
from scripts.boards.rendering import rendered
from tests.deploy.promql import Catalog, Series, labels_of
from tests.deploy.rule_files import ROOT, catalog

BOARDS = {name: json.loads(text) for name, text in rendered().items()}
WANTED = {"overview", "requests", "errors", "rate-limits", "cache", "database", "runs", "fleet"}
# As Grafana puts them in before it asks.
TIMES = {"$__rate_interval": "5m", "$__range": "1h"}
OF_ALERTS = frozenset({"alertname", "alertstate", "severity", "component"})


def panels(board: dict[str, Any]) -> list[dict[str, Any]]:
    """Every panel that shows something."""
    return [panel for panel in board["panels"] if panel["type"] != "row"]


def choices(board: dict[str, Any]) -> list[dict[str, Any]]:
    return board["templating"].get("list", [])


def queries() -> Iterator[tuple[str, str, dict[str, Any], dict[str, Any]]]:
    for name, board in BOARDS.items():
        for panel in panels(board):
            for target in panel["targets"]:
                yield name, panel["title"], panel, target


QUERIES = [
    pytest.param(name, panel, target, id=f"{name}-{title}-{target['refId']}")
    for name, title, panel, target in queries()
]


@pytest.fixture(scope="module")
def known() -> Catalog:
    made = catalog()
    made.recorded["ALERTS"] = Series(OF_ALERTS)
    return made


def asked(text: str) -> str:
    """A query as Grafana asks it."""
    for word, value in TIMES.items():
        text = text.replace(word, value)
    return text


def test_the_files_are_those_that_are_generated() -> None:
    assert {path.name: path.read_text() for path in FOLDER.glob("*")} == rendered(), "run make boards"


def test_all_boards_are_there() -> None:
    assert {board["uid"] for board in BOARDS.values()} == {f"loadcell-{name}" for name in WANTED}
    assert {f"{board['uid']}.json" for board in BOARDS.values()} == BOARDS.keys()
    assert len({board["title"] for board in BOARDS.values()}) == len(BOARDS)


@pytest.mark.parametrize("page", ["deploy/prometheus/rules/alerts.yml", "docs/runbook.md"])
def test_boards_that_are_spoken_of_exist(page: str) -> None:
    titles = {board["title"].removeprefix("loadcell: ") for board in BOARDS.values()}
    words = " ".join((ROOT / page).read_text().split())
    said = re.findall(r"board ((?:[A-Z]\w+)(?: and latency| limiting)?)", words)
    assert said
    assert set(said) <= titles


@pytest.mark.parametrize(("name", "panel", "target"), QUERIES)
def test_queries_read_what_exists(
    name: str, panel: dict[str, Any], target: dict[str, Any], known: Catalog
) -> None:
    labels = labels_of(asked(target["expr"]), known)
    assert set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"])) <= labels
    if panel["type"] == "stat":
        assert labels == set(), "a number is one series"
    chosen = set(re.findall(r"\$([a-z]+)", asked(target["expr"])))
    assert chosen <= {variable["name"] for variable in choices(BOARDS[name])}


@pytest.mark.parametrize(("name", "panel", "target"), QUERIES)
def test_series_of_a_graph_are_told_apart(
    name: str, panel: dict[str, Any], target: dict[str, Any], known: Catalog
) -> None:
    if panel["type"] != "timeseries":
        return
    told = set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"]))
    # Where all series are of one job, nobody needs to read which.
    assert labels_of(asked(target["expr"]), known) - {"job"} == told - {"job"}


@pytest.mark.parametrize("name", BOARDS)
def test_what_can_be_chosen_exists_and_is_asked_for(name: str, known: Catalog) -> None:
    text = json.dumps(BOARDS[name])
    for variable in choices(BOARDS[name]):
        inner = variable["query"]["query"].removeprefix("label_values(").removesuffix(")")
        series, _, label = inner.rpartition(", ")
        assert label in labels_of(series, known)
        assert f'=~\\"${variable["name"]}\\"' in text
        assert (variable["multi"], variable["includeAll"], variable["allValue"]) == (True, True, ".*")


@pytest.mark.parametrize("name", BOARDS)
def test_panels_say_what_they_show(name: str) -> None:
    for panel in panels(BOARDS[name]):
        defaults = panel["fieldConfig"]["defaults"]
        assert panel["title"]
        assert panel["description"].endswith(".")
        assert defaults["unit"]
        assert defaults["thresholds"]["steps"][0]["value"] is None
        values = [step["value"] for step in defaults["thresholds"]["steps"][1:]]
        assert values == sorted(values)
    titles = [(row, panel["title"]) for row, panel in by_row(BOARDS[name])]
    assert len(set(titles)) == len(titles)


def by_row(board: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    row = ""
    for panel in board["panels"]:
        if panel["type"] == "row":
            row = panel["title"]
        else:
            yield row, panel


@pytest.mark.parametrize("name", BOARDS)
def test_no_panel_stands_on_another(name: str) -> None:
    taken: set[tuple[int, int]] = set()
    for panel in BOARDS[name]["panels"]:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
        across = range(place["x"], place["x"] + place["w"])
        cells = set(itertools.product(across, range(place["y"], place["y"] + place["h"])))
        assert not cells & taken, panel["title"]
        taken |= cells
    numbers = [panel["id"] for panel in BOARDS[name]["panels"]]
    assert sorted(set(numbers)) == numbers


def test_the_data_source_is_the_one_that_is_provisioned() -> None:
    path = ROOT / "deploy" / "grafana" / "provisioning" / "datasources" / "loadcell.yml"
    provisioned = {one["uid"]: one["type"] for one in yaml.safe_load(path.read_text())["datasources"]}
    named = set()
    for board in BOARDS.values():
        targets = [target for panel in panels(board) for target in panel["targets"]]
        for part in (*panels(board), *targets, *choices(board)):
            named.add((part["datasource"]["uid"], part["datasource"]["type"]))
    assert named == {("loadcell-prometheus", "prometheus")}
    assert provisioned["loadcell-prometheus"] == "prometheus"
