"""Pages of lists of traces: a cursor holds where a page ended, and when the first one was asked for."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import cast

from controller.query import cursor
from controller.query.traces.conditions import Node
from controller.query.traces.fields import Field, Kind
from controller.query.traces.question import Position, Question
from controller.query.traces.values import read_number, read_text
from loadcell.errors import LoadcellError

_WORDS = {
    Kind.TRACE_ID: re.compile("[0-9a-f]{32}"),
    Kind.SPAN_ID: re.compile("[0-9a-f]{16}"),
    Kind.STATUS: re.compile("OK|ERROR|UNSET"),
}


def next_cursor(question: Question, last: Position) -> str:
    """Return the cursor of the page after the trace `last`, bound to the list and order of the question."""
    value = json.dumps(last.value, ensure_ascii=False)
    return cursor.encode(question.list_form(), [question.now, value, last.ts, last.trace_id])


def turn_to(question: Question, text: object, filter_at: Callable[[int], Node | None]) -> Question:
    """Return the question for the page of a cursor, or as it is without one.

    `filter_at` makes the filter again at the time of the first page, so that relative times mean the same on all.

    Raises:
        LoadcellError: INVALID_CURSOR, it is malformed or belongs to another list.
    """
    if text is None or text == "":
        return question
    if not isinstance(text, str):
        raise LoadcellError("INVALID_CURSOR", "the cursor is no text", field="cursor")
    now, after = _read(text, question)
    return replace(question, now=now, filter=filter_at(now), after=after)


def read_limit(limit: object) -> int:
    """Return the page size asked for, 50 by default.

    Raises:
        LoadcellError: LIMIT_EXCEEDED, it is not from 1 to 1,000; INVALID_FIELD_FORMAT, it is no whole number.
    """
    number = None if limit is None else read_number(limit, "limit")
    if isinstance(number, float):
        raise LoadcellError("INVALID_FIELD_FORMAT", f"limit {number} is no whole number", field="limit")
    return cursor.page_size(number)


def _read(text: str, question: Question) -> tuple[int, Position]:
    now, value, ts, trace_id = cursor.decode(text, question.list_form(), (int, str, int, str))
    malformed = LoadcellError("INVALID_CURSOR", "the cursor is malformed", field="cursor")
    try:
        position = Position(json.loads(str(value)), int(ts), read_text(trace_id, "cursor"))
        fits = _fits(question.sort, position.value)
    except (ValueError, RecursionError, LoadcellError) as error:
        raise malformed from error
    if not fits or not _WORDS[Kind.TRACE_ID].fullmatch(position.trace_id):
        raise malformed
    return int(now), position


def _fits(sort: Field, value: object) -> bool:
    if value is None:
        return sort.nullable
    if sort.kind in {Kind.NUMBER, Kind.TIME}:
        # A value that is not finite is not within the bounds either.
        return type(value) in {int, float} and abs(cast("float", value)) <= cursor.MAX_INTEGER
    word = read_text(value, "cursor")
    return sort.kind not in _WORDS or bool(_WORDS[sort.kind].fullmatch(word))
