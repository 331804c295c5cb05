"""What several boards ask: rates and quantiles of what was chosen."""

from __future__ import annotations

from scripts.boards.panels import Query

_QUANTILES = {"p50": 0.5, "p95": 0.95, "p99": 0.99}


def per_second(name: str, selector: str, *, by: str = "") -> str:
    """Return the PromQL of how fast a counter grows, for each value of the labels in `by`."""
    return f"{_sum(by)}(rate({name}{{{selector}}}[$__rate_interval]))"


def growth(name: str, selector: str, *, by: str) -> str:
    """Return the PromQL of by how much a counter has grown at each point of a graph."""
    return f"{_sum(by)}(increase({name}{{{selector}}}[$__rate_interval]))"


def quantile(name: str, share: float, selector: str, *, by: str = "") -> str:
    """Return the PromQL of a quantile of the histogram `name`, for each value of the labels in `by`."""
    buckets = per_second(f"{name}_bucket", selector, by=f"le, {by}" if by else "le")
    return f"histogram_quantile({share:g}, {buckets})"


def quantiles(name: str, selector: str, *, by: str = "", exemplars: bool = False) -> list[Query]:
    """Return p50, p95 and p99 of a histogram, for each value of the label `by`."""
    legend = f" {{{{{by}}}}}" if by else ""
    return [
        Query(quantile(name, share, selector, by=by), word + legend, exemplars and word == "p99")
        for word, share in _QUANTILES.items()
    ]


def free_disk(selector: str) -> str:
    """Return the PromQL of which share of its disk each process has left."""
    return f"loadcell_disk_free_bytes{{{selector}}} / loadcell_disk_size_bytes{{{selector}}}"


def _sum(by: str) -> str:
    return f"sum by ({by}) " if by else "sum"
