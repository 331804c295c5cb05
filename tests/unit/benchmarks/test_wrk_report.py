"""What wrk prints, as figures."""

from __future__ import annotations

import pytest

from benchmarks.wrk import Load, read_report

REPORT = """Running 4s test @ http://127.0.0.1:57002/
  1 threads and 16 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency    55.72ms   24.54ms 157.51ms   75.72%
    Req/Sec   293.56    113.40   510.00     64.00%
  Latency Distribution
     50%  853.00us
     75%   64.74ms
     90%   86.52ms
     99%    1.20s
  1462 requests in 5.01s, 61.82MB read
Requests/sec:    291.69
Transfer/sec:     12.33MB
"""


def test_rate_and_latencies_are_read_in_their_units():
    assert read_report(REPORT) == Load(rate=291.69, p50=pytest.approx(0.853), p99=1_200.0)


@pytest.mark.parametrize(
    "line", ["  Socket errors: connect 0, read 0, write 0, timeout 2", "  Non-2xx or 3xx responses: 746"]
)
def test_figures_with_failures_are_none(line):
    with pytest.raises(ValueError, match=line.strip()):
        read_report(f"{REPORT}{line}\n")


def test_nothing_is_no_figure():
    with pytest.raises(ValueError, match="neither"):
        read_report("")
