"""For how long an answer is kept follows from how long ago the traces ended that it can have."""

from __future__ import annotations

import pytest
from trace_strategies import HOUR, NOW

from controller.cache.kinds import Kind
from controller.query.traces.cursor import next_cursor
from controller.query.traces.parameters import ask, read_parameters
from controller.query.traces.question import Position
from controller.query.traces.search import ask_search
from controller.services.trace import kind_of


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ({}, Kind.TRACES),
        ({"from": "now-2h"}, Kind.TRACES),
        ({"to": "now"}, Kind.TRACES),
        ({"to": "now-1h"}, Kind.TRACES),
        ({"to": "now-3601s"}, Kind.OLD_TRACES),
        ({"from": "now-2d", "to": "now-1d", "model": "m"}, Kind.OLD_TRACES),
    ],
)
def test_what_ended_more_than_an_hour_ago_is_old(values, kind):
    assert kind_of(ask(read_parameters(values), NOW), NOW) is kind


def test_a_search_is_old_when_all_it_can_find_is():
    old = {"field": "ts", "operator": "lt", "value": "now-1d"}
    failed = {"field": "status_code", "operator": "eq", "value": "error"}
    for operator, kind in (("and", Kind.OLD_TRACES), ("or", Kind.TRACES)):
        question = ask_search({"filter": {"operator": operator, "filters": [old, failed]}}, NOW)
        assert kind_of(question, NOW) is kind


def test_a_later_page_grows_old_with_its_first():
    values = {"to": "now"}
    cursor = next_cursor(ask(read_parameters(values), NOW), Position(NOW, NOW, "0" * 32))
    for later, kind in ((HOUR, Kind.TRACES), (HOUR + 1, Kind.OLD_TRACES)):
        question = ask(read_parameters({**values, "cursor": cursor}), NOW + later)
        assert kind_of(question, NOW + later) is kind
