"""Advice about the cost, speed and quality of the requests of a period."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from controller.query.metrics.evaluate import evaluate_with_total
from controller.query.metrics.narrowed import read_narrowed
from controller.query.metrics.totals import measure, value
from controller.scope import Scope
from controller.store.database import Connection
from loadcell.stats.advice import (
    Advice,
    Figures,
    Thresholds,
    cost_advice,
    overall_score,
    performance_advice,
    quality_advice,
)
from loadcell.v1 import metrics_pb2

_MEASURES = [measure("total_cost", "avg"), measure("total_cost", "sum"), measure("duration", "avg")]


def get_optimization(
    connection: Connection,
    request: metrics_pb2.GetOptimizationRequest,
    scope: Scope,
    now: int,
    thresholds: Thresholds,
) -> metrics_pb2.GetOptimizationResponse:
    """Return advice about a period; the mean cost is that of the requests whose price is known.

    Raises:
        LoadcellError: a parameter is wrong, and named.
    """
    question = replace(read_narrowed(request, scope, now).question, width=None)
    _, total = evaluate_with_total(connection, question, _MEASURES)
    cost = value(total, "total_cost", "avg")
    figures = Figures(
        avg_cost_usd=cost,
        total_cost_usd=None if cost is None else value(total, "total_cost", "sum"),
        avg_latency_ms=value(total, "duration", "avg"),
        error_rate=value(total, "error_rate", "avg"),
    )
    response = metrics_pb2.GetOptimizationResponse()
    data = response.data
    _fill(data.cost_optimizations, cost_advice(figures, thresholds))
    _fill(data.performance_optimizations, performance_advice(figures, thresholds))
    _fill(data.quality_optimizations, quality_advice(figures, thresholds))
    score = overall_score(figures, thresholds)
    if score is not None:
        data.overall_score = score
    # An answer with nothing to do is an answer as well.
    data.SetInParent()
    return response


def _fill(recommendations: Any, advice: list[Advice]) -> None:
    for one in advice:
        recommendations.add(
            title=one.title,
            description=one.description,
            impact=one.impact,
            potential_savings=one.potential_savings_usd,
            effort=one.effort,
            priority=one.priority,
        )
