"""What `fields` does not name is left out of an answer over HTTP."""

from __future__ import annotations

import pytest

from gateway.chosen import leave_out


@pytest.mark.parametrize(
    ("data", "fields", "left"),
    [
        ({"a": 1, "b": 0, "c": None}, ["a"], {"a": 1}),
        ({"a": 0, "b": None, "c": []}, ["a,b"], {"a": 0, "b": None}),
        ({"inner": {"a": 1, "b": None}, "c": ""}, ["inner.a"], {"inner": {"a": 1}}),
        ({"inner": None, "c": False}, ["inner.a"], {"inner": None}),
        ({"inner": {"a": 0, "b": None}}, ["inner"], {"inner": {"a": 0, "b": None}}),
        ([{"a": 1, "b": 0}, {"a": 0, "b": 0}], ["a"], [{"a": 1}, {"a": 0}]),
        ({"points": [{"at": "x", "n": 0}]}, ["points.at"], {"points": [{"at": "x"}]}),
        ({"known_by_another_name": 3, "b": None}, ["other"], {"known_by_another_name": 3}),
        ({"a": 1, "b": 0}, [], {"a": 1, "b": 0}),
        ({"a": 1, "b": 0}, [" , "], {"a": 1, "b": 0}),
    ],
)
def test_W46_only_what_is_wanted_is_left(data, fields, left):
    document = {"status": "success", "data": data, "meta": {"cached": False}}
    leave_out(document, fields)
    assert document == {"status": "success", "data": left, "meta": {"cached": False}}
