"""What roles permit, how permissions are spelled, and what every method asks for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.access import methods
from controller.access.permissions import ACTIONS, ALL, ROLES, SCOPES, every, parse_permission, permitted
from controller.surface import SERVICES
from gateway.contract import SERVICES as OVER_HTTP
from loadcell.v1 import agent_pb2

EVERY = every([ALL])


def all_methods() -> list[str]:
    found = {service.full_name: service for service in OVER_HTTP}
    agents = agent_pb2.DESCRIPTOR.services_by_name["AgentService"]
    found[agents.full_name] = agents
    assert set(found) == set(SERVICES)
    return [f"/{name}/{method.name}" for name, service in found.items() for method in service.methods]


def test_every_method_is_in_exactly_one_table():
    short = [method.removeprefix("/loadcell.v1.") for method in all_methods()]
    assert sorted([*methods.PERMISSIONS, *methods.OPEN, *methods.ANYBODY]) == sorted(short)
    for permission in methods.PERMISSIONS.values():
        assert permission in EVERY, permission


def test_what_is_not_in_the_table_is_for_nobody():
    with pytest.raises(KeyError):
        methods.needed("/loadcell.v1.RunService/Explode")
    with pytest.raises(KeyError):
        methods.needed("/other.Service/Get")


def test_W20_roles_are_what_decides_and_further_permissions_are_added():
    reads = {"traces:read", "metrics:read", "costs:read", "models:read", "runs:read", "events:read", "agents:read"}
    reads.add("projects:read")
    assert permitted("viewer", [], []) == reads
    assert permitted("viewer", ["feedback:write"], []) == reads | {"feedback:write"}
    assert permitted("billing", [], []) == {"costs:read", "usage:read"}
    developer = permitted("developer", [], [])
    assert {"runs:create", "runs:delete", "exports:create", "exports:download", "feedback:write"} <= developer
    assert not {"keys:write", "audit:read", "agents:drain", "prices:write", "costs:write"} & developer
    assert permitted("admin", [], []) == EVERY
    with pytest.raises(KeyError):
        permitted("root", [], [])


def test_scopes_only_take_away():
    for role in ROLES:
        for scope in SCOPES:
            assert permitted(role, [], [scope]) <= permitted(role, [], [])
    assert "keys:write" not in permitted("admin", [], ["write"])
    assert permitted("admin", [], ["admin"]) == EVERY
    assert permitted("developer", [], ["read", "write"]) == permitted("developer", [], [])
    assert all(one.endswith(":read") or one == "exports:download" for one in permitted("admin", [], ["read"]))


@pytest.mark.parametrize(
    ("spelled", "meant"),
    [
        ("traces:read", "traces:read"),
        ("read:traces", "traces:read"),
        ("write:evaluations", "evaluations:write"),
        ("runs:*", "runs:*"),
        ("read:*", "*:read"),
        ("*", "*"),
        ("*:*", "*"),
    ],
)
def test_W20_either_spelling_is_understood(spelled, meant):
    assert parse_permission(spelled) == meant


@pytest.mark.parametrize(
    "spelled", ["", "runs", "runs:fly", "delete:projects", "a:b:c", "RUNS:read", "runs:read ", ":"]
)
def test_permissions_that_do_not_exist_are_refused(spelled):
    with pytest.raises(ValueError, match=r"permission|form"):
        parse_permission(spelled)


@given(st.text(max_size=20))
def test_any_text_is_a_permission_or_refused(text):
    try:
        meant = parse_permission(text)
    except ValueError:
        return
    assert every([meant]) <= EVERY
    assert every([meant])


def test_a_star_stands_for_everything_there_is():
    assert every(["runs:*"]) == {f"runs:{action}" for action in ACTIONS["runs"]}
    assert every(["*:read"]) == {one for one in EVERY if one.endswith(":read")}
