"""Judges whether the client was fit to measure (measurement.md, section 6). Pure: figures in, sentences out.

Each finding is one sentence with its number. `degraded` means the figures can be used with the finding in mind,
`client_limited` that some of them describe the load generator instead of the server. Every limit has a floor, so
that the unavoidable hiccups of a healthy machine, and servers that answer faster than any clock can judge, stay
clean.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from loadcell.stats.goodput import percent
from loadcell.stats.health import Health

CLEAN, DEGRADED, CLIENT_LIMITED = "clean", "degraded", "client_limited"
_SEVERITY = {CLEAN: 0, DEGRADED: 1, CLIENT_LIMITED: 2}

# A worker above this share of a core queues its own work: the throughput is its own, not the server's.
CPU_SHARE_LIMIT = 0.9
# Arrivals later than this (99th percentile) are no longer the arrivals that were asked for.
SCHEDULE_DELAY_LIMIT_MS = 10.0
# A closed loop is only as concurrent as its slots are busy: the delay must also be this share of a request.
SCHEDULE_DELAY_SHARE_OF_REQUEST = 0.1
# Shortfall of the achieved against the requested rate that is marked.
RATE_SHORTFALL_LIMIT = 0.01
# Poisson arrivals vary by themselves: so many standard deviations of the count are forgiven.
POISSON_DEVIATIONS = 3.0
# The delay of a read bounds the error of its stamp. It is judged relative to what is measured, the median time to
# first token, and only above a floor that any busy machine reaches.
CLIENT_DELAY_SHARE_DEGRADED = 0.1
CLIENT_DELAY_FLOOR_DEGRADED_MS = 5.0
CLIENT_DELAY_SHARE_LIMITED = 0.5
CLIENT_DELAY_FLOOR_LIMITED_MS = 20.0
# Reads of more than one event hide the gaps between them. They are the client's doing only when the server paces
# its events (gap above the floor) and the client was late by a good part of such a gap.
COALESCED_SHARE_DEGRADED = 0.05
COALESCED_SHARE_LIMITED = 0.25
PACED_GAP_FLOOR_MS = 1.0
COALESCING_DELAY_SHARE_OF_GAP = 0.5
# Longest stop of an event loop; receive stamps of the kernel do not feel a short one, stamps of user space do.
LOOP_LAG_LIMIT_MS = {"kernel": 200.0, "user": 50.0}
# Requests the load generator itself failed, in percent of all; a single one is already a finding.
CLIENT_FAILURES_LIMITED_PERCENT = 1.0
# Segments sent again, as a share of reads and at least this many: the network loses packets.
RETRANSMIT_SHARE_LIMIT = 0.01
RETRANSMIT_FLOOR = 10
OPEN_FILES_SHARE_LIMIT = 0.9
# Load that was held back for longer, all in all, is not the load that was asked for.
HELD_BACK_LIMIT_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Evidence:
    """All figures a verdict rests on; None where not measured.

    `event_gap_ms` is the typical time between payload events by the server's own pace: the median tpot times the
    tokens of an event, which coalesced reads do not distort. `schedule_delay_p99_ms` and `achieved_rate` leave out
    what requests waited for new connections, which is the server's and the network's doing: that is
    `connecting_p99_ms`. `window_seconds` is the length over which `achieved_rate` was counted.
    """

    health: Health
    timestamp_source: str = "kernel"
    ttft_p50_ms: float | None = None
    e2e_p50_ms: float | None = None
    event_gap_ms: float | None = None
    schedule_delay_p99_ms: float | None = None
    connecting_p99_ms: float | None = None
    open_loop: bool = False
    poisson: bool = False
    max_concurrency: int = 0
    requested_rate: float | None = None
    achieved_rate: float | None = None
    window_seconds: float = 0.0
    requests: int = 0
    client_failures: int = 0
    lost_agents: int = 0
    censored: int = 0


@dataclass(frozen=True, slots=True)
class Finding:
    """One reason to doubt the figures, or, with status clean, a remark on them."""

    status: str
    reason: str


def judge(evidence: Evidence) -> list[Finding]:
    """Return everything that is wrong with the client, worst first; a clean client has remarks at most."""
    findings = [
        *_cpu(evidence),
        *_rate(evidence),
        *_schedule(evidence),
        *_connecting(evidence),
        *_client_delay(evidence),
        *_coalescing(evidence),
        *_loop_lag(evidence),
        *_held_back(evidence),
        *_lost(evidence),
        *_resources(evidence),
    ]
    return sorted(findings, key=lambda f: -_SEVERITY[f.status])


def worst(statuses: list[str]) -> str:
    """Return the worst of some verdicts; clean when there are none."""
    return max(statuses, key=_SEVERITY.__getitem__, default=CLEAN)


def _cpu(e: Evidence) -> list[Finding]:
    if e.health.cpu_share <= CPU_SHARE_LIMIT:
        return []
    return [
        Finding(
            CLIENT_LIMITED,
            f"The busiest worker used {e.health.cpu_share:.0%} of a core (limit {CPU_SHARE_LIMIT:.0%}): "
            "the throughput is that of the load generator; use more workers or agents.",
        )
    ]


def _rate(e: Evidence) -> list[Finding]:
    if e.requested_rate is None or e.achieved_rate is None or e.window_seconds <= 0:
        return []
    wanted = e.requested_rate * e.window_seconds
    # One arrival may fall on either side of the end of the window.
    forgiven = RATE_SHORTFALL_LIMIT * wanted + 1
    if e.poisson:
        forgiven += POISSON_DEVIATIONS * math.sqrt(wanted)
    missing = wanted - e.achieved_rate * e.window_seconds
    if missing <= forgiven:
        return []
    because = (
        f"arrivals waited for one of {e.max_concurrency} slots"
        if e.max_concurrency
        else "the load generator did not keep up"
    )
    return [
        Finding(
            DEGRADED,
            f"{e.achieved_rate:.6g} requests/s were started of {e.requested_rate:.6g} asked for "
            f"({missing / wanted:.1%} too few): {because}.",
        )
    ]


def _schedule(e: Evidence) -> list[Finding]:
    delay = e.schedule_delay_p99_ms
    if delay is None or delay <= SCHEDULE_DELAY_LIMIT_MS:
        return []
    if not e.open_loop:
        if e.e2e_p50_ms is None or delay <= SCHEDULE_DELAY_SHARE_OF_REQUEST * e.e2e_p50_ms:
            return []
        return [
            Finding(
                DEGRADED,
                f"The 99th percentile of the time to refill a free slot is {delay:.1f} ms, "
                f"{delay / max(e.e2e_p50_ms, 1e-3):.0%} of a median request: "
                "fewer requests than planned were in flight.",
            )
        ]
    return [
        Finding(
            DEGRADED,
            f"The 99th percentile of the schedule delay is {delay:.1f} ms (limit {SCHEDULE_DELAY_LIMIT_MS:g} ms): "
            "requests were not sent when they were due; response_time includes the wait.",
        )
    ]


def _connecting(e: Evidence) -> list[Finding]:
    wait = e.connecting_p99_ms
    if wait is None or wait <= SCHEDULE_DELAY_LIMIT_MS:
        return []
    if not e.open_loop and (e.e2e_p50_ms is None or wait <= SCHEDULE_DELAY_SHARE_OF_REQUEST * e.e2e_p50_ms):
        return []
    return [
        Finding(
            CLEAN,
            f"Requests waited up to {wait:.1f} ms (99th percentile) for a new connection to the server: "
            "schedule_delay and response_time include that, ttft and e2e do not.",
        )
    ]


def _client_delay(e: Evidence) -> list[Finding]:
    delay, ttft = e.health.client_delay_p99_ms, e.ttft_p50_ms
    if ttft is None:
        return []
    if delay > max(CLIENT_DELAY_FLOOR_LIMITED_MS, CLIENT_DELAY_SHARE_LIMITED * ttft):
        status = CLIENT_LIMITED
    elif delay > max(CLIENT_DELAY_FLOOR_DEGRADED_MS, CLIENT_DELAY_SHARE_DEGRADED * ttft):
        status = DEGRADED
    else:
        return []
    return [
        Finding(
            status,
            f"Responses waited up to {delay:.1f} ms (99th percentile) in the client before they were read, "
            f"beside a median time to first token of {ttft:.1f} ms.",
        )
    ]


def _coalescing(e: Evidence) -> list[Finding]:
    gap, share, delay = e.event_gap_ms, e.health.coalesced_share, e.health.client_delay_p99_ms
    if gap is None or gap < PACED_GAP_FLOOR_MS or delay < COALESCING_DELAY_SHARE_OF_GAP * gap:
        return []
    if share <= COALESCED_SHARE_DEGRADED:
        return []
    return [
        Finding(
            CLIENT_LIMITED if share > COALESCED_SHARE_LIMITED else DEGRADED,
            f"{share:.0%} of reads returned more than one event although the server sends one every "
            f"{gap:.1f} ms: gaps between tokens (itl, icl) are distorted.",
        )
    ]


def _loop_lag(e: Evidence) -> list[Finding]:
    limit = LOOP_LAG_LIMIT_MS["kernel" if e.timestamp_source == "kernel" else "user"]
    if e.health.loop_lag_max_ms <= limit:
        return []
    return [
        Finding(
            DEGRADED,
            f"The event loop of a worker stood still for {e.health.loop_lag_max_ms:.0f} ms (limit {limit:g} ms).",
        )
    ]


def _held_back(e: Evidence) -> list[Finding]:
    causes = {
        "the controller had not taken earlier samples and there was no room left": e.health.uplink_full_seconds,
        "the controller did not answer and could have given the share to others": e.health.fenced_seconds,
    }
    return [
        Finding(DEGRADED, f"An agent held load back for {seconds:.1f} s because {cause}.")
        for cause, seconds in causes.items()
        if seconds > HELD_BACK_LIMIT_SECONDS
    ]


def _lost(e: Evidence) -> list[Finding]:
    findings = []
    if e.lost_agents:
        findings.append(Finding(DEGRADED, f"{e.lost_agents} agent(s) did not finish their share of the load."))
    if e.censored:
        findings.append(
            Finding(
                DEGRADED,
                f"The outcome of {e.censored} of {e.requests} requests is not known (CENSORED): "
                "an agent or a worker process ended before they did.",
            )
        )
    return findings


def _resources(e: Evidence) -> list[Finding]:
    health, findings = e.health, []
    if e.client_failures:
        share = percent(e.client_failures, e.requests) or 0.0
        findings.append(
            Finding(
                CLIENT_LIMITED if share > CLIENT_FAILURES_LIMITED_PERCENT else DEGRADED,
                f"The load generator itself failed {e.client_failures} of {e.requests} requests.",
            )
        )
    if health.open_files > OPEN_FILES_SHARE_LIMIT * health.open_files_limit > 0:
        findings.append(
            Finding(
                DEGRADED,
                f"A worker had {health.open_files} of {health.open_files_limit} file descriptors open.",
            )
        )
    if health.retransmits > max(RETRANSMIT_FLOOR, RETRANSMIT_SHARE_LIMIT * health.reads):
        findings.append(
            Finding(
                DEGRADED,
                f"{health.retransmits} TCP segments were sent again: the network to the target loses packets.",
            )
        )
    if health.clock_steps:
        findings.append(
            Finding(DEGRADED, f"The wall clock was stepped {health.clock_steps} time(s) and corrected for.")
        )
    return findings
