"""What a PromQL expression gives: the labels of its series, worked out from those of the metrics it reads.

Whatever could never answer is a WrongQueryError: a metric or a label that nobody makes, a rate of a gauge, two
sides of an operator whose labels are unlike, so that no series would find its other one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import promql_parser as promql

from loadcell.metric_names import MetricName

TARGET = frozenset({"job", "instance"})
_OF_COUNTERS = {"rate", "irate", "increase"}
_OF_GAUGES = {"delta", "deriv", "predict_linear", "idelta"}
_KEEP = {"topk", "bottomk"}
_SETS = {"and", "or", "unless"}


class WrongQueryError(AssertionError):
    """An expression that is no PromQL, or that could never answer."""


@dataclass(frozen=True)
class Series:
    """What is known of the series of one name."""

    labels: frozenset[str]
    counts: bool = False
    """Whether it only grows."""


@dataclass
class Catalog:
    """Every series there is, by the job that makes it."""

    jobs: dict[str, dict[str, Series]] = field(default_factory=dict)
    recorded: dict[str, Series] = field(default_factory=dict)

    def add_job(self, job: str, metrics: Iterable[MetricName]) -> None:
        """Take what a job serves; Prometheus adds up."""
        made = self.jobs[job] = {"up": Series(TARGET)}
        for metric in metrics:
            labels = TARGET | set(metric.labels)
            if metric.type != "histogram":
                made[metric.name] = Series(labels, counts=metric.type == "counter")
                continue
            made[f"{metric.name}_bucket"] = Series(labels | {"le"}, counts=True)
            made[f"{metric.name}_sum"] = made[f"{metric.name}_count"] = Series(labels, counts=True)

    def find(self, selector: promql.VectorSelector) -> Series:
        """Return what a selector reads: of several jobs, what holds for all of them."""
        name, wanted = selector.name or "", only(selector, "job")
        if name in self.recorded:
            return self.recorded[name]
        if wanted is not None and wanted not in self.jobs:
            raise WrongQueryError(f"there is no job {wanted}")
        jobs = [self.jobs[wanted]] if wanted is not None else self.jobs.values()
        found = [made[name] for made in jobs if name in made]
        if not found:
            raise WrongQueryError(f"nobody makes {name}" + (f" in the job {wanted}" if wanted else ""))
        return Series(frozenset.intersection(*(one.labels for one in found)), counts=found[0].counts)


def labels_of(text: str, catalog: Catalog) -> frozenset[str]:
    """Return the labels that the series of an expression have."""
    try:
        parsed = promql.parse(text)
    except ValueError as error:
        raise WrongQueryError(f"{error}: {text}") from None
    try:
        return _labels(parsed, catalog) or frozenset()
    except WrongQueryError as error:
        raise WrongQueryError(f"{error}: {text}") from None


def selectors_in(text: str) -> list[promql.VectorSelector]:
    """Return every selector of an expression."""
    found: list[promql.VectorSelector] = []

    def look(node: promql.Expr) -> None:
        if isinstance(node, promql.VectorSelector):
            found.append(node)

    promql.walk(promql.parse(text), look)
    return found


def names_in(text: str) -> set[str]:
    """Return the names of all series that an expression reads."""
    return {selector.name or "" for selector in selectors_in(text)}


def _labels(node: Any, catalog: Catalog) -> frozenset[str] | None:
    """Return the labels of a part; None for a number."""
    match node:
        case promql.ParenExpr() | promql.UnaryExpr() | promql.SubqueryExpr():
            return _labels(node.expr, catalog)
        case promql.VectorSelector() | promql.MatrixSelector():
            return _selected(getattr(node, "vector_selector", node), catalog)
        case promql.AggregateExpr():
            return _aggregated(node, catalog)
        case promql.Call():
            return _called(node, catalog)
        case promql.BinaryExpr():
            return _combined(node, catalog)
        case promql.NumberLiteral() | promql.StringLiteral():
            return None
    raise WrongQueryError(f"{type(node).__name__} is not known here")


def _selected(selector: promql.VectorSelector, catalog: Catalog) -> frozenset[str]:
    labels = catalog.find(selector).labels
    _has(labels, [matcher.name for matcher in selector.matchers.matchers])
    return labels


def _aggregated(node: promql.AggregateExpr, catalog: Catalog) -> frozenset[str]:
    inner = _labels(node.expr, catalog) or frozenset()
    if str(node.op) in _KEEP:
        return inner
    if node.modifier is None:
        return frozenset()
    _has(inner, node.modifier.labels)
    named = frozenset(node.modifier.labels)
    return named if node.modifier.type == promql.AggModifierType.By else inner - named


def _called(node: promql.Call, catalog: Catalog) -> frozenset[str] | None:
    name = node.func.name
    for argument in node.args:
        if isinstance(argument, promql.MatrixSelector):
            counts = catalog.find(argument.vector_selector).counts
            if (name in _OF_COUNTERS and not counts) or (name in _OF_GAUGES and counts):
                raise WrongQueryError(f"{name} is not for {argument.vector_selector.name}")
    vectors = [labels for argument in node.args if (labels := _labels(argument, catalog)) is not None]
    if name == "absent":
        return frozenset(matcher.name for matcher in node.args[0].matchers.matchers)
    if name == "histogram_quantile":
        _has(vectors[0], ["le"])
        return vectors[0] - {"le"}
    if name in {"time", "scalar"}:
        return None
    return vectors[0] if vectors else frozenset()


def _combined(node: promql.BinaryExpr, catalog: Catalog) -> frozenset[str] | None:
    left, right = _labels(node.lhs, catalog), _labels(node.rhs, catalog)
    if left is None or right is None:
        return right if left is None else left
    modifier = node.modifier
    matching = modifier.matching if modifier is not None else None
    if matching is None:
        if left != right:
            raise WrongQueryError(f"{sorted(left)} never meets {sorted(right)} by {node.op}")
        return left
    named = frozenset(matching.labels)
    on = matching.type == promql.LabelModifierType.Include
    _has(left & right if on else left | right, named)
    if not on and left - named != right - named:
        raise WrongQueryError(f"{sorted(left - named)} never meets {sorted(right - named)} by {node.op}")
    if str(node.op) in _SETS:
        return left
    if modifier.card == promql.VectorMatchCardinality.ManyToOne:
        return left | frozenset(modifier.group_labels or ())
    return named if on else left - named


def _has(labels: frozenset[str], wanted: Iterable[str]) -> None:
    for name in wanted:
        if name not in labels:
            raise WrongQueryError(f"there is no label {name}, only {sorted(labels)}")


def only(selector: promql.VectorSelector, label: str) -> str | None:
    """Return the one value of a label that a selector is for; None for any."""
    for matcher in selector.matchers.matchers:
        if matcher.name == label and matcher.op == promql.MatchOp.Equal:
            return matcher.value
    return None
