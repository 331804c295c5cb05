"""Lines of the text that Prometheus reads, of metrics that have labels and no exemplars.

The client library writes the rest; it looks at the name and at every label of each sample anew, which for the
thousands of samples of runs takes longer than all else of a scrape.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

from prometheus_client.utils import floatToGoString

from loadcell.metric_names import MetricName

_number: Callable[[float], str] = floatToGoString


class Lines:
    """What is shown of one thing.

    Attributes:
        text: Lines of samples by the name of their metric.
    """

    __slots__ = ("text",)

    def __init__(self) -> None:
        self.text: defaultdict[str, str] = defaultdict(str)

    def add(self, name: MetricName, labels: Sequence[str], value: float) -> None:
        """Add one sample of a counter or gauge."""
        self.text[name.name] += f"{name.name}{{{_pairs(name, labels)}}} {_number(value)}\n"

    def add_buckets(
        self, name: MetricName, labels: Sequence[str], bounds: Sequence[float], below: Sequence[int], total: float
    ) -> None:
        """Add one distribution: how many values are at most each bound, how many there are, and their sum."""
        pairs = _pairs(name, labels)
        edges = [*(str(float(bound)) for bound in bounds), "+Inf"]
        buckets = [
            f'{name.name}_bucket{{le="{edge}",{pairs}}} {_number(count)}\n'
            for edge, count in zip(edges, below, strict=True)
        ]
        self.text[name.name] += (
            f"{''.join(buckets)}"
            f"{name.name}_count{{{pairs}}} {_number(below[-1])}\n"
            f"{name.name}_sum{{{pairs}}} {_number(total)}\n"
        )


def exposition(names: Iterable[MetricName], parts: Iterable[Lines], *, openmetrics: bool) -> str:
    """Return the text of metrics in the order of their names, without the end that OpenMetrics wants."""
    shown: defaultdict[str, list[str]] = defaultdict(list)
    for part in parts:
        for name, lines in part.text.items():
            shown[name].append(lines)
    return "".join(_heading(name, openmetrics) + "".join(shown[name.name]) for name in names if name.name in shown)


def _heading(name: MetricName, openmetrics: bool) -> str:
    # To OpenMetrics the ending of a counter belongs to its samples only.
    family = name.name.removesuffix("_total") if openmetrics else name.name
    return f"# HELP {family} {name.help}\n# TYPE {family} {name.type}\n"


def _pairs(name: MetricName, labels: Sequence[str]) -> str:
    return ",".join(
        f'{label}="{_escaped(value)}"' for label, value in sorted(zip(name.labels, labels, strict=True))
    )


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")
