"""Which rates a call must be within."""

from __future__ import annotations

import pytest

from controller.access.methods import PERMISSIONS
from controller.access.permissions import ROLES
from controller.limits.bucket import Rate
from controller.limits.rates import GRAPHQL, kind_of, parse_rates


@pytest.mark.parametrize(
    ("role", "per_minute", "burst"),
    [
        ("admin", 100_000, 120_000),
        ("developer", 10_000, 12_000),
        ("viewer", 1_000, 1_200),
        ("billing", 1_000, 1_200),
        ("public", 1_000, 1_200),
    ],
)
def test_roles_have_their_tiers(role, per_minute, burst):
    assert parse_rates("").of(role, "") == [("all", Rate(per_minute, burst))]


@pytest.mark.parametrize(
    ("method", "kind", "per_minute"),
    [
        ("TraceService/SearchTraces", "search", 100),
        ("ExportService/CreateExport", "export", 10),
        ("ModelService/CompareModels", "compare", 50),
        ("RunService/CompareRuns", "compare", 50),
        ("TraceService/GetTrace", "traces", 1_000),
        ("MetricsService/QueryMetrics", "metrics", 1_000),
    ],
)
def test_what_costs_most_has_a_rate_of_its_own_in_proportion_to_the_tier(method, kind, per_minute):
    assert method in PERMISSIONS
    assert kind_of(f"/loadcell.v1.{method}") == kind
    of_viewers, of_developers = (parse_rates("").of(role, kind)[1] for role in ("viewer", "developer"))
    assert of_viewers == (kind, Rate(per_minute, per_minute * 1.2))
    assert of_developers == (kind, Rate(per_minute * 10, per_minute * 12))


def test_other_methods_have_none():
    assert {kind_of(f"/loadcell.v1.{name}") for name in ("RunService/GetRun", "CostService/ListPricing")} == {""}
    assert kind_of("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo") == ""


def test_a_query_of_a_document_takes_from_the_bucket_of_its_method_and_from_that_of_documents():
    rates = parse_rates("graphql=7/8")
    assert [name for name, _ in rates.of("viewer", "search", GRAPHQL)] == ["all", "search", "graphql"]
    assert rates.of("viewer", "", GRAPHQL) == [("all", Rate(1_000, 1_200)), ("graphql", Rate(7, 8))]


def test_some_are_set_and_the_others_stay():
    rates = parse_rates("viewer=500/20, search=5")
    assert rates.of("viewer", "search") == [("all", Rate(500, 20)), ("search", Rate(5, 6))]
    assert rates.of("developer", "search") == [("all", Rate(10_000, 12_000)), ("search", Rate(100, 120))]
    assert parse_rates(str(rates)) == rates
    assert all(role in str(rates) for role in ROLES)


@pytest.mark.parametrize(
    "text", ["nobody=1", "viewer", "viewer=", "viewer=x", "viewer=0", "viewer=1/nan", "viewer=1/2/3", "viewer=inf"]
)
def test_what_is_no_rate_is_refused(text):
    with pytest.raises(ValueError, match=r"is none of|is not|must be"):
        parse_rates(text)
