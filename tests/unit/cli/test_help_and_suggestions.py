"""What the command says of itself, and of command lines it does not understand."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from typing import Any

import pytest
import typer

from loadcell.cli.__main__ import run
from loadcell.cli.app import app
from loadcell.cli.examples import EXAMPLES
from loadcell.mockserver.__main__ import parser

ROOT = typer.main.get_command(app)
PASSES_ON = "mock-server"  # its flags are read, and its help is written, by what it starts


def commands(group: Any = ROOT, path: str = "") -> Iterator[tuple[str, Any]]:
    for name, command in group.commands.items():
        below = f"{path} {name}".strip()
        if hasattr(command, "commands"):
            yield from commands(command, below)
        else:
            yield below, command


COMMANDS = dict(commands())


def parsed(words: list[str]) -> str:
    """The command that a line calls, with its flags read as they would be; nothing is carried out."""
    group, path = ROOT, []
    while hasattr(group, "commands"):
        path.append(words[0])
        group, words = group.commands[words[0]], words[1:]
    with group.make_context(path[-1], list(words)):
        return " ".join(path)


def test_every_command_has_examples_of_itself():
    assert EXAMPLES.keys() == COMMANDS.keys() - {PASSES_ON}
    for path, examples in EXAMPLES.items():
        for example in examples:
            assert re.match(rf"{path}( |$)", example), example


@pytest.mark.parametrize("path", EXAMPLES)
def test_examples_are_read_as_they_stand(path: str):
    for example in EXAMPLES[path]:
        line = re.split(r" [<>] ", example)[0]  # the shell's
        assert parsed(shlex.split(line)) == path


def test_help_ends_with_the_examples_as_they_are(capsys: pytest.CaptureFixture[str]):
    assert run(["runs", "compare", "--help"]) == 0
    shown = capsys.readouterr().out
    assert [line.strip() for line in shown.partition("Examples:\n")[2].splitlines()] == [
        f"loadcell {example}" for example in EXAMPLES["runs compare"]
    ]
    assert "example: x --port 8000" in parser("x").format_help()


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("run http://x --conccurrency 5", "no such option --conccurrency; did you mean --concurrency?"),
        ("run http://x --max_concurrency 5", "no such option --max_concurrency; did you mean --max-concurrency?"),
        ("run http://x --zzz", "no such option --zzz; see `loadcell run --help`"),
        ("run http://x -Q", "no such option -Q; see `loadcell run --help`"),
        ("run http://x '--\x1b[31m'", "no such option '--\\x1b[31m'; see `loadcell run --help`"),
        ("rum http://x", "no such command 'rum'; did you mean run?"),
        ("runs lst", "no such command 'lst'; did you mean list?"),
        ("runs 'a\nb'", "no such command 'a\\nb'; see `loadcell runs --help`"),
        ("agents", "a command is missing; `loadcell agents` has list, show, drain, token"),
        (
            "recommend http://x -p 5 --requests-per-slot 1001",
            "--requests-per-slot 1001: must be a whole number from 1 to 1,000",
        ),
        ("recommend http://x -p 1.5", "--peak-concurrency 1.5: must be a whole number from 1 to 100,000,000"),
        ("recommend http://x", "--peak-concurrency is missing; see `loadcell recommend --help`"),
        ("run http://x --validate --tolerance 2", "--tolerance 2: must be a number from 0 to 1"),
        ("run http://x --timeout soon", "--timeout soon: must be a number"),
        ("run http://x --arrival pois --rate 5", "--arrival pois: must be one of constant, poisson"),
        ("runs list --limit 'x\ny'", "--limit 'x\\ny': must be a whole number from 1 to 100,000"),
        ("runs show", "RUN_ID is missing; see `loadcell runs show --help`"),
        ("runs delete", "RUN_ID is missing; see `loadcell runs delete --help`"),
        ("run http://x -n", "-n requires an argument"),
        ("run --stream=1", "--stream does not take a value"),
        ("runs show a b", "got unexpected extra argument(s) (b)"),
    ],
)
def test_a_wrong_line_is_told_in_our_words(capsys: pytest.CaptureFixture[str], line: str, said: str):
    assert run(shlex.split(line)) == 2
    assert capsys.readouterr() == ("", f"error: {said}\n")
