"""API keys, tokens of agents and projects as they are shown on the terminal."""

from __future__ import annotations

import asyncio
import io
import sys

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from loadcell.cli import keys, layout
from loadcell.cli.credential_tables import key_table, token_table
from loadcell.cli.credentials import show_made
from loadcell.cli.project_tables import project_details, projects_table
from loadcell.v1 import auth_pb2, fleet_pb2
from tests.unit.cli.shown_text import text_of

AT = 1_000_000
EARLIER, LATER = Timestamp(seconds=AT), Timestamp(seconds=AT + 1)


def rows(table) -> list[list[str]]:
    return [line.split() for line in text_of(table).splitlines()]


def test_a_key_is_valid_until_it_ends_or_is_revoked() -> None:
    keys = [
        auth_pb2.ApiKey(key_id="1", name="a", prefix="p", role="viewer", projects=["x", "y"], expires_at=LATER),
        auth_pb2.ApiKey(key_id="2", name="b", prefix="q", role="admin", scopes=["read"], expires_at=EARLIER),
        auth_pb2.ApiKey(key_id="3", name="c", prefix="r", role="billing", revoked_at=EARLIER, expires_at=EARLIER),
    ]
    found = {row[0]: row[1:] for row in rows(key_table(keys, now=AT)) if row}
    assert found["1"][:6] == ["a", "lc_live_p", "valid", "viewer", "x,", "y"]
    assert found["2"][:7] == ["b", "lc_live_q", "expired", "admin", "only", "read", "all"]
    assert found["3"][:5] == ["c", "lc_live_r", "revoked", "billing", "-"]


def test_no_identifier_is_broken_where_nobody_watches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    long = auth_pb2.ApiKey(key_id="k" * 36, name="n" * 60, prefix="p" * 8, projects=["q" * 128], expires_at=LATER)
    layout.console().print(key_table([long], now=AT))
    (row,) = [line for line in sys.stdout.getvalue().splitlines() if "k" * 36 in line]
    assert "n" * 60 in row
    assert "lc_live_pppppppp" in row
    assert "q" * 128 in row


@pytest.mark.parametrize(("ends", "says"), [(LATER, "ends 1970-01-1"), (None, "no end")])
def test_what_is_made_says_when_it_ends(
    capsys: pytest.CaptureFixture[str], ends: Timestamp | None, says: str
) -> None:
    made = fleet_pb2.CreateAgentTokenResponse(token="t", details=fleet_pb2.AgentToken(expires_at=ends))
    show_made(made, made.token, "token 1", where="there", as_json=False)
    assert f"token 1, {says}" in capsys.readouterr().err


@pytest.mark.parametrize(("role", "projects"), [("developer", []), ("developer", ["p"]), ("admin", [])])
def test_a_key_that_sees_nothing_is_told_of(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], role: str, projects: list[str]
) -> None:
    class Controller:
        async def create_api_key(self, name: str, **_: object) -> auth_pb2.CreateApiKeyResponse:
            return auth_pb2.CreateApiKeyResponse(
                key="k", details=auth_pb2.ApiKey(name=name, role=role, projects=projects)
            )

    monkeypatch.setattr(keys, "ask", lambda _controller, _database, question: asyncio.run(question(Controller())))
    keys.create_key(name="x", role=role, project=projects)
    printed = capsys.readouterr()
    assert printed.out == "k\n"
    assert ("--project" in printed.err) == (role == "developer" and not projects)


def test_a_token_tells_whose_it_is() -> None:
    tokens = [
        fleet_pb2.AgentToken(token_id="1", name="a", prefix="p", agent_id="rack-7"),
        fleet_pb2.AgentToken(token_id="2", name="b", prefix="q", expires_at=EARLIER),
    ]
    found = {row[0]: row[1:] for row in rows(token_table(tokens, now=AT)) if row}
    assert found["1"] == ["a", "lc_agent_p", "valid", "rack-7", "-", "-", "-"]
    assert found["2"][:4] == ["b", "lc_agent_q", "expired", "-"]


def test_a_project_tells_which_quotas_are_its_own() -> None:
    project = auth_pb2.Project(project_id="search", allowed_targets="10.0.0.0/8", quota_agents=0)
    assert ["search", "10.0.0.0/8", "-", "-", "0", "-", "-"] in rows(projects_table([project]))
    assert ["search", "any", "-", "-", "-", "-", "-"] in rows(
        projects_table([auth_pb2.Project(project_id="search")])
    )
    quotas = [
        auth_pb2.QuotaUse(name="agents", limit=0, taken=2),
        auth_pb2.QuotaUse(name="stored_traces", limit=5e6, taken=1234567),
    ]
    found = rows(project_details(auth_pb2.GetProjectResponse(project=project, quotas=quotas)))
    assert ["targets", "10.0.0.0/8"] in found
    assert ["agents", "2", "none", "project"] in found
    assert ["stored", "traces", "1,234,567", "5,000,000", "controller"] in found
