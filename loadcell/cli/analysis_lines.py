"""What a result means, in short, on the terminal."""

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.text import Text

from loadcell.v1 import analysis_pb2

_STYLES = {"warning": "yellow", "critical": "red"}
_TOLD_ALREADY = {"OVERVIEW", "ERRORS_NONE"}  # by the tables above


def analysis_lines(analysis: analysis_pb2.Analysis) -> RenderableType:
    """Return a line for each finding, without what it rests on."""
    return Group(*_lines(analysis))


def _lines(analysis: analysis_pb2.Analysis) -> Iterator[Text]:
    found = [finding for finding in analysis.findings if finding.code not in _TOLD_ALREADY]
    if found:
        yield Text("in short (all of it: loadcell runs analyze):")
    for finding in found:
        yield Text(f"  {finding.title}", style=_STYLES.get(finding.severity, ""))
