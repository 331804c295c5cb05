"""For every method of the contract a request about the project alpha, by what others are told."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from google.protobuf.message import Message

from loadcell.v1 import (
    analysis_pb2,
    auth_pb2,
    cost_pb2,
    event_pb2,
    export_pb2,
    metrics_pb2,
    model_pb2,
    recommend_pb2,
    run_pb2,
    trace_pb2,
)
from tests.integration.security.project_world import PEAK, World

Make = Callable[[World], Awaitable[Message]]
LATELY = {"start_time": "now-1d", "end_time": "now"}
SELECTED = [metrics_pb2.MetricSelection(metric="request_count", aggregation="count", alias="n")]


def about(make: Callable[[World], Message]) -> Make:
    """A request that names what is there; any number of callers may make it."""

    async def made(world: World) -> Message:
        return make(world)

    return made


def fresh(make: Callable[..., Message], create: Callable[[World], Awaitable[str]]) -> Make:
    """A request that ends what it names, which is made for it."""

    async def made(world: World) -> Message:
        return make(await create(world))

    return made


# Name something of alpha: for others it is not there.
NAMED: dict[str, Make] = {
    "CostService/GetBudget": about(lambda w: cost_pb2.GetBudgetRequest(budget_id=w.budget_id)),
    "CostService/UpdateBudget": about(lambda w: cost_pb2.UpdateBudgetRequest(budget_id=w.budget_id, amount=2.0)),
    "CostService/DeleteBudget": fresh(
        lambda one: cost_pb2.DeleteBudgetRequest(budget_id=one), lambda w: w.budget("alpha")
    ),
    "CostService/GetBudgetHistory": about(lambda w: cost_pb2.GetBudgetHistoryRequest(budget_id=w.budget_id)),
    "ExportService/GetExportJob": about(lambda w: export_pb2.GetExportJobRequest(job_id=w.job_id)),
    "ExportService/CancelExportJob": about(lambda w: export_pb2.CancelExportJobRequest(job_id=w.job_id)),
    "ExportService/DownloadExport": about(lambda w: export_pb2.DownloadExportRequest(job_id=w.job_id)),
    "RecommendService/GetRecommendation": about(
        lambda w: recommend_pb2.GetRecommendationRequest(run_id=w.recommendation_id)
    ),
    "RecommendService/GetRecommendationResult": about(
        lambda w: recommend_pb2.GetRecommendationResultRequest(run_id=w.recommendation_id)
    ),
    "RecommendService/DeleteRecommendation": fresh(
        lambda one: recommend_pb2.DeleteRecommendationRequest(run_id=one), lambda w: w.recommendation("alpha")
    ),
    "RunService/GetRun": about(lambda w: run_pb2.GetRunRequest(run_id=w.run_ids[0])),
    "RunService/UpdateRun": about(lambda w: run_pb2.UpdateRunRequest(run_id=w.run_ids[0], notes="mine")),
    "RunService/CancelRun": fresh(lambda one: run_pb2.CancelRunRequest(run_id=one), lambda w: w.run("alpha")),
    "RunService/DeleteRun": fresh(lambda one: run_pb2.DeleteRunRequest(run_id=one), lambda w: w.run("alpha")),
    "RunService/WatchRun": about(lambda w: run_pb2.WatchRunRequest(run_id=w.run_ids[0])),
    "RunService/GetRunResult": about(lambda w: run_pb2.GetRunResultRequest(run_id=w.run_ids[0])),
    "RunService/GetRunTimeline": about(lambda w: run_pb2.GetRunTimelineRequest(run_id=w.run_ids[0])),
    "RunService/CompareRuns": about(lambda w: run_pb2.CompareRunsRequest(run_ids=w.run_ids)),
    "RunService/ExportRunResult": about(
        lambda w: run_pb2.ExportRunResultRequest(run_id=w.run_ids[0], format="json")
    ),
    "RunService/AnalyzeRun": about(lambda w: analysis_pb2.AnalyzeRunRequest(run_id=w.run_ids[0])),
    "RunService/DownloadRunResult": about(lambda w: run_pb2.DownloadRunResultRequest(run_id=w.run_ids[0])),
    "TraceService/GetTrace": about(lambda w: trace_pb2.GetTraceRequest(trace_id=w.trace_id)),
    "TraceService/WriteFeedback": about(lambda w: trace_pb2.WriteFeedbackRequest(trace_id=w.trace_id, score=1.0)),
}

# Ask for alpha by its name: others are refused.
ASKED: dict[str, Make] = {
    "AuthService/GetProject": about(lambda _: auth_pb2.GetProjectRequest(project_id="alpha")),
    "AuthService/SetProject": about(lambda _: auth_pb2.SetProjectRequest(project_id="alpha")),
    "CostService/GetCostSummary": about(lambda _: cost_pb2.GetCostSummaryRequest(project_id="alpha")),
    "CostService/GetCostAttribution": about(
        lambda _: cost_pb2.GetCostAttributionRequest(project_id="alpha", dimension="team", **LATELY)
    ),
    "CostService/GetCostForecast": about(lambda _: cost_pb2.GetCostForecastRequest(project_id="alpha")),
    "CostService/GetCostAnalytics": about(lambda _: cost_pb2.GetCostAnalyticsRequest(project_id="alpha")),
    "CostService/GetCostBreakdown": about(lambda _: cost_pb2.GetCostBreakdownRequest(project_id="alpha")),
    "CostService/CreateBudget": about(
        lambda _: cost_pb2.CreateBudgetRequest(
            project_id="alpha",
            name="b",
            amount=1.0,
            period="daily",
            threshold_type="percentage",
            warning_threshold=50.0,
            critical_threshold=90.0,
        )
    ),
    "CostService/ListBudgets": about(lambda _: cost_pb2.ListBudgetsRequest(project_id="alpha")),
    "EventService/Subscribe": about(
        lambda _: event_pb2.SubscribeRequest(
            events=["run_state"], filters=event_pb2.EventFilter(project_id="alpha")
        )
    ),
    "ExportService/CreateExport": about(
        lambda _: export_pb2.CreateExportRequest(format="csv", project_id="alpha")
    ),
    "ExportService/ListExportJobs": about(lambda _: export_pb2.ListExportJobsRequest(project_id="alpha")),
    "MetricsService/GetMetrics": about(
        lambda _: metrics_pb2.GetMetricsRequest(metrics=["request_count"], project_id="alpha")
    ),
    "MetricsService/GetMetricsSummary": about(lambda _: metrics_pb2.GetMetricsSummaryRequest(project_id="alpha")),
    "MetricsService/QueryMetrics": about(
        lambda _: metrics_pb2.QueryMetricsRequest(metrics=SELECTED, interval="1hour", project_id="alpha", **LATELY)
    ),
    "MetricsService/GetPerformance": about(lambda _: metrics_pb2.GetPerformanceRequest(project_id="alpha")),
    "MetricsService/GetQuality": about(lambda _: metrics_pb2.GetQualityRequest(project_id="alpha")),
    "MetricsService/GetOptimization": about(lambda _: metrics_pb2.GetOptimizationRequest(project_id="alpha")),
    "ModelService/ListModels": about(lambda _: model_pb2.ListModelsRequest(project_id="alpha")),
    "ModelService/GetModel": about(lambda _: model_pb2.GetModelRequest(model_id="m", project_id="alpha")),
    "ModelService/GetModelUsage": about(
        lambda _: model_pb2.GetModelUsageRequest(model_id="m", project_id="alpha")
    ),
    "ModelService/CompareModels": about(
        lambda _: model_pb2.CompareModelsRequest(models=["m", "n"], project_id="alpha")
    ),
    "RecommendService/CreateRecommendation": about(
        lambda _: recommend_pb2.CreateRecommendationRequest(
            server_url="http://127.0.0.1:9", project_id="alpha", workload=PEAK, validate_only=True
        )
    ),
    "RunService/CheckTarget": about(
        lambda _: run_pb2.CheckTargetRequest(server_url="http://127.0.0.1:9", project_id="alpha")
    ),
    "RunService/CreateRun": about(
        lambda _: run_pb2.CreateRunRequest(
            server_url="http://127.0.0.1:9", model="m", project_id="alpha", validate_only=True
        )
    ),
    "RunService/ListRuns": about(lambda _: run_pb2.ListRunsRequest(project_id="alpha")),
    "TraceService/ListTraces": about(lambda _: trace_pb2.ListTracesRequest(project_id="alpha")),
}

# About no project; they are called with an empty message, which does no harm.
OF_NO_PROJECT = frozenset(
    {
        "AgentService/Session",
        "AgentService/StreamSamples",
        "AgentService/GetAsset",
        "AuthService/GetCaller",
        "AuthService/CreateApiKey",
        "AuthService/ListApiKeys",
        "AuthService/RotateApiKey",
        "AuthService/RevokeApiKey",
        "AuthService/IssueToken",
        "AuthService/RefreshToken",
        "AuthService/RevokeToken",
        "AuthService/CreateTicket",
        "AuthService/UseTicket",
        "AuthService/ListAuditLog",
        "CostService/ListPricing",
        "CostService/SetPricing",
        "FleetService/ListAgents",
        "FleetService/GetAgent",
        "FleetService/DrainAgent",
        "FleetService/CreateAgentToken",
        "FleetService/ListAgentTokens",
        "FleetService/RevokeAgentToken",
        "MetricsService/GetMetric",
        "RunService/UploadAsset",
    }
)

# What an answer to a question that names no project, or things of several, is about: a number that adds up over
# projects.
COUNTED: dict[str, tuple[dict[str, Any] | Callable[[World], dict[str, Any]], Callable[[Any], float]]] = {
    "AuthService/ListProjects": ({}, lambda a: a.total + len(a.projects)),
    "CostService/GetCostSummary": ({}, lambda a: a.data.overview.total_requests),
    "CostService/GetCostAttribution": (
        {"dimension": "provider", **LATELY},
        lambda a: a.data.summary.total_requests,
    ),
    "CostService/GetCostAnalytics": ({}, lambda a: a.data.request_count),
    "CostService/GetCostBreakdown": ({}, lambda a: sum(item.request_count for item in a.data.by_model)),
    "CostService/ListBudgets": ({}, lambda a: a.pagination.total + len(a.data)),
    "ExportService/ListExportJobs": ({}, lambda a: a.pagination.total + len(a.data)),
    "FleetService/GetLiveMetrics": ({}, lambda a: len(a.runs) + sum(a.run_counts.values())),
    "MetricsService/GetMetrics": (
        {"metrics": ["request_count"]},
        lambda a: sum(row["request_count"] for row in a.data.data),
    ),
    "MetricsService/GetMetricsSummary": ({}, lambda a: a.data.current_period.total_requests),
    "MetricsService/QueryMetrics": (
        {"metrics": SELECTED, "interval": "1hour", **LATELY},
        lambda a: sum(row["n"] for row in a.data.data),
    ),
    "MetricsService/GetPerformance": ({}, lambda a: a.data.request_count),
    "MetricsService/GetQuality": ({}, lambda a: a.data.total_requests),
    "ModelService/ListModels": ({}, lambda a: sum(model.request_count for model in a.data)),
    "ModelService/GetModelUsage": ({"model_id": "m"}, lambda a: a.data.request_count),
    "ModelService/CompareModels": (
        {"models": ["m", "n"]},
        lambda a: sum(model.metrics.request_count for model in a.data.models),
    ),
    "RunService/BatchGetRuns": (
        lambda w: {"run_ids": [w.run_ids[0], w.run_id_of_beta]},
        lambda a: len(a.runs),
    ),
    "RunService/ListRuns": ({}, lambda a: a.total + len(a.runs)),
    "TraceService/BatchGetTraces": (
        lambda w: {"trace_ids": [w.trace_id, w.trace_id_of_beta]},
        lambda a: len(a.data),
    ),
    "TraceService/ListTraces": ({}, lambda a: len(a.data)),
    "TraceService/SearchTraces": ({}, lambda a: len(a.data)),
}
