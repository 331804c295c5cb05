"""How much each case does: variables of make, for example `make bench-throughput REQUESTS=2000 ROUNDS=1`."""

from __future__ import annotations

from dataclasses import dataclass

from loadcell.settings import integer, setting, text


@dataclass(frozen=True)
class Sizes:
    """Sizes; the defaults are those of the published figures."""

    rounds: int = setting(3, parse=integer(1, 99), names=("ROUNDS",), doc="Rounds; the median counts.")
    requests: int = setting(
        20_000, parse=integer(64, 100_000_000), names=("REQUESTS",), doc="Requests of the throughput cases."
    )
    accuracy_requests: int = setting(
        2_000, parse=integer(400, 1_000_000), names=("ACCURACY_REQUESTS",), doc="Streams of the accuracy case."
    )
    seconds: int = setting(20, parse=integer(1, 86_400), names=("DURATION",), doc="Length of the pacing case.")
    memory_requests: int = setting(
        1_000_000,
        parse=integer(1_000, 100_000_000),
        names=("MEMORY_REQUESTS",),
        doc="Requests of the memory case.",
    )
    fleet_agents: int = setting(
        1_000, parse=integer(1, 15_000), names=("FLEET_AGENTS",), doc="Simulated agents of the idle case."
    )
    idle_seconds: int = setting(
        15, parse=integer(1, 3_600), names=("IDLE_SECONDS",), doc="Length of a round of the idle case."
    )
    ingest_rows: int = setting(
        1_000_000, parse=integer(8_000, 100_000_000), names=("INGEST_ROWS",), doc="Samples of the ingest cases."
    )
    loss_seconds: int = setting(
        25, parse=integer(20, 3_600), names=("LOSS_SECONDS",), doc="Length of the run that loses an agent."
    )
    fleet_seconds: int = setting(
        6, parse=integer(1, 3_600), names=("FLEET_SECONDS",), doc="Length of a run of the fleet's pacing case."
    )
    traces: int = setting(
        5_000_000, parse=integer(100_000, 1_000_000_000), names=("ROWS",), doc="Traces of the query cases."
    )
    questions: int = setting(
        100, parse=integer(10, 100_000), names=("QUESTIONS",), doc="Different questions of each shape of query."
    )
    kept: str = setting(
        "",
        parse=text,
        names=("KEPT",),
        doc="Database of the query and gateway cases, a path or URL: filled when it is empty, kept afterwards.",
    )
    gateway_traces: int = setting(
        1_000_000,
        parse=integer(100_000, 1_000_000_000),
        names=("GATEWAY_ROWS",),
        doc="Traces of the gateway cases.",
    )
    gateway_seconds: int = setting(
        5, parse=integer(1, 3_600), names=("GATEWAY_SECONDS",), doc="Length of a round of the gateway cases."
    )
    gateway_watchers: int = setting(
        1_000, parse=integer(1, 20_000), names=("GATEWAY_WATCHERS",), doc="WebSockets that watch one run."
    )
    web_updates: int = setting(
        36_000,
        parse=integer(100, 1_000_000),
        names=("WEB_UPDATES",),
        doc="Updates of the live page, ten a second.",
    )
    web_requests: int = setting(
        100_000, parse=integer(100, 10_000_000), names=("WEB_REQUESTS",), doc="Requests of the report."
    )
