"""What traces show of the configuration of their run."""

from __future__ import annotations

import math

import pytest
from google.protobuf.struct_pb2 import Struct, Value

from controller.store.traces.objects import run_objects
from loadcell.v1 import result_pb2


def attributes(settings: Struct) -> dict[str, object]:
    config = result_pb2.RunConfig(framework="vllm", framework_config=settings)
    return run_objects(config.SerializeToString()).attributes


def nested(levels: int) -> Struct:
    settings = Struct()
    for _ in range(levels - 1):
        settings = Struct(fields={"a": Value(struct_value=settings)})
    return settings


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_numbers_that_are_not_finite_are_null_as_in_documents(number: float):
    settings = Struct(fields={"a": Value(number_value=number), "b": Value(number_value=4), "c": Value()})
    assert attributes(settings)["framework_config"] == {"a": None, "b": 4, "c": None}


def test_settings_that_are_too_deep_for_an_answer_are_left_out():
    assert "framework_config" in attributes(nested(20))
    for levels in (21, 32):
        assert attributes(nested(levels)) == {"project_id": "default", "framework": "vllm"}
