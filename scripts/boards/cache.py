"""Cache: how many answers need not be computed, and what they take."""

from __future__ import annotations

from grafana_foundation_sdk.models.dashboard import Dashboard

from scripts.boards.layout import CONTROLLER, OF_CONTROLLER, Row, board
from scripts.boards.panels import THIRD, Limits, Query, graph, number
from scripts.boards.promql import per_second

_EFFECTIVE = Limits(warning=0.5, critical=0.2, low=True)


def make() -> Dashboard:
    """Return the board."""
    return board(
        "cache",
        "Cache",
        "How many answers to questions need not be computed, by kind, and what keeping them takes.",
        Row(
            "Now",
            (
                number(
                    "Kept answers",
                    "Share of the answers that may be kept and were, over 5 minutes.",
                    "percentunit",
                    Query("max(job:cache_hits:ratio_rate5m)", "hits"),
                    limits=_EFFECTIVE,
                    width=THIRD,
                ),
                number(
                    "Questions",
                    "Questions per second whose answers may be kept, over 5 minutes.",
                    "reqps",
                    Query("sum(job:cache_lookups:rate5m)", "questions"),
                    width=THIRD,
                ),
                number(
                    "Memory",
                    "What kept answers take in all controllers; none where Redis keeps them.",
                    "bytes",
                    Query("sum(cache_size_bytes)", "bytes"),
                    width=THIRD,
                ),
            ),
        ),
        Row(
            "By kind",
            (
                graph(
                    "Kept answers",
                    "Share of the answers that were kept, by kind of question, over 5 minutes.",
                    "percentunit",
                    Query("job_kind:cache_hits:ratio_rate5m", "{{kind}}"),
                    limits=_EFFECTIVE,
                ),
                graph(
                    "Answers computed",
                    "Questions per second whose answer was computed, by kind: what the database works for.",
                    "reqps",
                    Query(
                        per_second("cache_misses_total", OF_CONTROLLER, by="kind"),
                        "{{kind}}",
                    ),
                    stacked=True,
                ),
                graph(
                    "Answers kept",
                    "Questions per second whose answer was there, by kind.",
                    "reqps",
                    Query(
                        per_second("cache_hits_total", OF_CONTROLLER, by="kind"),
                        "{{kind}}",
                    ),
                    stacked=True,
                ),
                graph(
                    "Memory by controller",
                    "What kept answers take; at LOADCELL_CACHE_BYTES the oldest go.",
                    "bytes",
                    Query(f"sum by (instance) (cache_size_bytes{{{OF_CONTROLLER}}})", "{{instance}}"),
                ),
            ),
        ),
        choices=(CONTROLLER,),
    )
