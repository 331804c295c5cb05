"""Prompts from a dataset."""

from __future__ import annotations

from pathlib import Path

import orjson

from agent.prompts.errors import PromptError
from agent.targets.prompt import Prompt
from loadcell.dataset import DatasetError, Row, read_rows


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
        try:
            with path.open("rb") as file:
                self._rows = [(_prompt(row), row.output_len or output_len) for row in read_rows(file, name)]
        except DatasetError as error:
            raise PromptError(str(error)) from error

    def __call__(self, ordinal: int, *, warmup: bool) -> tuple[Prompt, int]:  # noqa: ARG002  one shape for all sources
        """Return the prompt of a request and its wanted completion length."""
        return self._rows[ordinal % len(self._rows)]


def _prompt(row: Row) -> Prompt:
    if row.prompt is not None:
        return Prompt(text_json=orjson.dumps(row.prompt), messages_json=None, tokens=-1)
    return Prompt(text_json=None, messages_json=orjson.dumps(row.messages), tokens=-1)
