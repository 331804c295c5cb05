"""Prompts from a dataset."""

from __future__ import annotations

from pathlib import Path

import orjson

from agent.prompts.errors import PromptError
from agent.targets.prompt import Prompt
from loadcell.dataset import DatasetError, Row, read_rows

# Levels of unknown length begin at multiples of this share of the rows: never near one another (golden ratio).
_SPREAD = 0.618033988749895


class DatasetPrompts:
    """Gives the requests of a level the rows in order, the warm-up those from the end, and each level other rows.

    So a measured request meets no prompt that the server has just seen, as long as there are rows.

    Args:
        path: The file.
        output_len: Wanted completion length of rows that name none, tokens.
        level: Position of the level; the levels before it are taken to be as long.
        request_count: Measured requests of a level; 0 when it is bounded by time.
        warmup_count: Warm-up requests of a level.
        name: What errors call the file.

    Raises:
        PromptError: a line cannot be used, or there is none; names the file, the line and the reason.
    """

    def __init__(
        self,
        path: Path,
        *,
        output_len: int,
        level: int = 0,
        request_count: int = 0,
        warmup_count: int = 0,
        name: str = "dataset",
    ) -> None:
        try:
            with path.open("rb") as file:
                self._rows = [(_prompt(row), row.output_len or output_len) for row in read_rows(file, name)]
        except DatasetError as error:
            raise PromptError(str(error)) from error
        step = request_count or round(_SPREAD * len(self._rows))
        self._starts = [index * step % len(self._rows) for index in range(level + 1)]
        self._warmed_before = level * warmup_count
        self._warmed = self._warmed_before + warmup_count

    def __call__(self, ordinal: int, *, warmup: bool) -> tuple[Prompt, int]:
        """Return the prompt of a request and its wanted completion length."""
        row = -1 - self._warmed_before - ordinal if warmup else self._starts[-1] + ordinal
        return self._rows[row % len(self._rows)]

    def note(self, requests: int) -> str:
        """Return what a reader must know when the ordinals below `requests` have been sent, or nothing."""
        rows = len(self._rows)
        spans = sorted([*((start, requests) for start in self._starts), (-self._warmed % rows, self._warmed)])
        ends = [*(start for start, _ in spans[1:]), spans[0][0] + rows]
        if all(start + length <= end for (start, length), end in zip(spans, ends, strict=True)):
            return ""
        return (
            f"some of the {rows} rows of the dataset were asked more than once in this run: "
            "a server with a prefix cache answers those faster"
        )


def _prompt(row: Row) -> Prompt:
    if row.prompt is not None:
        return Prompt(text_json=orjson.dumps(row.prompt), messages_json=None, tokens=-1)
    return Prompt(text_json=None, messages_json=orjson.dumps(row.messages), tokens=-1)
