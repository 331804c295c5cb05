"""Whatever document is sent, it is answered with a row of the catalog or with data, and the gateway goes on."""

from __future__ import annotations

from random import Random
from typing import Any

import httpx
import pytest

from loadcell.errors import REASONS
from tests.fuzz.conftest import KEY
from tests.fuzz.random_documents import bombs, random_document, spoilt
from tests.fuzz.services import Service
from tests.fuzz.tries import AGAIN, SEED, tries

VARIABLES: tuple[Any, ...] = (
    None,
    {},
    {"v": 1},
    {"v": None},
    {"v": -(2**40)},
    {"v": "x"},
    {"v": [[{}]]},
    {"w": 1},
    [],
    "x",
)
INSIDE = {"INTERNAL_SERVER_ERROR", "DATABASE_ERROR", "SERVICE_UNAVAILABLE"}


@pytest.fixture(scope="module")
def http(gateway: Service) -> Any:
    address, headers = gateway.started["http"], {"X-API-Key": KEY}
    with httpx.Client(base_url=f"http://{address}", headers=headers, timeout=60, trust_env=False) as client:
        yield client


def ask(http: httpx.Client, document: str, variables: Any = None) -> str:
    """Hold the answer to what every answer is; returns the first reason it was refused for, or nothing."""
    answer = http.post("/graphql", json={"query": document, "variables": variables})
    what = f"{document[:2_000]!r} {variables!r}: {answer.status_code} {answer.text[:500]}; {AGAIN}"
    assert answer.status_code in (200, 400, 403, 413), what
    body = answer.json()
    if "error" in body:
        return str(body["error"]["error_code"])
    assert body.keys() <= {"data", "errors"}, what
    assert (answer.status_code == 200) == ("data" in body), what
    reasons = [error["extensions"]["error_code"] for error in body.get("errors", ())]
    assert set(reasons) <= set(REASONS) - INSIDE, what
    return reasons[0] if reasons else ""


def test_documents_at_random(http: httpx.Client) -> None:
    random, answered = Random(SEED), 0
    for _ in tries(150):
        document = random_document(random)
        answered += ask(http, document, random.choice(VARIABLES)) == ""
        ask(http, spoilt(random, document), random.choice(VARIABLES))
    assert answered > 0


@pytest.mark.parametrize("size", [90, 300, 1_200])
def test_bombs(http: httpx.Client, size: int) -> None:
    reasons = [ask(http, document) for document in bombs(size)]
    of_fields = {"INVALID_FIELD_FORMAT", "INVALID_FIELD_VALUE"}
    assert set(reasons) <= {"LIMIT_EXCEEDED", "INVALID_REQUEST", "PAYLOAD_TOO_LARGE", "", *of_fields}
    assert {"LIMIT_EXCEEDED", "INVALID_REQUEST"} <= set(reasons)
    assert http.get("/alive").status_code == 200


def test_variables_that_are_large(http: httpx.Client) -> None:
    document = "query ($f: TraceFilter) { traces(filter: $f) { id } }"
    deep: Any = "x"
    for _ in range(300):
        deep = [deep]
    for value in ({"tags": ["x"] * 20_000}, {"tags": deep}, {"search": "x" * 100_000}, {"search": "x" * 200_000}):
        assert ask(http, document, {"f": value}) != ""
    assert ask(http, document, {"f": {}}) == ""
