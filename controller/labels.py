"""What labels may be."""

from __future__ import annotations

from collections.abc import Mapping

from loadcell.errors import LoadcellError
from loadcell.protocol import MAX_LABEL_TEXT, MAX_LABELS


def check_labels(name: str, labels: Mapping[str, str]) -> dict[str, str]:
    """Return the labels of a field.

    Raises:
        LoadcellError: LIMIT_EXCEEDED or INVALID_FIELD_VALUE, with the name of the field.
    """
    if len(labels) > MAX_LABELS:
        raise LoadcellError(
            "LIMIT_EXCEEDED", f"{name} has {len(labels)} entries, at most {MAX_LABELS}", field=name
        )
    for key, value in labels.items():
        if not is_label(key, value):
            raise LoadcellError(
                "INVALID_FIELD_VALUE",
                f"{name} {key[:64]!r}: keys have 1 to {MAX_LABEL_TEXT} characters, values no more, none is NUL",
                field=name,
            )
    return dict(labels)


def is_label(key: str, value: str) -> bool:
    """Whether key and value may be those of a label."""
    return 1 <= len(key) <= MAX_LABEL_TEXT and len(value) <= MAX_LABEL_TEXT and "\0" not in key + value
