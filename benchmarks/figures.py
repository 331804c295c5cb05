"""A figure, what it must reach, and how a list of them is shown."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal


@dataclass(frozen=True)
class Figure:
    """One measured number beside its bound. `value` is None when the case could not be run; `note` says why."""

    case: str
    value: float | None
    unit: str
    bound: Literal[">=", "<="]
    required: float
    aim: float | None = None
    note: str = ""

    @property
    def ok(self) -> bool:
        """Whether the bound is met."""
        if self.value is None:
            return False
        return self.value >= self.required if self.bound == ">=" else self.value <= self.required

    @property
    def condition(self) -> str:
        """What the value must be, without its unit."""
        return "a figure" if self.value is None else f"{self.bound} {self.required:g}"

    def row(self) -> tuple[str, str, str, str]:
        """Case, figure, required and verdict as texts."""
        shown = "not run" if self.value is None else f"{self.value:.4g} {self.unit}"
        aim = "" if self.aim is None else f" (aim {self.aim:g})"
        verdict = ("ok" if self.ok else "MISSED") + (f"  {self.note}" if self.note else "")
        return self.case, shown, f"{self.condition} {self.unit}{aim}", verdict

    def document(self) -> dict[str, str | float | bool | None]:
        """The figure for programs."""
        return {
            "case": self.case,
            "figure": self.value,
            "unit": self.unit,
            "required": self.condition,
            "ok": self.ok,
        }


def table(figures: Sequence[Figure]) -> str:
    """Return the figures as an aligned table."""
    rows = [("case", "figure", "required", "verdict"), *(figure.row() for figure in figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    return "\n".join(
        "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[3]]) for row in rows
    )


def save(figures: Iterable[Figure], path: Path) -> None:
    """Write the figures as a JSON list."""
    path.write_text(json.dumps([figure.document() for figure in figures], indent=1) + "\n", encoding="utf-8")
