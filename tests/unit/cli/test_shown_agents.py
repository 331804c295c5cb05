"""What people see of agents."""

import pytest

from loadcell.cli.agent_tables import agent_details, agents_table
from loadcell.v1 import agent_pb2, fleet_pb2
from tests.unit.cli.shown_text import text_of

NOW = 1_700_000_000.0


def known_agent(**fields: object) -> fleet_pb2.Agent:
    plain = {"state": fleet_pb2.AGENT_STATE_DRAINING, "hostname": "h", "worker_count": 4, "lease_count": 1}
    calibration = agent_pb2.Calibration(max_requests_per_sec=2_500, max_tokens_per_sec=31_000)
    calibration.measured_at_micros = round((NOW - 3 * 86_400 - 5) * 1e6)
    plain |= {"labels": {"zone": "a", "region": "eu"}, "calibration": calibration, "clock_steps": 7}
    plain |= {"clock_offset_micros": -1234.4, "clock_uncertainty_micros": 90.0, "uplink_bytes": 3 * 2**20}
    agent = fleet_pb2.Agent(agent_id="a-1", **plain | fields)
    agent.last_seen_at.FromSeconds(round(NOW) - 2)
    return agent


def test_agents_are_listed_with_what_they_can_do():
    table = text_of(agents_table([known_agent(), fleet_pb2.Agent(agent_id="new", state=1)], NOW))
    titles, _, known, new = (line.split() for line in table.splitlines() if line.strip())
    assert titles[:3] == ["agent", "state", "labels"]
    shown = ["a-1", "draining", "region=eu,zone=a", "4", "1", "10,000", "124,000", "3", "d", "ago"]
    assert known == [*shown, "-1,234", "+-", "90", "7", "3.0", "MiB", "2", "s", "ago"]
    assert new == ["new", "ready", "-", "0", "0", "-", "-", "never", "-", "0", "0", "B", "-"]
    assert text_of(agents_table([], NOW)).split()[0] == "agent"


@pytest.mark.parametrize("width", [200, 120, 80, 40])
def test_no_figure_of_an_agent_is_cut_where_the_terminal_is_narrow(width: int):
    table = text_of(agents_table([known_agent()], NOW), width)
    for figure in ("10,000", "124,000", "3 d ago", "-1,234 +- 90", "3.0 MiB"):
        assert figure in table
    assert max(map(len, table.splitlines())) <= width


def test_one_agent_is_shown_with_its_host():
    shown = text_of(agent_details(known_agent(host={"cpu_count": "2"}, software_version="0.2"), NOW))
    lines = [line.split(maxsplit=1) for line in shown.splitlines()]
    assert lines[0] == ["a-1"]
    assert {"state": "draining", "software": "0.2", "cpu_count": "2"}.items() <= dict(lines[1:]).items()
