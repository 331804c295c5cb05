"""What docs/traces.md shows can be asked."""

from __future__ import annotations

import json
import re
import shlex
from itertools import pairwise
from pathlib import Path

from google.protobuf.json_format import ParseDict

from controller.query.traces.parameters import ask, read_parameters
from controller.query.traces.requests import plain_search
from controller.query.traces.search import ask_search
from loadcell.v1 import trace_pb2

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "traces.md").read_text()
NOW = 1_790_000_000_000_000  # microseconds


def test_examples_are_questions():
    [block] = re.findall(r"^```\n(.*?)^```", PAGE, flags=re.MULTILINE | re.DOTALL)
    asked = []
    for command in re.split(r"^curl ", block, flags=re.MULTILINE)[1:]:
        words = shlex.split(command)
        data = [word for before, word in pairwise(words) if before == "-d"]
        if any(word.endswith("/search") for word in words):
            request = ParseDict(json.loads(data[0]), trace_pb2.SearchTracesRequest())
            asked.append(ask_search(plain_search(request), NOW))
        else:
            pairs = [parameter.split("=", 1) for parameter in data]
            assert {name for name, _ in pairs} <= set(trace_pb2.ListTracesRequest.DESCRIPTOR.fields_by_name)
            numbers = {"limit", "min_duration"}
            asked.append(
                ask(read_parameters({name: int(text) if name in numbers else text for name, text in pairs}), NOW)
            )
    assert len(asked) == 4
    assert all(question.filter is not None for question in asked)
