"""Live metrics of the controller as Prometheus metric families, but for those of runs (`gateway.metrics.runs`)."""

from __future__ import annotations

from prometheus_client.metrics_core import Metric

from gateway.metrics import names
from loadcell.metric_sheet import Sheet
from loadcell.v1 import fleet_pb2


def families(live: fleet_pb2.GetLiveMetricsResponse | None) -> list[Metric]:
    """Return the metric families of live metrics; without them only that the controller is down."""
    sheet = Sheet(names.CONTROLLER_METRICS)
    sheet.add(names.CONTROLLER_UP, (), int(live is not None))
    if live is not None:
        for state in sorted(live.agent_counts):
            sheet.add(names.AGENTS, (state,), live.agent_counts[state])
        for status in sorted(live.run_counts):
            sheet.add(names.RUNS, (status,), live.run_counts[status])
        sheet.add(names.BATCHES, (), live.batches_committed)
        sheet.add(names.DUPLICATES, (), live.batches_duplicate)
        sheet.add(names.SAMPLES, (), live.samples_committed)
    return list(sheet)
