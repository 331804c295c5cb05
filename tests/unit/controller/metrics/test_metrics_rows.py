"""Rows of answers: what they hold, and that they fit into a message."""

from __future__ import annotations

import numpy as np
import pytest

from controller.query.metrics.answer_rows import add_rows, time_texts
from loadcell.documents import render
from loadcell.errors import LoadcellError
from loadcell.v1 import metrics_pb2


def test_a_row_has_a_key_for_the_time_each_dimension_and_each_metric():
    message = metrics_pb2.MetricsData()
    times = np.array([1_767_225_600_000_000, 1_767_225_660_000_001])
    columns = [("duration", np.array([1.5, np.nan])), ("request_count", np.array([2.0, 3.0]))]
    add_rows(message.data, times, [("m", None), ("n", "ann")], ("model", "user_id"), columns)
    assert render(message)["data"] == [
        {"timestamp": "2026-01-01T00:00:00Z", "model": "m", "user_id": None, "duration": 1.5, "request_count": 2},
        {"timestamp": time_texts(times)[1], "model": "n", "user_id": "ann", "duration": None, "request_count": 3},
    ]


def test_rows_that_do_not_fit_are_refused():
    count = 100_000
    columns = [(f"metric_{number}", np.zeros(count)) for number in range(80)]
    with pytest.raises(LoadcellError) as refused:
        add_rows(metrics_pb2.MetricsData().data, np.zeros(count, np.int64), [()] * count, (), columns)
    assert (refused.value.reason, refused.value.field) == ("LIMIT_EXCEEDED", "interval")
