"""Performs the steps of a Dockerfile: each stage is a folder that stands for the root of its file system.

The steps are few, in exec form, and each is done as it is written, with absolute paths in the folder of its stage.
Three differ, because a folder is no file system of its own: `python` is one of this machine, no account is made,
and environments that are copied to another stage are told where they are now. Any other command is refused, so the
Dockerfile can have no step that is not done here.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from scripts.images.dockerfile import Instruction, Stage
from scripts.images.sources import Sources

_ACCOUNTS = ("groupadd", "useradd")
_SECONDS = 300  # a step may take, with a slow index


class StepError(Exception):
    """A step that has failed, with what it said."""


class Builder:
    """Builds stages, each once."""

    def __init__(self, stages: Mapping[str, Stage], sources: Path, out: Path, python: str) -> None:
        """Builds in `out`, with `python` in place of the interpreter of the image."""
        self._stages, self._sources, self._out, self._python = stages, Sources(sources), out, python
        self._built: dict[str, Path] = {}
        self.files_copied: dict[str, int] = {}

    def build(self, name: str) -> Path:
        """Return the folder of a stage, with those stages built that it needs.

        Raises:
            DockerfileError: A step is not understood.
            StepError: A step has failed.
        """
        if name in self._built:
            return self._built[name]
        stage = self._stages[name]
        root = self._out / name
        if stage.base in self._stages:
            _copy_tree(self.build(stage.base), root)
        else:
            root.mkdir(parents=True)
        for instruction in stage.instructions:
            if instruction.keyword == "COPY":
                self._copy(instruction, root)
            elif instruction.keyword == "RUN":
                self._run(instruction, root)
            elif instruction.keyword == "WORKDIR":
                _inside(root, instruction.rest).mkdir(parents=True, exist_ok=True)
        self._built[name] = root
        return root

    def _copy(self, instruction: Instruction, root: Path) -> None:
        *names, to = instruction.words()
        target = _inside(root, to)
        stage = instruction.flags.get("from")
        for name in names:
            if stage is not None:
                source = self.build(stage)
                if self._times_copied(stage) == 1:
                    target.parent.mkdir(parents=True, exist_ok=True)
                    _inside(source, name).rename(target)  # an environment has ten thousand files
                else:
                    _copy_tree(_inside(source, name), target)
                _say_where_it_is(target, source, root)
                continue
            copied = self._sources.copy(name, target)
            if not copied:
                raise instruction.refused("copies no file that Docker is given")
            self.files_copied[name] = copied

    def _times_copied(self, name: str) -> int:
        every = [one for stage in self._stages.values() for one in stage.instructions]
        return sum(one.keyword == "COPY" and one.flags.get("from") == name for one in every)

    def _run(self, instruction: Instruction, root: Path) -> None:
        words = instruction.words()
        perform = self._performed(words[0])
        if perform is None:
            raise instruction.refused("is a command that cannot be performed without Docker")
        perform([str(_inside(root, word)) if word.startswith("/") else word for word in words])

    def _performed(self, command: str) -> Callable[[list[str]], None] | None:
        if command in _ACCOUNTS:
            return lambda _words: None
        if command == "install":
            return _make_folder
        return self._run_python if command == "python" else None

    def _run_python(self, words: list[str]) -> None:
        # Who has pip and what environments are made of are one interpreter in the image, and may be two here.
        python = sys.executable if words[1:3] == ["-m", "pip"] else self._python
        left_out = ("LOADCELL_", "PYTHON", "VIRTUAL_ENV")
        environ = {name: value for name, value in os.environ.items() if not name.startswith(left_out)}
        done = subprocess.run(
            [python, *words[1:]], env=environ, capture_output=True, text=True, check=False, timeout=_SECONDS
        )
        if done.returncode:
            raise StepError(f"{' '.join(words)}\n{done.stdout}{done.stderr}")


def _inside(root: Path, path: str) -> Path:
    return root / path.lstrip("/")


def _copy_tree(source: Path, target: Path) -> None:
    """Have the same files a second time, with owners and modes: environments are large, and none is changed."""
    target.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(["cp", "--archive", "--link", source, target], check=True, timeout=_SECONDS)  # noqa: S607


def _make_folder(words: list[str]) -> None:
    options = dict(word.removeprefix("--").partition("=")[::2] for word in words[1:-1])
    folder = Path(words[-1])
    folder.mkdir(parents=True)
    folder.chmod(int(options["mode"], 8))
    if os.geteuid() == 0:
        os.chown(folder, int(options["owner"]), int(options["group"]))


def _say_where_it_is(environment: Path, before: Path, now: Path) -> None:
    """Have the scripts of an environment name the folder they are in; in the image both have the same name."""
    for script in (environment / "bin").glob("*"):
        if script.is_symlink() or not script.is_file():
            continue
        text, mode = script.read_bytes(), script.stat().st_mode
        if os.fsencode(before) in text:
            script.unlink()  # or the file of the other stage would change with it
            script.write_bytes(text.replace(os.fsencode(before), os.fsencode(now)))
            script.chmod(mode)
