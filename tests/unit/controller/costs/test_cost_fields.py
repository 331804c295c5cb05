"""Only the fields of an answer that are wanted."""

from __future__ import annotations

import pytest

from controller.query.chosen import keep
from loadcell.documents import read_paths
from loadcell.v1 import cost_pb2, metrics_pb2, run_pb2


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
    keep(message, read_paths(paths, message.DESCRIPTOR))
    assert message == kept


def test_of_maps_and_free_objects_the_chosen_keys_stay():
    item = cost_pb2.CostAttributionItem(by_model={"gpt-4.1": 1.0, "m": 2.0}, total_cost=3.0)
    keep(item, read_paths(["by_model.gpt-4.1"], item.DESCRIPTOR))
    assert item == cost_pb2.CostAttributionItem(by_model={"gpt-4.1": 1.0})

    compared = run_pb2.CompareRunsResponse(run_count=2)
    for level in ("1", "10"):
        compared.by_concurrency[level].SetInParent()
    keep(compared, read_paths(["by_concurrency.10"], compared.DESCRIPTOR))
    assert (list(compared.by_concurrency), compared.run_count) == (["10"], 0)

    points = metrics_pb2.MetricsData()
    points.data.add().update({"timestamp": "t", "duration": 1.0})
    keep(points, read_paths(["data.duration"], points.DESCRIPTOR))
    assert [dict(point) for point in points.data] == [{"duration": 1.0}]
