"""The page that shows the OpenAPI document: everything of it is there, and its forms send what it describes."""

from __future__ import annotations

import json
import subprocess
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from scripts.reference import document
from tests.node_path import node_path

BROWSER = Path(__file__).with_name("page_without_browser.js")


def show(operation: str) -> dict[str, Any]:
    """Return what the page holds, and what it asked for when the form of an operation was sent."""
    node = node_path()
    with resources.as_file(resources.files("gateway.web").joinpath("docs.js")) as script:
        command = [node, str(BROWSER), str(script), operation]
        done = subprocess.run(
            command, input=json.dumps(document()), capture_output=True, text=True, check=False, timeout=60
        )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_every_operation_schema_and_error_is_on_the_page() -> None:
    shown, api = set(show("CreateRun")["identifiers"]), document()
    operations = {op["operationId"] for verbs in api["paths"].values() for op in verbs.values()}
    assert operations | {row["error_code"] for row in api["x-errors"]} <= shown
    assert {socket["operationId"] for socket in api["x-websockets"]} <= shown
    assert {f"schema-{name}" for name in api["components"]["schemas"]} <= shown


def test_a_form_sends_the_example_that_is_in_it() -> None:
    _, sent = show("UpdateRun")["asked"]
    example = document()["paths"]["/api/v1/benchmark/run/{run_id}"]["patch"]["requestBody"]["content"]
    assert sent["method"] == "PATCH"
    assert sent["url"].startswith("/api/v1/benchmark/run/")
    assert "{" not in sent["url"]
    assert json.loads(sent["body"]) == example["application/json"]["example"]


def test_what_is_empty_is_not_sent() -> None:
    _, sent = show("GetRun")["asked"]
    assert sent["method"] == "GET"
    assert "?" not in sent["url"]
    assert sent["headers"] == {}


@pytest.mark.parametrize(("ci", "outcome"), [("true", pytest.fail.Exception), ("", pytest.skip.Exception)])
def test_without_node_the_page_is_not_taken_for_tested(monkeypatch, ci, outcome) -> None:
    monkeypatch.setenv("CI", ci)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(outcome, match=r"Node\.js is not installed"):
        node_path()
