"""What `loadcell config check` runs for one service: `python -m SERVICE.config_check [--connect]`."""

from __future__ import annotations

import os
import sys
from typing import TypeVar

import orjson

from loadcell import logs
from loadcell.config.report import Checks, look
from loadcell.settings import SettingsClass

S = TypeVar("S", bound=SettingsClass)


def print_report(service: str, cls: type[S], checks: Checks[S]) -> None:
    """Write what the environment of this process says to a service to standard output, as JSON."""
    logs.configure(service, "error")
    report = look(service, cls, os.environ, checks, connect="--connect" in sys.argv[1:])
    sys.stdout.buffer.write(orjson.dumps(report.document()))
