"""Prompts from a dataset in JSON Lines: {"prompt": text | "messages": [...], "output_len": optional tokens}."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson

from agent.prompts.errors import PromptError
from agent.targets.prompt import Prompt

_FIELDS = {"prompt", "messages", "output_len"}
_LONGEST_OUTPUT = 1_000_000


class DatasetPrompts:
    """Gives ordinal `n` the row `n` modulo the number of rows.

    Args:
        path: The file.
        output_len: Wanted completion length of rows that name none, tokens.
        name: What errors call the file.

    Raises:
        PromptError: a line cannot be used, or there is none; names the file, the line and the reason.
    """

    def __init__(self, path: Path, *, output_len: int, name: str = "dataset") -> None:
        self._rows: list[tuple[Prompt, int]] = []
        with path.open("rb") as lines:
            for number, line in enumerate(lines, start=1):
                if line.strip():
                    try:
                        self._rows.append(_row(line, output_len))
                    except ValueError as error:
                        raise PromptError(f"{name}, line {number}: {error}") from error
        if not self._rows:
            raise PromptError(f"{name}: the file has no rows")

    def __call__(self, ordinal: int, *, warmup: bool) -> tuple[Prompt, int]:  # noqa: ARG002  one shape for all sources
        """Return the prompt of a request and its wanted completion length."""
        return self._rows[ordinal % len(self._rows)]


def _row(line: bytes, output_len: int) -> tuple[Prompt, int]:
    try:
        row: Any = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise ValueError(f"not JSON: {error}") from error
    if not isinstance(row, dict):
        raise ValueError("must be a JSON object")  # noqa: TRY004  a fault of the file, not of the program
    unknown = sorted(set(row) - _FIELDS)
    if unknown:
        raise ValueError(f"unknown field {unknown[0]!r}; known are prompt, messages, output_len")
    wanted = row.get("output_len", output_len)
    if not isinstance(wanted, int) or isinstance(wanted, bool) or not 1 <= wanted <= _LONGEST_OUTPUT:
        raise ValueError(f"output_len must be a whole number from 1 to {_LONGEST_OUTPUT:,}")
    return _prompt(row), wanted


def _prompt(row: dict[str, Any]) -> Prompt:
    if ("prompt" in row) == ("messages" in row):
        raise ValueError("must have either prompt or messages")
    if "prompt" in row:
        if not isinstance(row["prompt"], str) or not row["prompt"]:
            raise ValueError("prompt must be a text that is not empty")
        return Prompt(text_json=orjson.dumps(row["prompt"]), messages_json=None, tokens=-1)
    messages = row["messages"]
    if not isinstance(messages, list) or not messages:
        raise ValueError("messages must be a list that is not empty")
    for position, message in enumerate(messages):
        if not isinstance(message, dict) or not isinstance(message.get("role"), str):
            raise ValueError(f"messages[{position}] must be an object with a role")  # noqa: TRY004  a fault of the file
        if "content" not in message:
            raise ValueError(f"messages[{position}] has no content")
    return Prompt(text_json=None, messages_json=orjson.dumps(messages), tokens=-1)
