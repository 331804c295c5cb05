"""What the runs of a project take together."""

from __future__ import annotations

import pytest

from controller.limits.quotas import Quotas
from loadcell.errors import LoadcellError
from loadcell.v1 import result_pb2

CLOSED = result_pb2.RunConfig(concurrency=[64])
OPEN = result_pb2.RunConfig(rate=[10, 40, 20], agent_count=3)


@pytest.mark.parametrize(
    ("quotas", "numbers"),
    [
        (Quotas(runs=1), ("2", "1")),
        (Quotas(rate=39.5), ("40", "39.5")),
        (Quotas(agents=3), ("4", "3")),
    ],
)
def test_too_much_is_refused_with_both_numbers(quotas, numbers):
    with pytest.raises(LoadcellError) as refused:
        quotas.check("alpha", [CLOSED, OPEN])
    assert refused.value.reason == "QUOTA_EXCEEDED"
    assert (refused.value.metadata["asked"], refused.value.metadata["limit"]) == numbers
    assert all(number in refused.value.message for number in ("alpha", *numbers))


@pytest.mark.parametrize("quotas", [Quotas(), Quotas(runs=2), Quotas(rate=40), Quotas(agents=4)])
def test_as_much_as_there_is_may_be_taken(quotas):
    quotas.check("alpha", [CLOSED, OPEN])
