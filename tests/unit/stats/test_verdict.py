"""The client verdict: no false alarm on a healthy client, a sentence with a number on a sick one."""

from dataclasses import replace
from typing import Any

import pytest

from loadcell.stats.health import Health, merge_health
from loadcell.stats.verdict import (
    CLEAN,
    CLIENT_LIMITED,
    DEGRADED,
    Evidence,
    Finding,
    judge,
    worst,
)

# A laptop that shares two cores with the server under test: hiccups, but nothing that moves a figure.
LAPTOP = Health(
    cpu_share=0.35,
    loop_lag_max_ms=60.0,
    client_delay_p99_ms=3.5,
    coalesced_share=0.03,
    late_arrivals=2,
    retransmits=3,
    open_files=500,
    open_files_limit=1024,
    reads=10_000,
)
NORMAL = Evidence(
    health=LAPTOP,
    ttft_p50_ms=80.0,
    e2e_p50_ms=2_000.0,
    event_gap_ms=20.0,
    schedule_delay_p99_ms=4.0,
    requests=100,
)


def sick(evidence: Evidence, **health: Any) -> Evidence:
    return replace(evidence, health=replace(evidence.health, **health))


@pytest.mark.parametrize(
    "healthy",
    [
        pytest.param(NORMAL, id="laptop"),
        pytest.param(replace(NORMAL, schedule_delay_p99_ms=40.0), id="start burst of a large closed loop"),
        pytest.param(
            sick(replace(NORMAL, ttft_p50_ms=1.0, event_gap_ms=0.01, e2e_p50_ms=1.5), coalesced_share=0.95),
            id="server that sends everything at once",
        ),
        pytest.param(
            sick(NORMAL, coalesced_share=0.6, client_delay_p99_ms=1.0), id="server or proxy that bundles events"
        ),
        pytest.param(
            replace(
                NORMAL, open_loop=True, poisson=True, requested_rate=10.0, achieved_rate=8.0, window_seconds=10
            ),
            id="chance of Poisson arrivals",
        ),
        pytest.param(
            replace(NORMAL, open_loop=True, requested_rate=1.0, achieved_rate=0.9, window_seconds=10.0),
            id="one arrival on the edge of the window",
        ),
        pytest.param(Evidence(health=Health()), id="nothing measured"),
    ],
)
def test_a_healthy_client_is_clean(healthy: Evidence) -> None:
    assert judge(healthy) == []


@pytest.mark.parametrize(
    ("evidence", "status", "number"),
    [
        (sick(NORMAL, cpu_share=0.97), CLIENT_LIMITED, "97%"),
        (sick(NORMAL, client_delay_p99_ms=12.0), DEGRADED, "12.0 ms"),
        (sick(NORMAL, client_delay_p99_ms=60.0), CLIENT_LIMITED, "60.0 ms"),
        (sick(NORMAL, coalesced_share=0.2, client_delay_p99_ms=15.0), DEGRADED, "20% of reads"),
        (sick(NORMAL, loop_lag_max_ms=350.0), DEGRADED, "350 ms"),
        (replace(sick(NORMAL, loop_lag_max_ms=80.0), timestamp_source="user"), DEGRADED, "80 ms"),
        (replace(NORMAL, open_loop=True, schedule_delay_p99_ms=25.0), DEGRADED, "25.0 ms"),
        (replace(NORMAL, schedule_delay_p99_ms=500.0), DEGRADED, "500.0 ms"),
        (
            replace(NORMAL, open_loop=True, requested_rate=100.0, achieved_rate=97.0, window_seconds=20.0),
            DEGRADED,
            "3.0% too few",
        ),
        (replace(NORMAL, client_failures=1, requests=1000), DEGRADED, "1 of 1000"),
        (replace(NORMAL, client_failures=20, requests=1000), CLIENT_LIMITED, "20 of 1000"),
        (replace(NORMAL, lost_agents=1), DEGRADED, "1 agent"),
        (replace(NORMAL, censored=3, requests=1000), DEGRADED, "3 of 1000"),
        (sick(NORMAL, uplink_full_seconds=2.5), DEGRADED, "2.5 s because the controller had not taken"),
        (sick(NORMAL, fenced_seconds=1.5), DEGRADED, "1.5 s because the controller did not answer"),
        (sick(NORMAL, open_files=1000), DEGRADED, "1000 of 1024"),
        (sick(NORMAL, retransmits=500), DEGRADED, "500 TCP segments"),
        (sick(NORMAL, clock_steps=1), DEGRADED, "1 time"),
    ],
)
def test_M17_a_limit_of_the_client_is_named_with_its_number(evidence: Evidence, status: str, number: str) -> None:
    findings = judge(evidence)
    assert findings[0].status == status
    assert any(number in f.reason for f in findings)
    assert all(f.reason.endswith(".") for f in findings)


def test_heavy_coalescing_limits() -> None:
    findings = judge(sick(NORMAL, coalesced_share=0.5, client_delay_p99_ms=15.0))
    assert findings[0] == Finding(CLIENT_LIMITED, findings[0].reason)
    assert "50% of reads" in findings[0].reason


def test_a_shortfall_under_a_cap_names_the_cap() -> None:
    capped = replace(
        NORMAL,
        open_loop=True,
        max_concurrency=8,
        requested_rate=100.0,
        achieved_rate=50.0,
        window_seconds=10.0,
    )
    assert "one of 8 slots" in judge(capped)[0].reason


@pytest.mark.parametrize("open_loop", [True, False])
def test_slow_connections_are_named_and_are_not_the_clients_fault(open_loop: bool) -> None:
    (remark,) = judge(replace(NORMAL, open_loop=open_loop, connecting_p99_ms=250.0))
    assert remark.status == CLEAN
    assert "up to 250.0 ms (99th percentile) for a new connection" in remark.reason


def test_connections_that_took_little_are_not_worth_a_word() -> None:
    assert judge(replace(NORMAL, open_loop=True, connecting_p99_ms=9.0)) == []
    assert judge(replace(NORMAL, connecting_p99_ms=150.0)) == []  # of requests of two seconds


def test_worst() -> None:
    assert worst([]) == CLEAN
    assert worst([CLEAN, CLIENT_LIMITED, DEGRADED]) == CLIENT_LIMITED


def test_merged_health_weighs_shares_by_reads_and_keeps_the_fullest_worker() -> None:
    a = Health(cpu_share=0.5, coalesced_share=0.1, reads=300, open_files=90, open_files_limit=100, retransmits=1)
    b = Health(cpu_share=0.2, coalesced_share=0.5, reads=100, open_files=95, open_files_limit=1000, retransmits=2)
    merged = merge_health([a, b])
    assert merged == merge_health([b, a])
    assert merged.coalesced_share == pytest.approx(0.2)
    assert (merged.cpu_share, merged.reads, merged.retransmits) == (0.5, 400, 3)
    assert (merged.open_files, merged.open_files_limit) == (90, 100)
    assert merge_health([]) == Health()


def test_step_of_the_clock_that_every_worker_saw_is_one() -> None:
    assert merge_health([Health(clock_steps=1), Health(clock_steps=1), Health()]).clock_steps == 1
