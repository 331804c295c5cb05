"""The comparison of a run with what the server says of itself, on the terminal."""

from collections.abc import Iterable

from rich.text import Text

from loadcell.v1 import validation_pb2


def validation_lines(validation: validation_pb2.Validation | None) -> Iterable[Text]:
    """Yield a line for each comparison and warning, after one that says what came of it."""
    if validation is None:
        return
    words, style = ("passed", "green") if validation.overall_passed else ("failed", "red")
    if not validation.HasField("overall_passed"):
        words, style = "without a judgement", "yellow"
    yield Text(f"validation: {words}, tolerance {validation.tolerance:.4g}", style=style)
    for one in validation.all_comparisons:
        yield Text(
            f"validation: {one.metric_name}: {one.client_value:,.6g} here, {one.server_value:,.6g} by the server"
            f" ({one.difference_percent:.2f} %)",
            style="" if one.passed else "red",
        )
    for warning in validation.all_warnings:
        yield Text(f"validation: {warning}", style="yellow")
