"""Usable requests of methods that chance alone would never be let into; little of them is changed."""

from __future__ import annotations

from typing import Any, Final

from loadcell.protocol import PROTOCOL_VERSION
from loadcell.v1 import agent_pb2, capacity_pb2, metrics_pb2

_LATELY: Final = {"start_time": "2026-09-01T00:00:00Z", "end_time": "2026-10-01T00:00:00Z"}
_SELECTED: Final = [metrics_pb2.MetricSelection(metric="request_count", aggregation="count")]

STARTS: Final[dict[str, dict[str, Any]]] = {
    "AgentService/Session": {
        "register": agent_pb2.Register(agent_id="a", protocol_version=PROTOCOL_VERSION, worker_count=1)
    },
    "AgentService/StreamSamples": {"agent_id": "a", "lease_id": "run-0.0.0", "batch_number": 1},
    "AuthService/CreateApiKey": {"name": "k"},
    "AuthService/SetProject": {"project_id": "p2", "quota_agents": 1_000},
    "CostService/CreateBudget": {
        "name": "b",
        "amount": 1.0,
        "period": "monthly",
        "threshold_type": "percentage",
        "warning_threshold": 50.0,
        "critical_threshold": 90.0,
    },
    "CostService/GetCostAttribution": {"dimension": "user", **_LATELY},
    "CostService/GetCostForecast": {
        "historical_start": _LATELY["start_time"],
        "historical_end": _LATELY["end_time"],
    },
    "CostService/GetCostSummary": _LATELY,
    "CostService/SetPricing": {
        "effective_date": "2026-09-21",
        "provider": "openai",
        "model": "m",
        "prompt_cost_per_1k": 0.1,
        "completion_cost_per_1k": 0.1,
    },
    "EventService/Subscribe": {"events": ["run_state"]},
    "ExportService/CreateExport": {"format": "csv"},
    "FleetService/CreateAgentToken": {"name": "t"},
    "MetricsService/GetMetrics": {"metrics": ["request_count", "duration"], **_LATELY},
    "MetricsService/GetPerformance": _LATELY,
    "MetricsService/GetQuality": _LATELY,
    "MetricsService/QueryMetrics": {"metrics": _SELECTED, "interval": "1day", **_LATELY},
    "ModelService/CompareModels": {"models": ["gpt-4o", "GPT-4"], **_LATELY},
    "ModelService/GetModelUsage": {"model_id": "gpt-4o", **_LATELY},
    "RecommendService/CreateRecommendation": {
        "server_url": "http://127.0.0.1:9",
        "workload": capacity_pb2.ExpectedWorkload(peak_concurrency=10),
    },
    "RunService/AnalyzeRun": {"run_id": "run-0"},
    "RunService/BatchGetRuns": {"run_ids": ["run-0", "run-1"]},
    "RunService/CheckTarget": {"server_url": "http://127.0.0.1:9", "model": "m"},
    "RunService/CompareRuns": {"run_ids": ["run-0", "run-1"]},
    "RunService/CreateRun": {"server_url": "http://127.0.0.1:9", "model": "m", "num_prompts": 5, "warmup": 0},
    "RunService/DownloadRunResult": {"run_id": "run-0", "partial": True},
    "RunService/ExportRunResult": {"run_id": "run-0", "partial": True, "format": "json"},
    "RunService/GetRun": {"run_id": "run-0"},
    "RunService/GetRunResult": {"run_id": "run-0", "partial": True},
    "RunService/GetRunTimeline": {"run_id": "run-0"},
    "RunService/UpdateRun": {"run_id": "run-0", "notes": "n"},
    "TraceService/BatchGetTraces": {"trace_ids": ["0" * 32, "1" * 32]},
    "TraceService/WriteFeedback": {"score": 1.0},
    "RunService/UploadAsset": {"kind": 2, "data": b'{"prompt": "hello"}\n'},
}
