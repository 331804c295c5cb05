"""Reports of runs that failed or were cancelled: of what was measured, saying so first; else there is none."""

from __future__ import annotations

from typing import Any

import pytest

from controller.report.page.report import render_page
from controller.report.shown import ShownRun
from loadcell.cli.failure import CommandError
from loadcell.cli.report import ended_early
from loadcell.errors import LoadcellError
from loadcell.reports.markdown import markdown
from loadcell.v1 import result_pb2, run_pb2

WHY = "no agent is left <b>"


def measured(status: str, requests: int = 3) -> result_pb2.RunResult:
    made = result_pb2.RunResult(run_id="r", status=status, error=WHY if status == "failed" else None)
    made.results.add(concurrency=1, total_requests=requests)
    return made


class Answers:
    """A double of the client that has one run and perhaps a result of it."""

    def __init__(self, status: str, result: result_pb2.RunResult | None) -> None:
        self._run = run_pb2.Run(run_id="r", status=status, error=WHY if status == "failed" else None)
        self._result = result

    async def get_run(self, _run_id: str) -> run_pb2.Run:
        return self._run

    async def result(self, _run_id: str, *, partial: bool) -> result_pb2.RunResult:
        if self._result is None:
            raise LoadcellError("RESULT_NOT_FOUND", "run r has no result")
        assert partial
        return self._result


async def ends(status: str, result: result_pb2.RunResult | None) -> bool:
    client: Any = Answers(status, result)
    return await ended_early(client, "r")


async def test_what_was_measured_until_an_early_end_is_reported() -> None:
    assert await ends("failed", measured("failed"))
    assert await ends("cancelled", measured("cancelled"))
    assert not await ends("completed", None)
    assert not await ends("running", None)  # refused as before


@pytest.mark.parametrize("result", [None, result_pb2.RunResult(), measured("failed", requests=0)])
async def test_a_run_without_measurements_is_refused(result: result_pb2.RunResult | None) -> None:
    with pytest.raises(CommandError) as refused:
        await ends("failed", result)
    assert str(refused.value) == f"run r failed before anything was measured: {WHY}"
    with pytest.raises(CommandError, match=r"^run r was cancelled before anything was measured$"):
        await ends("cancelled", result)


@pytest.mark.parametrize(
    ("status", "said"), [("failed", "This run failed: "), ("cancelled", "This run was cancelled: ")]
)
def test_reports_begin_with_the_early_end_and_why(status: str, said: str) -> None:
    text = markdown([measured(status)])
    assert text.index(f"**{said}") < text.index("| run |")
    page = render_page([ShownRun(measured(status))]).decode()
    assert page.index(said) < page.index("<table>")
    assert (f"`{WHY}`" in text, "no agent is left &lt;b&gt;" in page) == (status == "failed",) * 2
    assert "This run" not in markdown([measured("completed")])
    assert "This run" not in render_page([ShownRun(measured("completed"))]).decode()
