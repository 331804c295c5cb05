"""A recommendation on the terminal."""

from rich.console import Group, RenderableType
from rich.text import Text

from loadcell.cli.layout import new_table
from loadcell.figures import ABSENT, percent, rate
from loadcell.v1 import recommend_pb2


def recommendation_lines(found: recommend_pb2.GetRecommendationResultResponse) -> RenderableType:
    """Return what is recommended, what one server carries, how it was computed and why."""
    advice, infra = found.recommendation, found.current_infra
    table = new_table("recommendation", "", numbers=False)
    table.add_row("servers", _servers(advice))
    if advice.HasField("recommended_count"):
        gpu = advice.recommended_gpu if advice.HasField("recommended_gpu") else "GPU"
        table.add_row("GPUs", Text(f"{advice.recommended_count:,} x {gpu}"))
    table.add_row("one server carries", _carries(infra))
    if advice.HasField("recommended_server_count"):
        goodput = f"{percent(advice.estimated_goodput)} good, {rate(advice.estimated_throughput)} output tokens/s"
        table.add_row("all together", Text(f"{advice.estimated_max_concurrency:,} in flight, {goodput}"))
        if infra.HasField("confidence"):
            table.add_row("confidence", Text(percent(100 * infra.confidence)))
    if infra.HasField("saturation_concurrency"):
        table.add_row("saturation", Text(f"{infra.saturation_concurrency:,} in flight"))
    if advice.HasField("estimated_monthly_cost_usd"):
        table.add_row("a month", Text(f"{advice.estimated_monthly_cost_usd:,.2f} USD"))
    lines: list[RenderableType] = [table]
    if advice.calculation_formula:
        lines.append(Text(advice.calculation_formula))
    return Group(*lines, Text(advice.reasoning))


def _servers(advice: recommend_pb2.CapacityRecommendation) -> Text:
    if not advice.HasField("recommended_server_count"):
        return Text(f"{ABSENT} ({advice.outcome.replace('_', ' ')})", style="yellow")
    bound = "at most " if advice.outcome == "at_most" else ""
    return Text(f"{bound}{advice.recommended_server_count:,}", style="green")


def _carries(infra: recommend_pb2.TestedInfra) -> Text:
    if not infra.HasField("max_concurrency_at_slo"):
        return Text(ABSENT)
    bound = "at least " if infra.max_concurrency_is_at_least else ""
    return Text(f"{bound}{infra.max_concurrency_at_slo:,} in flight")
