"""Only the fields of an answer that are wanted."""

from __future__ import annotations

import pytest

from controller.query.chosen import MAX_PATHS, choose, keep
from loadcell.errors import LoadcellError
from loadcell.v1 import cost_pb2


def summary():
    message = cost_pb2.CostSummary(by_model=[cost_pb2.CostShare(name="m", cost=2.5, requests=3)])
    message.overview.total_cost = 5.0
    message.overview.day_over_day_change = 0.0
    message.trends.daily.add(date="2026-01-31", cost=1.0)
    return message


@pytest.mark.parametrize(
    ("paths", "kept"),
    [
        ([], summary()),
        (["overview.total_cost"], cost_pb2.CostSummary(overview=cost_pb2.CostOverview(total_cost=5.0))),
        (
            ["by_model.cost, by_model.name", "trends"],
            cost_pb2.CostSummary(by_model=[cost_pb2.CostShare(name="m", cost=2.5)], trends=summary().trends),
        ),
        (["by_provider"], cost_pb2.CostSummary()),
        (["overview", "overview.total_cost"], cost_pb2.CostSummary(overview=summary().overview)),
    ],
)
def test_W31_what_is_chosen_stays_and_the_rest_is_unset(paths, kept):
    message = summary()
    keep(message, choose(paths, cost_pb2.CostSummary))
    assert message == kept


@pytest.mark.parametrize(
    "path", ["no", "overview.no", "overview.total_cost.no", ".", "overview.", "by_provider.a", "a" * 1000]
)
def test_an_unknown_field_is_refused(path):
    with pytest.raises(LoadcellError) as refused:
        choose([path], cost_pb2.CostSummary)
    assert (refused.value.reason, refused.value.field) == ("UNKNOWN_FIELD", "fields")


def test_maps_have_no_fields_to_choose():
    with pytest.raises(LoadcellError) as refused:
        choose(["items.by_model.value"], cost_pb2.CostAttribution)
    assert refused.value.reason == "UNKNOWN_FIELD"
    assert choose(["items.by_model"], cost_pb2.CostAttribution)


def test_too_many_are_refused():
    with pytest.raises(LoadcellError) as refused:
        choose([f"f{n}" for n in range(MAX_PATHS + 1)], cost_pb2.CostSummary)
    assert (refused.value.reason, refused.value.field) == ("LIMIT_EXCEEDED", "fields")
