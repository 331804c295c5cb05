"""Metrics as they are at one moment, for a scrape: families of Prometheus in the order of a table of names."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from prometheus_client.samples import Exemplar

from loadcell.metric_names import MetricName
from loadcell.tally import Tally

_FAMILIES: dict[str, Any] = {
    "counter": CounterMetricFamily,
    "gauge": GaugeMetricFamily,
    "histogram": HistogramMetricFamily,
}
# What OpenMetrics leaves to an exemplar, less its label; of a longer one readers refuse the whole scrape.
_LONGEST_ID = 128 - len("request_id")


class Sheet:
    """Metric families being filled. Each is shown from its first sample on.

    Args:
        names: Metrics in the order in which they are shown.
    """

    def __init__(self, names: Iterable[MetricName]) -> None:
        self._names = tuple(names)
        self._families: dict[MetricName, Any] = {}

    def add(self, name: MetricName, labels: Sequence[str], value: float) -> None:
        """Add one sample of a counter or gauge."""
        self._family(name).add_metric(labels, value)

    def add_buckets(
        self, name: MetricName, labels: Sequence[str], bounds: Sequence[float], below: Sequence[int], total: float
    ) -> None:
        """Add one distribution: how many values are at most each bound, how many there are, and their sum."""
        edges = [*(str(float(bound)) for bound in bounds), "+Inf"]
        self._family(name).add_metric(labels, list(zip(edges, below, strict=True)), total)

    def add_tally(self, name: MetricName, labels: Sequence[str], tally: Tally) -> None:
        """Add one distribution, with the calls that are examples of its values where their ids can be shown."""
        buckets: list[tuple[str, float, Exemplar | None]] = []
        below = 0
        edges = (*(str(float(bound)) for bound in tally.bounds), "+Inf")
        for edge, count, example in zip(edges, tally.counts, tally.examples, strict=True):
            below += count
            shown = None
            if example is not None and len(example.request_id) <= _LONGEST_ID:
                shown = Exemplar({"request_id": example.request_id}, example.value, example.at)
            buckets.append((edge, below, shown))
        self._family(name).add_metric(labels, buckets, tally.sum)

    def _family(self, name: MetricName) -> Any:
        family = self._families.get(name)
        if family is None:
            family = self._families[name] = _FAMILIES[name.type](name.name, name.help, labels=name.labels)
        return family

    def __iter__(self) -> Iterator[Metric]:
        return (self._families[name] for name in self._names if name in self._families)


def show(registry: CollectorRegistry, names: Iterable[MetricName], fill: Callable[[Sheet], None]) -> None:
    """Let a registry show metrics that `fill` writes down at every scrape; whoever counts waits for nothing.

    A scrape may be on another thread than what is counted.
    """
    registry.register(_Part(tuple(names), fill))


class _Part(Collector):
    def __init__(self, names: Sequence[MetricName], fill: Callable[[Sheet], None]) -> None:
        self._names, self._fill = names, fill

    def collect(self) -> Iterable[Metric]:
        """Return what is to be shown now."""
        sheet = Sheet(self._names)
        self._fill(sheet)
        return sheet
