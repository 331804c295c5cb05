"""`python -m gateway.config_check`: what the environment says to a gateway, as JSON."""

from __future__ import annotations

from gateway.checks import CHECKS
from gateway.settings import Settings
from loadcell.config.command import print_report

if __name__ == "__main__":
    print_report("gateway", Settings, CHECKS)
