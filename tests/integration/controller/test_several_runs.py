"""Several runs at once: those that go on, and those of the store."""

from __future__ import annotations

import grpc
import pytest

from loadcell.rpc_errors import from_rpc_error
from loadcell.v1 import run_pb2

Request = run_pb2.BatchGetRunsRequest


async def test_several_are_the_same_as_each_by_itself(controller):
    await controller.agent()
    ended = [await controller.create() for _ in range(2)]
    for run_id in ended:
        await controller.ended(run_id)
    waiting = await controller.create(agent_count=2)
    given = [ended[1], "nothing", waiting, ended[0], ended[1]]
    answer = await controller.runs.BatchGetRuns(Request(run_ids=given))
    assert [run.run_id for run in answer.runs] == [ended[1], waiting, ended[0]]
    assert [answer.runs[0], answer.runs[2]] == [await controller.run(run_id) for run_id in reversed(ended)]
    assert list(answer.not_found) == ["nothing"]


@pytest.mark.parametrize(
    ("run_ids", "reason", "field"),
    [
        ([], "MISSING_REQUIRED_FIELD", "run_ids"),
        (["r", ""], "MISSING_REQUIRED_FIELD", "run_ids[1]"),
        (["r\0"], "INVALID_FIELD_VALUE", "run_ids[0]"),
        (["r"] * 101, "LIMIT_EXCEEDED", "run_ids"),
    ],
)
async def test_a_malformed_question_about_several_runs_names_the_field(controller, run_ids, reason, field):
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await controller.runs.BatchGetRuns(Request(run_ids=run_ids))
    error = from_rpc_error(refused.value)
    assert (error.reason, error.field) == (reason, field)
