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
        if not 1 <= len(key) <= MAX_LABEL_TEXT or len(value) > MAX_LABEL_TEXT:
            raise LoadcellError(
                "INVALID_FIELD_VALUE",
                f"{name} {key[:64]!r}: keys have 1 to {MAX_LABEL_TEXT} characters, values no more",
                field=name,
            )
    return dict(labels)
