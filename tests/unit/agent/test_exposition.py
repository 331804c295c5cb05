"""Counters out of a page in the Prometheus text format."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.exposition import read_series
from loadcell.mockserver.behavior import Behavior
from loadcell.mockserver.counters import Counters
from loadcell.mockserver.dialect import CHAT_PATH, Completion, read_ask

PAGE = rb"""# HELP vllm:request_success_total Count of successfully processed requests.
# TYPE vllm:request_success_total counter
vllm:request_success_total{engine="0",finished_reason="stop",model_name="a\"b\\c\n{x},"} 1.0
vllm:request_success_total{engine="1", finished_reason="stop",} 2e3 1700000000000
vllm_generation_tokens_total 7
vllm:request_success_created{engine="0"} 1.7e9
vllm:num_requests_running 3
process_start_time_seconds 1.7e+09
"""


def test_known_counters_are_read_with_their_labels():
    found = read_series(PAGE)
    assert [(one.name, dict(one.labels), one.value) for one in found] == [
        (
            "vllm:request_success_total",
            {"engine": "0", "finished_reason": "stop", "model_name": 'a"b\\c\n{x},'},
            1.0,
        ),
        ("vllm:request_success_total", {"engine": "1", "finished_reason": "stop"}, 2000.0),
        ("vllm_generation_tokens_total", {}, 7.0),
        ("process_start_time_seconds", {}, 1.7e9),
    ]


@pytest.mark.parametrize(
    "line",
    [
        b"vllm:request_success_total",
        b"vllm:request_success_total NaN",
        b"vllm:request_success_total +Inf",
        b"vllm:request_success_total -1",
        b"vllm:request_success_total many",
        b'vllm:request_success_total{engine="0" 1',
        b"vllm:request_success_total{engine=0} 1",
        b'vllm:request_success_total{engine="' + b"x" * 5_000 + b'"} 1',
        b"\xff\xfe",
    ],
)
def test_a_malformed_line_is_passed_over(line):
    assert [one.value for one in read_series(line + b"\nvllm:generation_tokens_total 7\n")] == [7.0]


def test_more_series_than_one_server_can_have():
    page = b"".join(b'vllm:generation_tokens_total{n="%d"} 1\n' % n for n in range(2_001))
    with pytest.raises(ValueError, match="more than 2,000 series"):
        read_series(page)


def test_labels_that_are_too_long_together():
    labels = ",".join(f'l{n}="{"x" * 250}"' for n in range(14))
    page = "".join(f'vllm:generation_tokens_total{{n="{n}",{labels}}} 1\n' for n in range(400))
    with pytest.raises(ValueError, match="or more than a megabyte"):
        read_series(page.encode())


@given(st.binary(max_size=200))
def test_any_bytes_are_read(rest):
    assert isinstance(read_series(b"vllm:request_success_total{" + rest), list)


def test_the_page_of_the_mock_server_is_read_as_it_was_meant():
    behavior = Behavior(models=('m"\\',))
    counters = Counters()
    ask = read_ask(behavior, CHAT_PATH, rb'{"model": "m\"\\", "messages": ["hi"], "max_tokens": 3}')
    for _ in range(2):
        response = Completion(behavior, ask, 0, 0, empty=False)
        counters.first_token(response, 0.25)
        counters.end(response)
    truth = {one.name.removeprefix("vllm:"): one for one in read_series(counters.page(1.0))}
    assert {name: one.value for name, one in truth.items()} == {
        "request_success_total": 2,
        "generation_tokens_total": 6,
        "time_to_first_token_seconds_sum": 0.5,
        "time_to_first_token_seconds_count": 2,
    }
    assert dict(truth["request_success_total"].labels) == {"model_name": 'm"\\', "finished_reason": "length"}
    assert [one.value for one in read_series(counters.page(0.5))] == [1, 3, 0.25, 2]
