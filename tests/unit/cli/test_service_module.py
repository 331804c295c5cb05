"""What the command makes of what a module of a service says."""

from __future__ import annotations

from pathlib import Path

import pytest

from loadcell.cli.failure import CommandError
from loadcell.cli.service_module import NotInstalledError, run_module


def module(folder: Path, code: str) -> dict[str, str]:
    """Make the module `spoken`; return where it is found."""
    (folder / "spoken.py").write_text(f"import sys\n{code}\n")
    return {"PYTHONPATH": str(folder)}


def test_an_answer_is_shown_with_its_status_and_its_warnings(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    code = "print('problem: a page'); print('a warning', file=sys.stderr); sys.exit(1)"
    assert run_module("spoken", (), module(tmp_path, code)) == (1, "problem: a page\n")
    assert capsys.readouterr().err == "a warning\n"


def test_who_gives_no_answer_has_failed_with_the_last_line(tmp_path: Path):
    code = "print('a warning\\nerror: no such file', file=sys.stderr); sys.exit(2)"
    with pytest.raises(CommandError) as failed:
        run_module("spoken", (), module(tmp_path, code))
    assert (failed.value.message, failed.value.exit_code) == ("no such file", 2)
    with pytest.raises(NotInstalledError, match="the spoken is not installed here"):
        run_module("spoken", (), module(tmp_path, "import nothing_of_that_name"))
