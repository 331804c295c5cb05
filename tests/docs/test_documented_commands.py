"""Every command on every page exists with the flags it is shown with."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from loadcell.cli import app as cli
from loadcell.cli import failure

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
TARGETS = set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE)) | {
    f"bench-{name}"
    for case in (ROOT / "benchmarks" / "cases").glob("[a-z]*.py")
    for name in (case.stem, case.stem.partition("_")[0])
}
FENCE = re.compile(r"^```(?:sh)?\n(.*?)^```", flags=re.MULTILINE | re.DOTALL)


def shown(page: Path) -> Iterator[list[str]]:
    """Words of every command in the fenced blocks and in the code spans of a page."""
    text = page.read_text()
    lines = [line for block in FENCE.findall(text) for line in block.replace("\\\n", " ").splitlines()]
    for line in lines + re.findall(r"`([^`\n]+)`", FENCE.sub("", text)):
        command = re.sub(r"^(\w+=\S+ )*(\.venv/bin/)?", "", line.strip())
        if re.match(r"(make|loadcell) [a-z]", command):
            yield shlex.split(command, comments=True)


def command_and_flags(words: list[str]) -> tuple[Any, list[str]]:
    """The command that a line of words calls, and the flags it is given."""
    command: Any = typer.main.get_command(cli.app)
    rest = words[1:]
    while rest and hasattr(command, "commands"):
        assert rest[0] in command.commands, f"there is no command {' '.join(words)}"
        command, rest = command.commands[rest[0]], rest[1:]
    return command, [word.partition("=")[0] for word in rest if word.startswith("-")]


COMMANDS = [(page, words) for page in PAGES for words in shown(page)]


def test_commands_were_found() -> None:
    names = {(page.name, words[0], words[1]) for page, words in COMMANDS}
    assert {("README.md", "make", "demo"), ("README.md", "make", "up"), ("README.md", "loadcell", "run")} <= names


@pytest.mark.parametrize(("page", "words"), COMMANDS, ids=lambda value: getattr(value, "name", None))
def test_command_exists(page: Path, words: list[str]) -> None:
    if words[0] == "make":
        assert words[1] in TARGETS, f"{page.name}: make {words[1]}"
        return
    command, flags = command_and_flags(words)
    known = {flag for option in command.params for flag in (*option.opts, *option.secondary_opts)}
    passed_on = command.context_settings.get("allow_extra_args", False)
    assert passed_on or set(flags) <= known | {"--help"}, f"{page.name}: {words}"


def test_guide_shows_every_flag_of_run() -> None:
    command, _ = command_and_flags(["loadcell", "run"])
    flags = {flag for option in command.params for flag in option.opts if flag.startswith("--")}
    text = (ROOT / "docs" / "guide.md").read_text()
    assert sorted(flag for flag in flags if flag not in text) == []


def test_every_exit_code_is_listed() -> None:
    codes = {value for name, value in vars(failure).items() if name.startswith("EXIT_")}
    section = (ROOT / "docs" / "errors.md").read_text().partition("Exit codes")[2]
    listed = re.findall(r"^\| (\d+) \|", section, re.MULTILINE)
    assert {int(code) for code in listed} == codes
