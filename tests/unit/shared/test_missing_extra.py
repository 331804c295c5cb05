"""What is said where a dependency is missing; that it is said is tested where extras are installed alone."""

from __future__ import annotations

import sys

import pytest

from loadcell import missing_extra


@pytest.mark.parametrize(
    ("program", "module", "extra"),
    [
        ("/opt/loadcell/lib/agent/__main__.py", "uvloop", "agent"),
        ("/opt/loadcell/lib/controller/__main__.py", "grpc_health.v1", "controller"),
        ("/opt/loadcell/bin/loadcell", "typer", "cli"),
        ("/opt/loadcell/bin/loadcell", "httptools", "all"),
    ],
)
def test_the_extra_of_what_was_started_is_named(program: str, module: str, extra: str, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", [program])
    missing_extra._tell(ModuleNotFoundError, ModuleNotFoundError(name=module), None)
    said = capsys.readouterr().err
    assert len(said.splitlines()) == 1
    assert module in said
    assert f"install loadcell[{extra}]" in said


@pytest.mark.parametrize("error", [ModuleNotFoundError(name="agent.gone"), ImportError("broken"), ValueError("7")])
def test_every_other_error_is_shown_whole(error: Exception, capsys):
    missing_extra._tell(type(error), error, None)
    said = capsys.readouterr().err
    assert type(error).__name__ in said
    assert "install loadcell" not in said
