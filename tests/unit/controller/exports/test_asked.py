"""What a request for an export asks for, and what is refused."""

from __future__ import annotations

import uuid

import pytest

from controller.exports.asked import DEFAULT_TRACES, read_export, read_job_id, read_scope
from controller.query.traces.bounds import time_bounds
from controller.scope import Scope
from loadcell.errors import LoadcellError
from loadcell.v1 import export_pb2

NOW = 1_790_000_000_000_000


def asked(**request: object):
    return read_export(export_pb2.CreateExportRequest(format="csv", **request), NOW)


@pytest.mark.parametrize(
    ("request_", "reason", "field"),
    [
        ({}, "MISSING_REQUIRED_FIELD", "format"),
        ({"format": "xml"}, "INVALID_FIELD_VALUE", "format"),
        ({"compression": "rar"}, "INVALID_FIELD_VALUE", "compression"),
        ({"format": "parquet", "compression": "zip"}, "INVALID_FIELD_VALUE", "compression"),
        ({"limit": 0}, "LIMIT_EXCEEDED", "limit"),
        ({"limit": -5}, "LIMIT_EXCEEDED", "limit"),
        ({"limit": 1_000_001}, "LIMIT_EXCEEDED", "limit"),
        ({"fields": ["nothing"]}, "UNKNOWN_FIELD", "fields"),
        ({"start_time": "yesterday"}, "INVALID_FIELD_FORMAT", "start_time"),
        ({"end_time": "2026-01-01"}, "INVALID_FIELD_FORMAT", "end_time"),
        ({"start_time": "now"}, "INVALID_DATE_RANGE", "end_time"),
        ({"start_time": "now-2h", "end_time": "now-3h"}, "INVALID_DATE_RANGE", "end_time"),
        ({"start_time": "now-366d"}, "INVALID_DATE_RANGE", "start_time"),
        ({"status_code": "fine"}, "INVALID_FIELD_VALUE", "status_code"),
        ({"model": "a\0b"}, "INVALID_FIELD_VALUE", "model"),
    ],
)
def test_w41_what_cannot_be_exported_is_refused_by_name(request_, reason, field):
    request = export_pb2.CreateExportRequest(**({"format": "csv"} | request_ if request_ else {}))
    with pytest.raises(LoadcellError) as refused:
        read_export(request, NOW)
    assert (refused.value.reason, refused.value.field) == (reason, field)


def test_relative_times_count_from_the_time_the_job_was_made():
    day = 86_400_000_000
    assert time_bounds(asked(start_time="now-2d", end_time="now-1d").question.filter) == (
        NOW - 2 * day,
        NOW - day - 1,
    )
    assert time_bounds(asked().question.filter).last == NOW - 1


def test_nothing_given_means_all_fields_and_some_traces():
    found = asked()
    assert (found.limit, found.choice.compression, found.question.fields) == (DEFAULT_TRACES, "none", ())
    assert (found.question.sort.name, found.question.descending) == ("ts", False)


def test_fields_keep_their_order_and_may_be_joined():
    fields = asked(fields=["model,ts", "attributes.team"]).question.fields
    assert [(one.field.name, one.key) for one in fields] == [("model", None), ("ts", None), ("attributes", "team")]


def test_who_names_no_project_exports_all_there_are_to_see():
    assert read_scope("", Scope.everything()) == Scope.everything()
    assert read_scope("p", Scope.everything()) == Scope.of(["p"])
    assert read_scope("", Scope.of(["p", "q"])) == Scope.of(["p", "q"])
    assert read_scope("q", Scope.of(["p", "q"])) == Scope.of(["q"])
    for project, scope in (("q", Scope.of(["p"])), ("", Scope.of([])), ("p", Scope.of([]))):
        with pytest.raises(LoadcellError) as refused:
            read_scope(project, scope)
        assert (refused.value.reason, refused.value.field) == ("PROJECT_ACCESS_DENIED", "project_id")


def test_a_request_id_makes_one_job_in_each_project():
    request_id = str(uuid.uuid4())
    p, q = Scope.of("p"), Scope.of("q")
    assert read_job_id(request_id, p) == read_job_id(request_id.upper(), p) != read_job_id(request_id, q)
    assert read_job_id("", p) != read_job_id("", p)
    with pytest.raises(LoadcellError) as refused:
        read_job_id("x", p)
    assert (refused.value.reason, refused.value.field) == ("INVALID_FIELD_FORMAT", "request_id")
