"""The table of trace fields, and what may be selected."""

from __future__ import annotations

import pytest

from controller.query.traces.fields import ALIASES, FIELDS, Group, find, find_path, sort_field
from controller.query.traces.selection import Selected, read_include, read_selection
from loadcell.errors import LoadcellError

# The documented whitelists of the trace service whose clients are to work here.
FILTERS = (
    "ts trace_id span_id parent_span_id provider model input_text output_text prompt_tokens completion_tokens "
    "total_tokens input_cost_usd output_cost_usd total_cost_usd duration_ms time_to_first_token_ms status_code "
    "error_message user_id session_id environment tags metadata project_id operation_type latency_ms "
    "tokens_per_second model_parameters"
)
SORTS = (
    "ts trace_id span_id provider model duration_ms ttft_ms total_cost_usd total_tokens status_code environment"
)


def test_W34_every_documented_filter_is_a_field_that_can_be_asked_for():
    assert len(FILTERS.split()) == 28
    assert all(find(name, "field").filterable for name in FILTERS.split())


def test_the_documented_sorts_and_no_others():
    assert {name for name, field in FIELDS.items() if field.sortable} == set(SORTS.split())
    assert sort_field("time_to_first_token_ms", "sort_by") is FIELDS["ttft_ms"]


def test_W17_nothing_but_a_field_of_the_table_is_sorted_by():
    for name in ("ts; DROP TABLE traces", "ts desc", "", "TS", "user_id"):
        with pytest.raises(LoadcellError) as refused:
            sort_field(name, "sort_by")
        assert refused.value.field == "sort_by"


def test_aliases_name_fields_and_are_none():
    assert set(ALIASES.values()) <= set(FIELDS)
    assert not set(ALIASES) & set(FIELDS)


def test_a_path_goes_into_objects_only():
    assert find_path("metadata.k8s.io/zone", "f") == (FIELDS["attributes"], "k8s.io/zone")
    assert find_path("model", "f") == (FIELDS["model"], None)
    for path in ("model.name", "attributes.", "nothing.at.all", ""):
        with pytest.raises(LoadcellError) as refused:
            find_path(path, "f")
        assert (refused.value.reason, refused.value.field) == ("UNKNOWN_FIELD", "f")


def test_W31_a_selection_names_each_field_once_and_the_whole_holds_its_keys():
    attributes, model = FIELDS["attributes"], FIELDS["model"]
    assert read_selection(["model", "attributes.a", "model", "metadata.a"]) == (
        Selected(model),
        Selected(attributes, "a"),
    )
    assert read_selection(["attributes.a", "model", "metadata"]) == (Selected(model), Selected(attributes))
    assert read_selection([]) == ()


def test_an_unknown_selection_is_named():
    with pytest.raises(LoadcellError) as refused:
        read_selection(["model", "cost"])
    assert (refused.value.reason, refused.value.field) == ("UNKNOWN_FIELD", "fields")
    assert "'cost'" in refused.value.message
    with pytest.raises(LoadcellError) as refused:
        read_selection(f"attributes.{number}" for number in range(101))
    assert refused.value.reason == "LIMIT_EXCEEDED"


def test_includes_are_known():
    assert read_include(["feedback", "children", "feedback"]) == ("children", "feedback")
    with pytest.raises(LoadcellError) as refused:
        read_include(["grandchildren"])
    assert refused.value.field == "include"


def test_every_group_has_a_field():
    assert {field.group for field in FIELDS.values()} == set(Group)
