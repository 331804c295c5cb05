"""Which events reach a subscriber."""

from __future__ import annotations

import math

import pytest

from controller.events.kinds import KINDS, make_event
from controller.events.wanted import read_wanted
from controller.scope import Scope
from loadcell.errors import LoadcellError
from loadcell.v1 import event_pb2

TRACE = event_pb2.TraceEvent(
    trace_id="ab", provider="openai", model="m", environment="e", user_id="u", cost_usd=0.5, duration_ms=100
)
DATA = {
    "trace_created": TRACE,
    "trace_updated": TRACE,
    "run_state": event_pb2.RunStateEvent(status="failed", provider="openai", model="m", environment="e"),
    "metric_threshold": event_pb2.MetricThresholdEvent(provider="openai", model="m", environment="e"),
    "cost_threshold": event_pb2.CostThresholdEvent(provider="openai", model="m"),
    "export_job_status": event_pb2.ExportJobEvent(job_id="j"),
    "system_alert": event_pb2.SystemAlertEvent(message="!"),
}


def event(kind: str = "trace_created", project: str = "p"):
    return make_event(kind, project, DATA[kind], 1_700_000_000_000_000)


def wanted(scope: Scope | None = None, **request):
    return read_wanted(event_pb2.SubscribeRequest(**request), scope or Scope.everything())


def test_data_says_where_and_when_it_happened():
    message = event().message
    assert (message.event_type, message.trace.project_id, message.trace.org_id) == ("trace_created", "p", "p")
    assert message.timestamp.seconds == message.trace.timestamp.seconds == 1_700_000_000


@pytest.mark.parametrize("kind", KINDS)
def test_w42_a_subscription_gets_the_kinds_it_names_and_no_others(kind):
    assert [k for k in KINDS if wanted(events=[kind]).fits(event(k))] == [kind]


@pytest.mark.parametrize(
    ("filters", "fitting"),
    [
        ({}, set(KINDS)),
        ({"provider": "openai"}, set(KINDS) - {"export_job_status", "system_alert"}),
        ({"provider": "other"}, set()),
        ({"model": "m"}, set(KINDS) - {"export_job_status", "system_alert"}),
        ({"environment": "e"}, {"trace_created", "trace_updated", "run_state", "metric_threshold"}),
        ({"user_id": "u"}, {"trace_created", "trace_updated"}),
        ({"min_cost": 0.5}, {"trace_created", "trace_updated"}),
        ({"min_cost": 0.51}, set()),
        ({"min_cost": 0.0}, {"trace_created", "trace_updated"}),
        ({"min_duration_ms": 100}, {"trace_created", "trace_updated"}),
        ({"min_duration_ms": 100.1}, set()),
        ({"project_id": "p"}, set(KINDS)),
        ({"project_id": "q"}, set()),
        ({"model": "m", "min_cost": 0.1, "user_id": "u"}, {"trace_created", "trace_updated"}),
        ({"model": "m", "min_cost": 0.1, "user_id": "other"}, set()),
    ],
)
def test_all_conditions_hold_and_fail_for_events_without_the_value(filters, fitting):
    asked = wanted(events=KINDS, filters=event_pb2.EventFilter(**filters))
    assert {kind for kind in KINDS if asked.fits(event(kind))} == fitting


def test_events_of_other_projects_are_not_seen_but_what_concerns_everybody_is():
    mine = wanted(Scope.of(["p"]), events=KINDS)
    assert [mine.fits(event(project=project)) for project in ("p", "q", "")] == [True, False, True]
    every = event("export_job_status", "")  # of all projects, not of none
    assert (mine.fits(every), wanted(events=KINDS).fits(every)) == (False, True)
    nobody = wanted(Scope.of([]), events=KINDS)
    assert [nobody.fits(event(project=project)) for project in ("p", "q", "")] == [False, False, True]


@pytest.mark.parametrize(
    ("request_", "reason", "field"),
    [
        ({}, "MISSING_REQUIRED_FIELD", "events"),
        ({"events": ["trace_created", "no"]}, "INVALID_FIELD_VALUE", "events"),
        ({"filters": {"min_cost": -1}}, "INVALID_FIELD_VALUE", "filters.min_cost"),
        ({"filters": {"min_duration_ms": math.nan}}, "INVALID_FIELD_VALUE", "filters.min_duration_ms"),
        ({"filters": {"user_id": "a\0b"}}, "INVALID_FIELD_VALUE", "filters.user_id"),
        ({"filters": {"model": "m" * 1_025}}, "INVALID_FIELD_VALUE", "filters.model"),
        ({"filters": {"project_id": "q"}}, "PROJECT_ACCESS_DENIED", "filters.project_id"),
    ],
)
def test_what_cannot_be_wanted_is_refused_by_name(request_, reason, field):
    if "filters" in request_:
        request_ = {"events": ["run_state"], "filters": event_pb2.EventFilter(**request_["filters"])}
    with pytest.raises(LoadcellError) as refused:
        wanted(Scope.of(["p"]), **request_)
    assert (refused.value.reason, refused.value.field) == (reason, field)
