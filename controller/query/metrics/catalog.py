"""The metrics: what each means, its unit, how it can be summed up, and where its numbers come from."""

from __future__ import annotations

from dataclasses import dataclass

from loadcell.errors import LoadcellError

PERCENTS = {"p50": 50, "p90": 90, "p95": 95, "p99": 99}
AGGREGATIONS = ("avg", "sum", "min", "max", "count", *PERCENTS)
_ALIASES = {"average": "avg", "total": "sum", "minimum": "min", "maximum": "max", "median": "p50"}

DIMENSIONS = ("provider", "model", "environment", "status_code", "user_id", "session_id", "service_name")
FILTERS = (*DIMENSIONS, "operation_type")


@dataclass(frozen=True, slots=True)
class Source:
    """Where the values of a metric with a distribution come from.

    Attributes:
        requests: columns of single requests whose known parts add up to the value; negative is unknown.
        unit: what one of the metric is in these columns, microseconds or nano-USD.
        sum: column of rollups with the sum.
        only_ok: whether requests that failed have no value.
        count: column of rollups that counts the values, if there is one.
        extremes: columns of rollups with the smallest and the largest value, if there are any.
        sketch: column of rollups with the distribution, if there is one.
    """

    requests: tuple[str, ...]
    unit: int
    sum: str
    only_ok: bool = False
    count: str | None = None
    extremes: tuple[str, str] | None = None
    sketch: str | None = None


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric; the first aggregation is the default. One without a source is derived from counts."""

    name: str
    description: str
    unit: str
    aggregations: tuple[str, ...]
    source: Source | None = None


_MICROS, _NANO = 1_000, 1_000_000_000
_COUNT = ("sum", "count")
_SUM_FIRST = ("sum", "avg", "min", "max", "count", *PERCENTS)

_TABLE = (
    Metric("request_count", "Requests that ended well or failed.", "requests", _COUNT),
    Metric(
        "duration",
        "Time from sending a request to the last generated token, of successful requests.",
        "milliseconds",
        AGGREGATIONS,
        Source(
            ("e2e_micros",),
            _MICROS,
            "duration_sum",
            only_ok=True,
            count="ok_count",
            extremes=("duration_min", "duration_max"),
            sketch="durations",
        ),
    ),
    Metric(
        "total_cost",
        "Cost of prompts and completions where it is known.",
        "usd",
        _SUM_FIRST,
        Source(("prompt_cost", "completion_cost"), _NANO, "cost_sum", sketch="costs"),
    ),
    Metric(
        "prompt_cost",
        "Cost of prompts where it is known.",
        "usd",
        _SUM_FIRST,
        Source(("prompt_cost",), _NANO, "prompt_cost"),
    ),
    Metric(
        "completion_cost",
        "Cost of completions where it is known.",
        "usd",
        _SUM_FIRST,
        Source(("completion_cost",), _NANO, "completion_cost"),
    ),
    Metric(
        "total_tokens",
        "Tokens of prompts and completions where they are known.",
        "tokens",
        _SUM_FIRST,
        Source(("prompt_tokens", "completion_tokens"), 1, "token_sum", sketch="tokens"),
    ),
    Metric(
        "prompt_tokens",
        "Tokens of prompts where they are known.",
        "tokens",
        _SUM_FIRST,
        Source(("prompt_tokens",), 1, "prompt_tokens"),
    ),
    Metric(
        "completion_tokens",
        "Tokens of completions where they are known.",
        "tokens",
        _SUM_FIRST,
        Source(("completion_tokens",), 1, "completion_tokens"),
    ),
    Metric("error_count", "Requests that failed.", "requests", _COUNT),
    Metric("success_count", "Requests that ended well.", "requests", _COUNT),
    Metric("error_rate", "Failed requests over all.", "ratio", ("avg",)),
    Metric("success_rate", "Successful requests over all.", "ratio", ("avg",)),
    Metric(
        "throughput", "Requests over the time of the point that was asked for.", "requests_per_second", ("avg",)
    ),
    Metric(
        "time_to_first_token",
        "Time from sending a request to its first generated token, of successful requests.",
        "milliseconds",
        AGGREGATIONS,
        Source(("ttft_micros",), _MICROS, "ttft_sum", only_ok=True, count="ttft_count", sketch="ttfts"),
    ),
    Metric("unique_users", "Different end users.", "users", ("count",)),
    Metric("unique_sessions", "Different sessions.", "sessions", ("count",)),
)

METRICS = {metric.name: metric for metric in _TABLE}


@dataclass(frozen=True, slots=True)
class Measure:
    """A metric and the way it is summed up."""

    metric: Metric
    aggregation: str

    @property
    def needs_requests(self) -> bool:
        """Whether rollups cannot answer it, whatever is asked."""
        source = self.metric.source
        return source is not None and source.sketch is None and self.aggregation != "sum"


def find_metric(name: str, where: str) -> Metric:
    """Return the metric of a name; `where` names the place in the request for the error.

    Raises:
        LoadcellError: MISSING_REQUIRED_FIELD or INVALID_FIELD_VALUE.
    """
    if not name:
        raise LoadcellError(
            "MISSING_REQUIRED_FIELD", f"{where} is missing; known: {', '.join(METRICS)}", field=where
        )
    if name not in METRICS:
        raise LoadcellError(
            "INVALID_FIELD_VALUE",
            f"there is no metric {name[:64]!r}; known: {', '.join(METRICS)}",
            field=where,
        )
    return METRICS[name]


def find_aggregation(name: str, where: str) -> str | None:
    """Return the aggregation of a word in any case, None for an empty one.

    Raises:
        LoadcellError: INVALID_FIELD_VALUE.
    """
    word = name.strip().lower()
    word = _ALIASES.get(word, word)
    if word and word not in AGGREGATIONS:
        raise LoadcellError(
            "INVALID_FIELD_VALUE",
            f"there is no aggregation {name[:64]!r}; known: {', '.join([*AGGREGATIONS, *_ALIASES])}",
            field=where,
        )
    return word or None
