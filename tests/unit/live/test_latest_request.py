"""Of the requests of a batch, the one that ended last."""

from controller.live.latest import latest_request
from controller.live.level import LiveLevel
from controller.trace_ids import RequestKey, request_key
from loadcell.stats.columns import CENSORED, ERROR
from loadcell.stats.goodput import Objectives
from loadcell.v1 import sample_pb2, target_pb2
from tests.unit.stats.sample_rows import make_rows

START = 1_700_000_000_000_000


def of(*rows):
    return latest_request(7, 1, 9, make_rows(*rows), START)


def test_it_is_the_measured_request_that_ended_last():
    found = of(
        {"ordinal": 1, "start_offset_micros": 0, "e2e_micros": 900_000, "ttft_micros": 100_000},
        {"ordinal": 2, "start_offset_micros": 100_000, "e2e_micros": 200_000},
        {"ordinal": 3, "start_offset_micros": 800_000, "e2e_micros": 800_000, "warmup": 1},
        {"ordinal": 4, "start_offset_micros": 800_000, "e2e_micros": 800_000, "status": CENSORED},
    )
    assert request_key(found.trace_id) == RequestKey(7, 1, 0, 1, 9)
    assert (found.success, found.ttft_ms, found.e2e_ms) == (True, 100.0, 900.0)
    assert found.timestamp.ToMicroseconds() == START + 900_000
    assert not found.HasField("error_type")


def test_a_failure_says_its_class_and_no_more_than_is_known():
    timeout = {"status": ERROR, "error_class": sample_pb2.ERROR_CLASS_TIMEOUT}
    found = of({**timeout, "ttft_micros": -1, "e2e_micros": -1, "completion_tokens": -1})
    assert (found.success, found.error_type) == (False, "timeout")
    assert not any(found.HasField(name) for name in ("ttft_ms", "e2e_ms", "output_tokens"))


def test_there_may_be_none():
    assert of({"warmup": 1}) is None


def test_an_older_batch_changes_nothing_and_a_level_that_has_ended_shows_none():
    level = LiveLevel(target_pb2.LevelPlan(concurrency=1, request_count=9), Objectives())
    late, early = of({"start_offset_micros": 500}), of({"start_offset_micros": 100})
    for request in (late, early, None):
        level.note_latest(request)
    assert level.describe(0.0).latest_request == late
    level.finish(1.0)
    assert not level.describe(1.0).HasField("latest_request")
