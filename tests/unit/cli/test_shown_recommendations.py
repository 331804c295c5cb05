"""What people see of a recommendation, and how the command ends."""

import pytest
import typer

from loadcell.cli.app import app
from loadcell.cli.failure import flag_of
from loadcell.cli.measure import Outcome
from loadcell.cli.recommendation_lines import recommendation_lines
from loadcell.v1 import recommend_pb2, result_pb2, run_pb2
from tests.unit.cli.shown_text import text_of


def found(outcome: str = "recommended", **infra: object) -> recommend_pb2.GetRecommendationResultResponse:
    made = recommend_pb2.GetRecommendationResultResponse(
        recommendation=recommend_pb2.CapacityRecommendation(outcome=outcome, reasoning="Because."),
        current_infra=recommend_pb2.TestedInfra(**infra),
    )
    if outcome in ("recommended", "at_most"):
        advice = made.recommendation
        advice.recommended_server_count, advice.estimated_max_concurrency = 1_234, 12_340
        advice.estimated_goodput, advice.estimated_throughput = 97.5, 5_000.0
        advice.calculation_formula = "servers = ceil(...)"
    return made


def lines(table: str) -> dict[str, str]:
    rows = (line.strip().split("  ", 1) for line in table.splitlines())
    return {row[0]: row[1].strip() for row in rows if len(row) == 2}


def test_the_numbers_and_the_reasons_are_shown():
    made = found(max_concurrency_at_slo=10, confidence=0.923, saturation_concurrency=50)
    made.recommendation.recommended_gpu, made.recommendation.recommended_count = "[H100]", 4_936
    made.recommendation.estimated_monthly_cost_usd = 1_234.5
    table = text_of(recommendation_lines(made))
    assert lines(table) == {
        "servers": "1,234",
        "GPUs": "4,936 x [H100]",
        "one server carries": "10 in flight",
        "all together": "12,340 in flight, 97.5 % good, 5,000 output tokens/s",
        "confidence": "92.3 %",
        "saturation": "50 in flight",
        "a month": "1,234.50 USD",
    }
    assert "servers = ceil(...)" in table
    assert "Because." in table


def test_bounds_are_called_bounds():
    made = found("at_most", max_concurrency_at_slo=10, max_concurrency_is_at_least=True)
    table = lines(text_of(recommendation_lines(made)))
    assert (table["servers"], table["one server carries"]) == ("at most 1,234", "at least 10 in flight")


def test_what_is_not_known_is_not_shown_as_a_number():
    table = text_of(recommendation_lines(found("client_limited")))
    assert lines(table) == {"servers": "- (client limited)", "one server carries": "-"}
    assert "Because." in table


def ended(outcome: str, *, succeeded: int = 5, interrupted: bool = False) -> Outcome:
    result = result_pb2.RunResult(results=[result_pb2.LevelResult(successful_requests=succeeded)])
    return Outcome(
        run_pb2.Run(state=run_pb2.RUN_STATE_COMPLETED), result, interrupted, recommendation=found(outcome)
    )


@pytest.mark.parametrize(
    ("outcome", "code"),
    [("recommended", 0), ("at_most", 0), ("objectives_missed", 3), ("client_limited", 1), ("not_measured", 1)],
)
def test_exit_codes_say_what_came_of_the_question(outcome, code):
    assert ended(outcome).exit_code == code
    assert ended(outcome).complaint == ("" if code == 0 else f"no recommendation: {outcome.replace('_', ' ')}")


def test_a_run_that_went_wrong_is_no_matter_of_its_recommendation():
    assert ended("at_most", interrupted=True).exit_code == 130
    assert ended("objectives_missed", succeeded=0).exit_code == 1
    assert ended("objectives_missed", succeeded=0).complaint == "every request failed"


@pytest.mark.parametrize("part", ["workload", "test_config", "current_infra"])
def test_every_field_of_a_part_has_a_flag_that_exists(part):
    command = typer.main.get_command(app).commands["recommend"]
    flags = {flag for option in command.params for flag in option.opts}
    request = recommend_pb2.CreateRecommendationRequest.DESCRIPTOR
    for field in request.fields_by_name[part].message_type.fields:
        assert flag_of(f"{part}.{field.name}") in flags
