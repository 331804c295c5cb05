"""What is kept of calls."""

from __future__ import annotations

from controller.access.audit import (
    FAILURES_A_MINUTE,
    Failures,
    changes_something,
    project_of,
    resource_of,
)
from controller.access.methods import PERMISSIONS
from loadcell.v1 import auth_pb2, cost_pb2, run_pb2


def test_everything_that_is_no_question_is_kept():
    kept = {name for name in PERMISSIONS if changes_something(f"/loadcell.v1.{name}")}
    reads = ("Get", "List", "Search", "Compare", "Query", "Watch", "Download", "Export", "Subscribe", "Session")
    for name in PERMISSIONS:
        asks = name.partition("/")[2].startswith((*reads, "StreamSamples"))
        assert (name not in kept) == asks, name
    assert changes_something("/loadcell.v1.AuthService/IssueToken")
    assert not changes_something("/grpc.health.v1.Health/Check")


def test_the_answer_says_best_what_a_call_was_about():
    assert resource_of(run_pb2.CreateRunResponse(run_id="r"), run_pb2.CreateRunRequest(request_id="x")) == "r"
    made = auth_pb2.CreateApiKeyResponse(details=auth_pb2.ApiKey(key_id="k"), key="lc_live_secret")
    assert resource_of(made, auth_pb2.CreateApiKeyRequest(name="n")) == "k"
    assert resource_of(None, run_pb2.DeleteRunRequest(run_id="r" * 999)) == "r" * 128
    assert resource_of(None, auth_pb2.RefreshTokenRequest(refresh_token="secret")) == ""
    assert resource_of(None, object()) == ""
    assert project_of(cost_pb2.CreateBudgetRequest(project_id="p")) == "p"
    assert project_of(run_pb2.DeleteRunRequest(run_id="r")) == ""


def test_no_more_failures_are_kept_than_anybody_reads():
    now = [0.0]
    failures = Failures(lambda: now[0])
    assert sum(failures.keep("") for _ in range(10 * FAILURES_A_MINUTE)) == FAILURES_A_MINUTE
    assert sum(failures.keep("key:1") for _ in range(10 * FAILURES_A_MINUTE)) == FAILURES_A_MINUTE
    assert failures.keep("key:2")
    now[0] = 60.0
    assert failures.keep("")
