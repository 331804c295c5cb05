"""Success, failures and feedback of a period."""

from __future__ import annotations

from controller.query.metrics.error_kinds import error_kinds
from controller.query.metrics.evaluate import evaluate_with_total
from controller.query.metrics.narrowed import read_narrowed
from controller.query.metrics.question import Needs
from controller.query.metrics.seconds import newest_seconds
from controller.query.metrics.spans import Edge
from controller.query.metrics.totals import measure, value, whole
from controller.scope import Scope
from controller.store.database import Connection
from controller.store.metrics_feedback import read_feedback
from controller.store.rollup_reading import read_contexts
from loadcell.v1 import metrics_pb2

_POINT = [measure("request_count", "sum"), measure("success_rate", "avg"), measure("error_rate", "avg")]


def get_quality(
    connection: Connection, request: metrics_pb2.GetQualityRequest, scope: Scope, now: int
) -> metrics_pb2.GetQualityResponse:
    """Return success, failures and feedback of a period; feedback belongs to when its request began.

    Raises:
        LoadcellError: a parameter is wrong, and named; LIMIT_EXCEEDED, there are too many points.
    """
    asked = read_narrowed(request, scope, now, Needs(classes=True))
    question = asked.question
    figures, total = evaluate_with_total(connection, question, _POINT)
    if asked.raw:
        figures = newest_seconds(connection, question, _POINT)
    response = metrics_pb2.GetQualityResponse()
    data = response.data
    data.total_requests = whole(total, "request_count", "sum")
    data.successful_requests = whole(total, "success_count", "sum")
    data.failed_requests = whole(total, "error_count", "sum")
    if data.total_requests:
        data.success_rate = value(total, "success_rate", "avg") or 0.0
        data.error_rate = value(total, "error_rate", "avg") or 0.0
    contexts = read_contexts(connection, question.scope, question.filters, ())
    feedback = read_feedback(connection, Edge(question.period.start, question.period.end), contexts)
    if feedback.mean_score is not None:
        data.avg_feedback_score = feedback.mean_score
    if feedback.resolved + feedback.unresolved:
        data.resolution_rate = feedback.resolved / (feedback.resolved + feedback.unresolved)
    for kind in error_kinds(connection, question, total.failures):
        data.error_breakdown.add(
            error_type=kind.name, count=kind.count, percentage=kind.percentage, sample_message=kind.message
        )
    counts, succeeded, failed = (figures.measure(one).tolist() for one in _POINT)
    for number, time in enumerate(figures.time.tolist()):
        point = data.time_series.add(
            request_count=int(counts[number]), success_rate=succeeded[number], error_rate=failed[number]
        )
        point.timestamp.FromMicroseconds(time)
    return response
