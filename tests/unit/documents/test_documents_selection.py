"""Paths in documents: what they name, and what they do not."""

from __future__ import annotations

import pytest

from loadcell.documents import read_paths
from loadcell.documents.selection import MAX_PATHS
from loadcell.errors import LoadcellError
from loadcell.v1 import cost_pb2, run_pb2, trace_pb2

RUN, ITEM, TRACE = run_pb2.Run.DESCRIPTOR, cost_pb2.CostAttributionItem.DESCRIPTOR, trace_pb2.Trace.DESCRIPTOR
COMPARED = run_pb2.CompareRunsResponse.DESCRIPTOR


@pytest.mark.parametrize(
    ("message", "texts", "wanted"),
    [
        (RUN, [], {}),
        (RUN, [" , "], {}),
        (RUN, ["run_id, status", "model"], {"run_id": {}, "status": {}, "model": {}}),
        (RUN, ["config.seed,config.model"], {"config": {"seed": {}, "model": {}}}),
        (RUN, ["config.seed", "config"], {"config": {}}),
        (RUN, ["config", "config.seed"], {"config": {}}),
        (RUN, ["labels.k8s.io/zone"], {"labels": {"k8s.io/zone": {}}}),
        (TRACE, ["feedback.score", "attributes.a.b"], {"feedback": {"score": {}}, "attributes": {"a.b": {}}}),
        (ITEM, ["by_model.gpt-4.1"], {"by_model": {"gpt-4.1": {}}}),
        (COMPARED, ["by_concurrency.10"], {"by_concurrency": {"10": {}}}),
    ],
)
def test_paths_go_through_lists_and_maps(message, texts, wanted):
    assert read_paths(texts, message) == wanted


@pytest.mark.parametrize(
    ("message", "path", "nearest"),
    [
        (RUN, "modle", "model"),
        (RUN, "config.sed", "seed"),
        (RUN, "model.x", "nothing to choose"),
        (RUN, "started_at.seconds", "nothing to choose"),
        (RUN, "labels.", "nothing to choose"),
        (RUN, "config.", "nearest there"),
        (RUN, ".", "nearest there"),
        (RUN, "x" * 1_000, "nearest there"),
        (RUN, "config.api_key", "nearest there"),
        (COMPARED, "by_concurrency.10.spedup", "nearest there"),
        (None, "anything", "nothing to choose"),
    ],
)
def test_W46_what_does_not_exist_is_refused_with_the_nearest_names(message, path, nearest):
    with pytest.raises(LoadcellError) as refused:
        read_paths(["run_id" if message is RUN else "", path], message)
    assert (refused.value.reason, refused.value.field) == ("UNKNOWN_FIELD", "fields")
    assert nearest in refused.value.message
    assert repr(path[:64]) in refused.value.message
    assert len(refused.value.message) < 300


def test_what_does_not_exist_can_be_left_to_others():
    assert read_paths(["model", "metadata.team"], TRACE, skip_unknown=True) == {"model": {}}


def test_too_many_are_refused():
    with pytest.raises(LoadcellError) as refused:
        read_paths([f"f{n}" for n in range(MAX_PATHS + 1)], RUN)
    assert (refused.value.reason, refused.value.field) == ("LIMIT_EXCEEDED", "fields")
