"""The commands of the repository: each works alone, and a missed figure is a failure."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path

import pytest

from benchmarks.__main__ import measure_all
from benchmarks.figures import Figure, save, table
from benchmarks.sizes import Sizes

ROOT = Path(__file__).resolve().parents[2]
MAKEFILE = (ROOT / "Makefile").read_text()
TARGETS = {"setup", "demo", "up", "test", "test-faults", "lint", "protos", "docs", "bench", "clean"}


def test_every_target_makes_the_environment_first() -> None:
    rules = dict(re.findall(r"^([a-z%-]+):(.*)$", MAKEFILE, flags=re.MULTILINE))
    assert rules.keys() >= TARGETS
    alone = {"setup", "clean"}
    assert [name for name, needs in rules.items() if name not in alone and needs.split() != ["setup"]] == []


def test_an_old_interpreter_is_refused_in_one_clear_line(tmp_path: Path) -> None:
    old = tmp_path / "python3"
    old.write_text('#!/bin/sh\ncase "$2" in *version_info\\[*) echo 3.9.2 ;; *) exit 1 ;; esac\n')
    old.chmod(0o755)
    done = subprocess.run([ROOT / "scripts" / "setup", old, "dev"], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "needs Python 3.11 or newer" in done.stderr
    assert "3.9.2" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_missing_interpreter_is_named() -> None:
    done = subprocess.run(
        [ROOT / "scripts" / "setup", "python9.9", "dev"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "python9.9" in done.stderr


def test_contract_style_is_never_skipped_silently(tmp_path: Path) -> None:
    (tmp_path / "scripts").mkdir()
    script = tmp_path / "scripts" / "lint_protos"
    script.write_bytes((ROOT / "scripts" / "lint_protos").read_bytes())
    script.chmod(0o755)
    tools = tmp_path / "bin"
    tools.mkdir()
    for tool in ("bash", "dirname", "env"):
        (tools / tool).symlink_to(Path("/usr/bin") / tool)
    done = subprocess.run(
        [script, "python3"], capture_output=True, text=True, check=False, env={"PATH": str(tools)}
    )
    assert done.returncode == 0
    assert done.stdout.startswith("SKIPPED:")


@pytest.mark.parametrize(
    ("value", "bound", "ok"),
    [(1.5, ">=", True), (1.49, ">=", False), (1.5, "<=", True), (1.51, "<=", False), (None, ">=", False)],
)
def test_a_figure_is_judged_by_its_bound(value: float | None, bound: str, *, ok: bool) -> None:
    figure = Figure("case", value, "x", bound, 1.5)  # type: ignore[arg-type]
    assert figure.ok is ok
    assert (("MISSED" in table([figure])), figure.document()["ok"]) == (not ok, ok)


def test_figures_are_saved_as_a_list(tmp_path: Path) -> None:
    save([Figure("a", 2.0, "x", ">=", 1.5), Figure("b", None, "s", "<=", 2, note="no tool")], tmp_path / "out")
    assert json.loads((tmp_path / "out").read_text()) == [
        {"case": "a", "figure": 2.0, "unit": "x", "required": ">= 1.5", "ok": True},
        {"case": "b", "figure": None, "unit": "s", "required": "a figure", "ok": False},
    ]


async def test_figures_found_before_a_case_that_breaks_off_are_kept(tmp_path: Path, monkeypatch, capsys) -> None:
    async def found(_sizes: Sizes) -> list[Figure]:
        return [Figure("first", 2.0, "x", ">=", 1.5)]

    async def breaks_off(_sizes: Sizes) -> list[Figure]:
        raise RuntimeError

    monkeypatch.setattr("benchmarks.__main__.CASES", {"first": found, "second": breaks_off})
    with pytest.raises(RuntimeError):
        await measure_all(["first", "second"], Sizes(), tmp_path / "out")
    assert [kept["case"] for kept in json.loads((tmp_path / "out").read_text())] == ["first"]
    assert "2 x" in capsys.readouterr().err


def test_scripts_are_executable() -> None:
    named = ("setup", "make_venv", "setup_peers", "setup_wheels", "lint_protos")
    for name in (".ci/run", *(f"scripts/{name}" for name in named)):
        assert os.access(ROOT / name, os.X_OK), name
