"""How the comparison with a server is shown."""

import pytest

from loadcell.cli.validation_lines import validation_lines
from loadcell.v1.validation_pb2 import MetricComparison, Validation

COUNT = MetricComparison(metric_name="Request Count", client_value=20, server_value=40, difference_percent=50)


def shown(validation: Validation | None) -> list[str]:
    return [line.plain for line in validation_lines(validation)]


def test_a_run_that_is_not_compared_shows_nothing():
    assert shown(None) == []


@pytest.mark.parametrize(
    ("passed", "word"), [(True, "passed"), (False, "failed"), (None, "without a judgement")], ids=str
)
def test_what_came_of_it_comes_first(passed: bool | None, word: str):
    validation = Validation(
        overall_passed=passed, tolerance=0.05, all_comparisons=[COUNT], all_warnings=["a doubt"]
    )
    assert shown(validation) == [
        f"validation: {word}, tolerance 0.05",
        "validation: Request Count: 20 here, 40 by the server (50.00 %)",
        "validation: a doubt",
    ]
