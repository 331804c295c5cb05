"""What is kept of calls."""

from __future__ import annotations

import pytest

from controller.access.audit import (
    FAILURES_A_MINUTE,
    Failures,
    changes_something,
    project_of,
    resource_of,
)
from controller.access.methods import NAMES, PERMISSIONS, named
from loadcell.v1 import auth_pb2, cost_pb2, fleet_pb2, run_pb2

KEY_ID = "0b0fd2a2-6a3f-4a59-9c6c-0f6f1f7f0b11"


def test_everything_that_is_no_question_is_kept():
    kept = {name for name in PERMISSIONS if changes_something(f"/loadcell.v1.{name}")}
    reads = ("Get", "List", "Search", "Compare", "Query", "Watch", "Download", "Export", "Subscribe", "Session")
    for name in PERMISSIONS:
        # Of AnalyzeRun the servicer says whether it changes anything.
        asks = name.partition("/")[2].startswith((*reads, "BatchGet", "StreamSamples", "AnalyzeRun"))
        assert (name not in kept) == asks, name
    assert changes_something("/loadcell.v1.AuthService/IssueToken")
    assert changes_something("/loadcell.v1.AuthService/CreateTicket")
    assert changes_something("/loadcell.v1.AuthService/UseTicket")
    assert not changes_something("/grpc.health.v1.Health/Check")


def test_the_answer_says_best_what_a_call_was_about():
    assert resource_of(run_pb2.CreateRunResponse(run_id="r"), run_pb2.CreateRunRequest(request_id="x")) == "r"
    made = auth_pb2.CreateApiKeyResponse(details=auth_pb2.ApiKey(key_id="k"), key="lc_live_secret")
    assert resource_of(made, auth_pb2.CreateApiKeyRequest(name="n")) == "k"
    assert resource_of(None, run_pb2.DeleteRunRequest(run_id="r" * 999)) == "r" * 128
    assert resource_of(None, auth_pb2.RefreshTokenRequest(refresh_token="secret")) == ""
    assert resource_of(None, object()) == ""
    assert resource_of(None, auth_pb2.RevokeApiKeyRequest(key_id=KEY_ID)) == KEY_ID
    assert project_of(cost_pb2.CreateBudgetRequest(project_id="p")) == "p"
    assert project_of(run_pb2.DeleteRunRequest(run_id="r")) == ""


@pytest.mark.parametrize(
    ("pasted", "kept"),
    [
        ("lc_live_" + "x" * 43, "lc_live_xxxxxxxx..."),
        (f" lc_agent_{'y' * 43}\n", " lc_agent_yyyyyyyy...\n"),
        (f"lc_ticket_{'t' * 43}", "lc_ticket_tttttttt..."),
        (f"lc_session_{'s' * 43}", "lc_session_ssssssss..."),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl", "eyJ..."),
        ("5f4dcc3b5aa765d61d8327deb882cf99", "(no identifier)"),
    ],
)
def test_a_credential_in_the_place_of_an_identifier_is_not_kept(pasted: str, kept: str):
    assert resource_of(None, auth_pb2.RevokeApiKeyRequest(key_id=pasted)) == kept
    assert resource_of(None, fleet_pb2.RevokeAgentTokenRequest(token_id=pasted)) == kept
    if kept != "(no identifier)":
        assert resource_of(None, run_pb2.DeleteRunRequest(run_id=pasted)) == kept
        assert project_of(cost_pb2.CreateBudgetRequest(project_id=pasted)) == kept


def test_methods_are_named_in_full_or_alone():
    assert named("AuthService/RevokeApiKey") == named("RevokeApiKey") == "AuthService/RevokeApiKey"
    assert named("/loadcell.v1.AuthService/RevokeApiKey") == "AuthService/RevokeApiKey"
    assert {named(name.partition("/")[2]) for name in NAMES} == NAMES
    for wrong in ("RevokeKey", "AuthService", "AuthService/", "revokeapikey"):
        with pytest.raises(ValueError, match="no method"):
            named(wrong)


def test_no_more_failures_are_kept_than_anybody_reads():
    now = [0.0]
    failures = Failures(lambda: now[0])
    assert sum(failures.keep("") for _ in range(10 * FAILURES_A_MINUTE)) == FAILURES_A_MINUTE
    assert sum(failures.keep("key:1") for _ in range(10 * FAILURES_A_MINUTE)) == FAILURES_A_MINUTE
    assert failures.keep("key:2")
    now[0] = 60.0
    assert failures.keep("")
