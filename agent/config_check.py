"""`python -m agent.config_check`: what the environment says to an agent, as JSON."""

from __future__ import annotations

from agent.checks import CHECKS
from agent.settings import AgentSettings
from loadcell.config.command import print_report

if __name__ == "__main__":
    print_report("agent", AgentSettings, CHECKS)
