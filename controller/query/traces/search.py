"""The body of a search for traces, checked, and the question it asks."""

from __future__ import annotations

from collections.abc import Mapping

from controller.query.traces.conditions import Node
from controller.query.traces.cursor import read_limit, turn_to
from controller.query.traces.fields import sort_field
from controller.query.traces.filters import read_filter
from controller.query.traces.question import Question
from controller.query.traces.selection import read_selection
from controller.query.traces.values import read_flag, read_list, read_text
from loadcell.errors import LoadcellError

_NAMES = ("filter", "sort_by", "sort_desc", "cursor", "limit", "fields")


def ask_search(body: Mapping[str, object], now: int) -> Question:
    """Return the question that a search asks at `now`, in microseconds since 1970; what is null is not asked for.

    Sorted by `ts` and ascending unless the body says otherwise.

    Raises:
        LoadcellError: a part has the wrong type or is outside its range; the error names it.
    """
    given = {name: value for name, value in body.items() if value is not None}
    for name in given:
        if name not in _NAMES:
            raise LoadcellError(
                "UNKNOWN_FIELD", f"a search has {', '.join(_NAMES)}, not {name[:64]!r}", field=name[:64]
            )

    def filter_at(time: int) -> Node | None:
        return read_filter(given["filter"], time) if "filter" in given else None

    paths = given.get("fields", [])
    question = Question(
        now=now,
        filter=filter_at(now),
        sort=sort_field(read_text(given.get("sort_by", "ts"), "sort_by"), "sort_by"),
        descending=read_flag(given.get("sort_desc", False), "sort_desc"),
        limit=read_limit(given.get("limit")),
        fields=read_selection([read_text(path, "fields") for path in read_list(paths, "fields")] if paths else []),
    )
    return turn_to(question, given.get("cursor"), filter_at)
