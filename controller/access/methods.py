"""What each method asks for: one table, and nothing is permitted that is not in it."""

from __future__ import annotations

from typing import Final

from google.protobuf import descriptor_pool

# Served to everybody: health, which tells nothing else, and what carries a credential itself.
OPEN: Final = frozenset({"AuthService/RefreshToken", "AuthService/UseTicket"})
OPEN_SERVICES: Final = ("/grpc.health.v1.Health/",)
# Served to everybody who was let in.
ANYBODY: Final = frozenset(
    f"AuthService/{name}" for name in ("GetCaller", "IssueToken", "RevokeToken", "CreateTicket")
)
ANYBODY_SERVICES: Final = ("/grpc.reflection.v1alpha.ServerReflection/", "/grpc.reflection.v1.ServerReflection/")

PERMISSIONS: Final[dict[str, str]] = {
    "AgentService/Session": "agents:connect",
    "AgentService/StreamSamples": "agents:connect",
    "AgentService/GetAsset": "agents:connect",
    "AuthService/CreateApiKey": "keys:write",
    "AuthService/ListApiKeys": "keys:read",
    "AuthService/RotateApiKey": "keys:write",
    "AuthService/RevokeApiKey": "keys:write",
    "AuthService/ListAuditLog": "audit:read",
    "AuthService/ListProjects": "projects:read",
    "AuthService/GetProject": "projects:read",
    "AuthService/SetProject": "projects:write",
    "CostService/GetCostSummary": "costs:read",
    "CostService/GetCostAttribution": "costs:read",
    "CostService/GetCostForecast": "costs:read",
    "CostService/GetCostAnalytics": "costs:read",
    "CostService/GetCostBreakdown": "costs:read",
    "CostService/ListPricing": "costs:read",
    "CostService/SetPricing": "prices:write",
    "CostService/CreateBudget": "costs:write",
    "CostService/ListBudgets": "costs:read",
    "CostService/GetBudget": "costs:read",
    "CostService/UpdateBudget": "costs:write",
    "CostService/DeleteBudget": "costs:write",
    "CostService/GetBudgetHistory": "costs:read",
    "EventService/Subscribe": "events:read",
    "ExportService/CreateExport": "exports:create",
    "ExportService/ListExportJobs": "exports:read",
    "ExportService/GetExportJob": "exports:read",
    "ExportService/CancelExportJob": "exports:cancel",
    "ExportService/DownloadExport": "exports:download",
    "FleetService/ListAgents": "agents:read",
    "FleetService/GetAgent": "agents:read",
    "FleetService/DrainAgent": "agents:drain",
    "FleetService/CreateAgentToken": "agents:enrol",
    "FleetService/ListAgentTokens": "agents:enrol",
    "FleetService/RevokeAgentToken": "agents:enrol",
    "FleetService/GetLiveMetrics": "agents:read",
    "MetricsService/GetMetrics": "metrics:read",
    "MetricsService/GetMetric": "metrics:read",
    "MetricsService/GetMetricsSummary": "metrics:read",
    "MetricsService/QueryMetrics": "metrics:read",
    "MetricsService/GetPerformance": "metrics:read",
    "MetricsService/GetQuality": "metrics:read",
    "MetricsService/GetOptimization": "metrics:read",
    "ModelService/ListModels": "models:read",
    "ModelService/GetModel": "models:read",
    "ModelService/GetModelUsage": "models:read",
    "ModelService/CompareModels": "models:read",
    "RecommendService/CreateRecommendation": "runs:create",
    "RecommendService/GetRecommendation": "runs:read",
    "RecommendService/GetRecommendationResult": "runs:read",
    "RecommendService/DeleteRecommendation": "runs:delete",
    "RunService/AnalyzeRun": "runs:read",
    "RunService/BatchGetRuns": "runs:read",
    "RunService/CheckTarget": "runs:create",
    "RunService/CreateRun": "runs:create",
    "RunService/GetRun": "runs:read",
    "RunService/ListRuns": "runs:read",
    "RunService/UpdateRun": "runs:update",
    "RunService/CancelRun": "runs:cancel",
    "RunService/DeleteRun": "runs:delete",
    "RunService/WatchRun": "runs:read",
    "RunService/GetRunResult": "runs:read",
    "RunService/GetRunTimeline": "runs:read",
    "RunService/CompareRuns": "runs:read",
    "RunService/ExportRunResult": "runs:read",
    "RunService/DownloadRunResult": "runs:read",
    "RunService/UploadAsset": "runs:create",
    "TraceService/BatchGetTraces": "traces:read",
    "TraceService/ListTraces": "traces:read",
    "TraceService/SearchTraces": "traces:read",
    "TraceService/GetTrace": "traces:read",
    "TraceService/WriteFeedback": "feedback:write",
}

NAMES: Final = frozenset({*PERMISSIONS, *ANYBODY, *OPEN})
_PACKAGE = "/loadcell.v1."
CARRY_CREDENTIALS: Final = frozenset(_PACKAGE + name for name in OPEN)

# What the first load tester gave to everybody, when LOADCELL_PUBLIC_READS asks for it.
PUBLIC_READS: Final = frozenset(
    _PACKAGE + name for name, permission in PERMISSIONS.items() if permission == "runs:read"
)


def short_name(method: str) -> str:
    """Return "Service/Method" of the full name of one of our methods, any other as it is."""
    return method.removeprefix(_PACKAGE)


def named(text: str) -> str:
    """Return the name that calls are kept by of a method: of ours "Service/Method", which "Method" will do for.

    Raises:
        ValueError: There is no such method.
    """
    if text.startswith((*OPEN_SERVICES, *ANYBODY_SERVICES)):
        return text
    name = short_name(text)
    found = [one for one in NAMES if name in (one, one.partition("/")[2])]
    if len(found) != 1:
        raise ValueError("is no method, such as RunService/CreateRun or CreateRun")
    return found[0]


def is_open(method: str) -> bool:
    """Whether a method, by its full name, is served without a credential."""
    return method.startswith(OPEN_SERVICES) or short_name(method) in OPEN


def needed(method: str) -> str | None:
    """Return the permission a method asks for, None when everybody who was let in may call it.

    Raises:
        KeyError: It is not in the table, so nobody may.
    """
    name = short_name(method)
    if name in ANYBODY or method.startswith(ANYBODY_SERVICES):
        return None
    return PERMISSIONS[name]


def lasts(method: str) -> bool:
    """Whether calls of a method are streams, which may go on for as long as both sides like."""
    try:
        found = descriptor_pool.Default().FindMethodByName(method.removeprefix("/").replace("/", "."))
    except KeyError:
        return False
    return bool(found.client_streaming or found.server_streaming)
