"""Fleet: the agents, their load, their samples on the way, their clocks."""

from __future__ import annotations

from grafana_foundation_sdk.models.dashboard import Dashboard

from scripts.boards.layout import AGENT, OF_AGENT, Row, board
from scripts.boards.panels import THIRD, Limits, Query, graph, number
from scripts.boards.promql import free_disk, growth, per_second

_EACH = "{{instance}}"


def make() -> Dashboard:
    """Return the board."""
    return board(
        "fleet",
        "Fleet",
        "The agents: who is there, what they do, which samples are still with them, and how their clocks go.",
        Row(
            "Now",
            (
                *(
                    number(
                        f"Agents {state}",
                        f"Agents that are {state}, by what the controllers have heard of them.",
                        "none",
                        Query(f'sum(state:loadcell_agents:max{{state="{state}"}})', state),
                        limits=Limits(warning=1) if state == "lost" else Limits(),
                    )
                    for state in ("ready", "busy", "draining", "lost")
                ),
            ),
        ),
        Row(
            "Work",
            (
                graph(
                    "Requests in flight",
                    "Requests in flight by agent, by the workers' last word.",
                    "short",
                    Query(f"sum by (instance) (loadcell_agent_in_flight{{{OF_AGENT}}})", _EACH),
                    stacked=True,
                ),
                graph(
                    "Leases",
                    "Leases held by agent: also those that have ended and are not delivered.",
                    "short",
                    Query(f"sum by (instance) (loadcell_agent_leases{{{OF_AGENT}}})", _EACH),
                ),
                graph(
                    "Workers",
                    "Worker processes that can be given work, by agent.",
                    "short",
                    Query(f"sum by (instance) (loadcell_agent_workers{{{OF_AGENT}}})", _EACH),
                    width=THIRD,
                ),
                graph(
                    "Workers that died",
                    "Worker processes that died and were started again, in the time shown.",
                    "short",
                    Query(
                        growth("loadcell_agent_worker_restarts_total", OF_AGENT, by="instance"),
                        _EACH,
                    ),
                    width=THIRD,
                    limits=Limits(warning=1),
                ),
                graph(
                    "Registered",
                    "1 while the agent is registered with a controller.",
                    "short",
                    Query(f"min by (instance) (loadcell_agent_up_to_controller{{{OF_AGENT}}})", _EACH),
                    width=THIRD,
                    limits=Limits(critical=1, low=True),
                ),
            ),
        ),
        Row(
            "Samples on their way",
            (
                graph(
                    "Spool",
                    "Share of the spool that has samples the controller has not committed.",
                    "percentunit",
                    Query(f"instance:loadcell_agent_spool_used:ratio{{{OF_AGENT}}}", _EACH),
                    limits=Limits(warning=0.1, critical=0.8),
                ),
                graph(
                    "Batches not acknowledged",
                    "Batches that the controller has not committed, by agent.",
                    "short",
                    Query(f"sum by (instance) (loadcell_agent_unacknowledged_batches{{{OF_AGENT}}})", _EACH),
                ),
                graph(
                    "In memory alone",
                    "Samples that the spool does not take and the controller has not committed.",
                    "bytes",
                    Query(f"sum by (instance) (loadcell_agent_uplink_memory_bytes{{{OF_AGENT}}})", _EACH),
                    width=THIRD,
                ),
                graph(
                    "Load held back",
                    "Share of the time for which load was held back, for no batch could be taken.",
                    "percentunit",
                    Query(
                        per_second("loadcell_agent_held_back_seconds_total", OF_AGENT, by="instance"),
                        _EACH,
                    ),
                    width=THIRD,
                    limits=Limits(critical=0.001),
                ),
                graph(
                    "Batches lost",
                    "Batches that were damaged or missing in the spool, in the time shown.",
                    "short",
                    Query(
                        growth("loadcell_agent_lost_batches_total", OF_AGENT, by="instance"),
                        _EACH,
                    ),
                    width=THIRD,
                    limits=Limits(critical=1),
                ),
            ),
        ),
        Row(
            "Machines",
            (
                graph(
                    "Clock",
                    "How far the clock of an agent is from the controller's, without its sign, and how exactly"
                    " that is known.",
                    "s",
                    Query(f"max by (instance) (abs(loadcell_agent_clock_offset_seconds{{{OF_AGENT}}}))", _EACH),
                    Query(
                        f"max by (instance) (loadcell_agent_clock_uncertainty_seconds{{{OF_AGENT}}})",
                        "{{instance}} known to",
                    ),
                    limits=Limits(warning=1),
                ),
                graph(
                    "Processor",
                    "Processor time of the main process of an agent: 1 is a core of its own.",
                    "short",
                    Query(
                        per_second("process_cpu_seconds_total", OF_AGENT, by="instance"),
                        _EACH,
                    ),
                ),
                graph(
                    "Room on the disk",
                    "Share of the disk that is free where an agent has its spool.",
                    "percentunit",
                    Query(free_disk(OF_AGENT), _EACH),
                    limits=Limits(warning=0.15, critical=0.05, low=True),
                ),
                graph(
                    "Memory",
                    "Memory of the main process of an agent.",
                    "bytes",
                    Query(f"sum by (instance) (process_resident_memory_bytes{{{OF_AGENT}}})", _EACH),
                ),
            ),
        ),
        choices=(AGENT,),
    )
