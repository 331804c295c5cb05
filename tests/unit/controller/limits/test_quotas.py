"""What the runs of a project take together."""

from __future__ import annotations

import pytest

from controller.limits.quotas import Quotas, taken_by
from controller.project import Project
from controller.store.project_usage import planned_traces
from loadcell.errors import LoadcellError
from loadcell.v1 import result_pb2

CLOSED = result_pb2.RunConfig(concurrency=[64])
OPEN = result_pb2.RunConfig(rate=[10, 40, 20], agent_count=3)
TAKEN = taken_by([CLOSED, OPEN], traces=1_200_000)


@pytest.mark.parametrize(
    ("quotas", "numbers"),
    [
        (Quotas(runs=1), ("2", "1")),
        (Quotas(rate=39.5), ("40", "39.5")),
        (Quotas(agents=3), ("4", "3")),
        (Quotas(traces=1_000_000), ("1200000", "1000000")),
    ],
)
def test_too_much_is_refused_with_both_numbers(quotas, numbers):
    with pytest.raises(LoadcellError) as refused:
        quotas.check("alpha", TAKEN)
    assert refused.value.reason == "QUOTA_EXCEEDED"
    assert (refused.value.metadata["asked"], refused.value.metadata["limit"]) == numbers
    assert all(number in refused.value.message.replace(",", "") for number in ("alpha", *numbers))


@pytest.mark.parametrize(
    "quotas", [Quotas(), Quotas(runs=2), Quotas(rate=40), Quotas(agents=4), Quotas(traces=1_200_000)]
)
def test_as_much_as_there_is_may_be_taken(quotas):
    quotas.check("alpha", TAKEN)


def test_what_is_set_for_a_project_counts_and_the_rest_is_as_for_all():
    default = Quotas(runs=1, rate=2.5, agents=3, traces=4)
    assert Project("alpha").quotas(default) == default
    assert Project("alpha", quota_rate=0.0, quota_agents=7).quotas(default) == Quotas(1, 0.0, 7, 4)
    mine = Project("alpha", quota_running_runs=5, quota_rate=6.5, quota_agents=7, quota_stored_traces=8)
    assert mine.quotas(default) == Quotas(5, 6.5, 7, 8)
    assert not Quotas()
    assert Quotas(traces=1)


@pytest.mark.parametrize(
    ("config", "traces"),
    [
        (result_pb2.RunConfig(concurrency=[1, 8], num_prompts=100, warmup=3), 206),
        (result_pb2.RunConfig(rate=[1.5, 8], num_prompts=100), 200),
        (result_pb2.RunConfig(rate=[1.5, 8], duration_seconds=10, warmup=1), 97),
        (result_pb2.RunConfig(concurrency=[1, 8], duration_seconds=10, warmup=3), 6),
        (result_pb2.RunConfig(concurrency=[1], num_prompts=1_000, trace_sample_rate=0.25), 250),
        (result_pb2.RunConfig(concurrency=[1], num_prompts=1_000, sketch_only=True), 0),
    ],
)
def test_the_traces_to_come_are_those_of_the_plan(config, traces):
    assert planned_traces(config) == traces
