"""Whole numbers of the command line: each is bounded, so that it fits into the field that carries it."""

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from typer.main import get_command

from loadcell.cli.__main__ import run
from loadcell.cli.app import app
from loadcell.protocol import MAX_QUOTAS
from tests.patience import PATIENCE_SECONDS


def parameters(command: Any, *names: str) -> Iterator[tuple[str, Any]]:
    for name, below in getattr(command, "commands", {}).items():
        yield from parameters(below, *names, name)
    for parameter in command.params:
        yield " ".join((*names, parameter.name)), parameter


def test_every_whole_number_has_bounds() -> None:
    found = [
        (name, parameter.min, parameter.max)
        for name, parameter in parameters(get_command(app))
        if parameter.type_descriptor.annotation in {int, int | None}
    ]
    assert len(found) > 20
    assert [name for name, least, most in found if least is None or most is None or most >= 2**63] == []


@pytest.mark.parametrize("quota", MAX_QUOTAS)
def test_quotas_are_refused_beyond_what_is_taken(quota: str, capsys: pytest.CaptureFixture[str]) -> None:
    flag = f"--{quota.removeprefix('quota_').replace('_', '-')}"
    assert run(["projects", "set", "search", flag, str(MAX_QUOTAS[quota] + 1)]) == 2
    assert flag in capsys.readouterr().err


def test_a_command_needs_no_standard_output() -> None:
    words = f'exec "{sys.executable}" -m loadcell.cli --version >&-'
    done = subprocess.run(["/bin/sh", "-c", words], capture_output=True, timeout=PATIENCE_SECONDS, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
