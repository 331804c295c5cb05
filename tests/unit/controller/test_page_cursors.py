"""Cursors of lists: what was not given out is refused before a database is asked."""

from __future__ import annotations

import base64
import json

import pytest

from controller.query import cursor
from loadcell.errors import LoadcellError

QUESTION = "what is listed"


def test_a_cursor_gives_its_place_back():
    place = [-(2**62), '\N{GRINNING FACE} "x"']
    assert cursor.decode(cursor.encode(QUESTION, place), QUESTION, (int, str)) == place


@pytest.mark.parametrize(
    "place", [[2**62 + 1, "a"], [-(2**63), "a"], [0, "\ud800"], [0, "a\0"], [0.0, "a"], [True, "a"]]
)
def test_a_cursor_with_what_no_database_can_compare_is_refused(place):
    text = base64.urlsafe_b64decode(cursor.encode(QUESTION, []) + "==")
    changed = base64.urlsafe_b64encode(json.dumps([*json.loads(text), *place]).encode()).decode()
    with pytest.raises(LoadcellError) as refused:
        cursor.decode(changed, QUESTION, (int, str))
    assert (refused.value.reason, refused.value.field) == ("INVALID_CURSOR", "cursor")
