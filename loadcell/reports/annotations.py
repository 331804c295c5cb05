"""Gates as workflow commands of GitHub Actions, which shows them on the pages of job and pull request."""

from collections.abc import Iterator

from loadcell.reports.markdown import key_name
from loadcell.v1 import run_pb2

MOST_ERRORS = 10  # GitHub shows no more of a step
_OF_MESSAGES = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
_OF_PROPERTIES = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A", ":": "%3A", ",": "%2C"})


def annotations(comparison: run_pb2.CompareRunsResponse) -> Iterator[str]:
    """Yield a line for each gate that was missed, as many as are shown, or one that says that none was."""
    missed = [gate for gate in comparison.gates if not gate.passed]
    if comparison.gates and not missed:
        yield _command("notice", "gates passed", f"all {len(comparison.gates)} gates passed")
    hidden = len(missed) - MOST_ERRORS
    for gate in missed[: MOST_ERRORS - 1 if hidden > 0 else MOST_ERRORS]:
        where = f" at {key_name(gate.level)}" if gate.level else ""
        yield _command("error", f"gate {gate.gate} missed{where}", f"{gate.run_id}: {gate.sentence}")
    if hidden > 0:
        yield _command("error", "gates missed", f"{hidden + 1} more of {len(comparison.gates)} gates were missed")


def _command(kind: str, title: str, message: str) -> str:
    return f"::{kind} title={title.translate(_OF_PROPERTIES)}::{message.translate(_OF_MESSAGES)}"
