"""Whatever path a client of the systems before this one knows is served here."""

from __future__ import annotations

from pathlib import Path

from scripts import reference, source_routes

PAGE = Path(__file__).resolve().parents[2] / "docs" / "api.md"


def test_every_route_of_other_systems_is_served() -> None:
    rows = source_routes.rows(reference.served_routes())
    assert [route for _, route, state, _ in rows if state != "works"] == []


def test_the_page_lists_each_of_them_once() -> None:
    listed = [(one.system, one.route) for one in source_routes.SOURCE_ROUTES]
    assert len(set(listed)) == len(listed)
    page = PAGE.read_text(encoding="utf-8")
    assert [route for system, route in listed if page.count(f"| {system} | `{route}` |") != 1] == []


def test_what_is_not_served_is_not_said_to_work() -> None:
    served = reference.served_routes() - {"POST /api/v1/benchmark/run"}
    states = {(system, route): state for system, route, state, _ in source_routes.rows(served)}
    assert states["llm-loadtest", "`POST /api/v1/benchmark/run`"] == "missing"
    assert states["llm-loadtest", "`GET /api/v1/benchmark/run/{run_id}`"] == "works"
