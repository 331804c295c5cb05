"""Pages of traces: each trace exactly once, in any order, and a cursor that is good for its own list only."""

from __future__ import annotations

import base64
import json

import pytest
from evaluation import page, position
from hypothesis import given
from hypothesis import strategies as st
from trace_strategies import HOUR, NOW, filters, traces

from controller.query.traces.cursor import next_cursor
from controller.query.traces.fields import FIELDS
from controller.query.traces.parameters import ask, read_parameters
from controller.query.traces.question import Position, Question
from controller.query.traces.search import ask_search
from loadcell.errors import LoadcellError

SORTS = [field.name for field in FIELDS.values() if field.sortable]
LAST = Position(NOW, NOW, "0" * 32)


def listed(now: int = NOW, **values: object) -> Question:
    return ask(read_parameters(values), now)


def refused(cursor: str, **values: object) -> None:
    with pytest.raises(LoadcellError) as error:
        listed(cursor=cursor, **values)
    assert (error.value.reason, error.value.field) == ("INVALID_CURSOR", "cursor")


@given(
    found=st.lists(traces, max_size=12),
    sort_by=st.sampled_from(SORTS),
    sort_desc=st.booleans(),
    limit=st.integers(1, 5),
    node=st.none() | filters,
)
def test_W30_pages_hold_every_trace_once_and_in_order(found, sort_by, sort_desc, limit, node):
    stored = [trace | {"trace_id": f"{number:032x}"} for number, trace in enumerate(found)]
    body = {"filter": node, "sort_by": sort_by, "sort_desc": sort_desc}
    whole = page(stored, ask_search(body | {"limit": 1_000}, NOW))
    pages, cursor = [], None
    # Each page is asked for a little later: relative times of the filter stay where they were.
    for turn in range(len(stored) + 1):
        question = ask_search(body | {"limit": limit, "cursor": cursor}, NOW + turn * HOUR)
        pages.append(page(stored, question))
        if len(pages[-1]) < limit:
            break
        cursor = next_cursor(question, position(pages[-1][-1], question))
        assert cursor.isascii()
        assert not set("+/=&?# ") & set(cursor)
    assert [trace for one in pages for trace in one] == whole


@pytest.mark.parametrize("sort_desc", [True, False])
def test_W30_traces_without_a_value_come_last_in_both_directions(sort_desc):
    stored = [
        {"trace_id": f"{number:032x}", "ts": number, "ttft_ms": [None, 5, None, 1][number]} for number in range(4)
    ]
    found = page(stored, ask_search({"sort_by": "ttft_ms", "sort_desc": sort_desc}, NOW))
    assert [trace["ttft_ms"] for trace in found] == ([5, 1] if sort_desc else [1, 5]) + [None, None]


def test_a_cursor_is_bound_to_filter_sort_and_direction():
    cursor = next_cursor(listed(model="m", tags="a,b"), LAST)
    assert listed(model="m", tags="b,a", cursor=cursor, limit=7, fields="model").after == LAST
    refused(cursor)
    refused(cursor, model="n", tags="a,b")
    refused(cursor, model="m", tags="a,b", search="x")
    refused(cursor, model="m", tags="a,b", sort_by="duration_ms")
    refused(cursor, model="m", tags="a,b", sort_order="asc")


def test_relative_times_count_from_the_first_page():
    first = listed(**{"from": "now-1h"})
    second = listed(NOW + 5 * HOUR, **{"from": "now-1h", "cursor": next_cursor(first, LAST)})
    assert (second.now, second.filter) == (first.now, first.filter)


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=1_024))
def test_any_name_can_be_sorted_by(name):
    last = Position(name, NOW, "0" * 32)
    cursor = next_cursor(listed(sort_by="model"), last)
    assert listed(sort_by="model", cursor=cursor).after == last


@pytest.mark.parametrize("character", ["\U0001f600", "\x01", '"', "\\", "\u2028"])
def test_the_longest_name_can_be_sorted_by(character):
    last = Position(character * 1_024, NOW, "0" * 32)
    assert listed(sort_by="model", cursor=next_cursor(listed(sort_by="model"), last)).after == last


@given(st.floats(-1e12, 1e12))
def test_a_number_is_kept_to_the_last_bit(value):
    question = listed(sort_by="duration_ms")
    after = listed(sort_by="duration_ms", cursor=next_cursor(question, Position(value, NOW, "0" * 32))).after
    assert after is not None
    assert repr(after.value) == repr(value)


@given(st.text(max_size=60) | st.binary(max_size=60).map(lambda data: base64.urlsafe_b64encode(data).decode()))
def test_no_text_is_a_cursor_by_chance(text):
    if text:
        refused(text)


@pytest.mark.parametrize("depth", [900, 1_500, 6_000])
def test_nesting_does_not_exhaust_the_stack(depth):
    refused(base64.urlsafe_b64encode(b"[" * depth).decode())


@pytest.mark.parametrize(
    ("index", "value"),
    [
        (1, "now"),
        (1, True),
        (1, 2**63),
        (2, 5),
        (2, ""),
        (2, "x"),
        (2, "null"),  # ts is never without a value
        (2, '"text"'),
        (2, "true"),
        (2, "NaN"),
        (2, "1e999"),
        (2, str(2**63)),
        (2, "[" * 2_000),
        (3, 2**63),
        (3, 0.5),
        (3, None),
        (4, "0" * 31),
        (4, "0" * 31 + "G"),
        (4, "\0" * 32),
        (4, None),
    ],
)
def test_a_cursor_that_was_tampered_with_is_refused(index, value):
    parts = _parts(next_cursor(listed(), LAST))
    parts[index] = value
    refused(_joined(parts))


def test_a_text_that_no_database_takes_is_refused():
    for text in ("\0", "\ud800", "", "x" * 1_025):
        parts = _parts(next_cursor(listed(sort_by="model"), Position("m", NOW, "0" * 32)))
        parts[2] = json.dumps(text)
        refused(_joined(parts), sort_by="model")


@pytest.mark.parametrize(
    ("sort_by", "value"),
    [
        ("status_code", "ok"),
        ("span_id", "0" * 15),
        ("span_id", "x" * 16),
        ("trace_id", "0" * 16),
        ("duration_ms", "1"),
        ("total_tokens", True),
    ],
)
def test_a_position_that_no_trace_can_have_is_refused(sort_by, value):
    parts = _parts(next_cursor(listed(sort_by=sort_by), LAST))
    parts[2] = json.dumps(value)
    refused(_joined(parts), sort_by=sort_by)


def _parts(cursor: str) -> list[object]:
    parts: list[object] = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    return parts


def _joined(parts: list[object]) -> str:
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")
