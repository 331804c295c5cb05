"""What a real bash offers, with the script that the command prints."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from loadcell.cli import completing
from loadcell.cli.__main__ import run
from loadcell.stack import Claim, Owner, find_or_claim, find_owner
from tests.patience import PATIENCE_SECONDS

# Completes a line as if the last word of it were being typed, and prints what is offered, a line each.
BASH = """
set -euo pipefail
eval "$(loadcell completion bash)"
while IFS= read -r line; do
    read -ra COMP_WORDS <<<"$line|"
    COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
    COMP_WORDS[COMP_CWORD]=${COMP_WORDS[COMP_CWORD]%|}
    COMPREPLY=()
    _loadcell_completion loadcell
    echo "$line: ${COMPREPLY[*]-}"
done
complete -p loadcell
"""


@pytest.mark.skipif(shutil.which("bash") is None and not os.environ.get("CI"), reason="bash is missing")
def test_bash_completes_commands_flags_and_choices_without_a_controller(tmp_path: Path):
    program = tmp_path / "loadcell"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -W error -m loadcell.cli "$@"\n')
    program.chmod(0o755)
    lines = ["reco", "runs export x --format x", "run http://x --max-", "runs show "]
    done = subprocess.run(
        ["bash", "--norc", "-c", BASH],
        input="".join(f"loadcell {line}\n" for line in lines),
        env={
            **{name: value for name, value in os.environ.items() if not name.startswith("LOADCELL_")},
            "PATH": f"{tmp_path}:{os.environ['PATH']}",
            "LOADCELL_DATA_DIR": str(tmp_path / "data"),
            "PYTHONPATH": os.pathsep.join(sys.path),
        },
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    *offered, registered = done.stdout.splitlines()
    assert offered == [
        "loadcell reco: recommend",
        "loadcell runs export x --format x: xlsx",
        "loadcell run http://x --max-: --max-concurrency",
        "loadcell runs show : ",
    ]
    assert registered == "complete -o default -F _loadcell_completion loadcell"
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_there_is_a_script_for_each_shell(capsys: pytest.CaptureFixture[str], shell: str):
    assert run(["completion", shell]) == 0
    assert f"complete_{shell}" in capsys.readouterr().out


def test_the_controller_of_this_machine_is_found_without_claiming_its_place(tmp_path: Path):
    def found(database: str = "a.db", *, any_database: bool = True) -> Owner | None:
        return find_owner(tmp_path, database, any_database=any_database)

    assert found() is None
    assert list(tmp_path.iterdir()) == []
    claim = find_or_claim(tmp_path, "a.db", any_database=False)
    assert isinstance(claim, Claim)
    assert found() is None  # it does not say yet where it listens
    owner = Owner(os.getpid(), "127.0.0.1:1", "", "a.db", shared=True)
    claim.publish(owner)
    assert (found(), found("b.db"), found("b.db", any_database=False)) == (owner, owner, None)
    text = claim.path.read_text()
    claim.release()
    claim.path.write_text(text)  # as after a death
    assert found() is None


class Line:
    """As much as is known of a line that is being typed."""

    def __init__(self, **flags: object) -> None:
        self.params = flags


@pytest.mark.parametrize("controller", ["127.0.0.1:1", "nonsense", "\x00"])
def test_what_goes_wrong_is_kept_from_who_is_typing(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, controller: str
):
    monkeypatch.setattr(completing, "PATIENCE_SECONDS", 0.05)
    assert completing.runs(Line(controller=controller), "") == []
    assert completing.agents(Line(controller=controller), "") == []
    assert completing.runs_and_baseline(Line(controller=controller), "base") == [
        ("baseline", "the newest run marked so")
    ]
    monkeypatch.setenv("LOADCELL_TIMEOUT", "")
    monkeypatch.setenv("LOADCELL_CONTROLLER", "::")
    assert completing.runs(Line(), "") == []
    assert capfd.readouterr() == ("", "")
