import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from loadcell.v1 import run_pb2 as _run_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class SubscribeRequest(_message.Message):
    __slots__ = ("events", "filters", "after_sequence")
    EVENTS_FIELD_NUMBER: _ClassVar[int]
    FILTERS_FIELD_NUMBER: _ClassVar[int]
    AFTER_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    events: _containers.RepeatedScalarFieldContainer[str]
    filters: EventFilter
    after_sequence: int
    def __init__(self, events: _Optional[_Iterable[str]] = ..., filters: _Optional[_Union[EventFilter, _Mapping]] = ..., after_sequence: _Optional[int] = ...) -> None: ...

class EventFilter(_message.Message):
    __slots__ = ("provider", "model", "environment", "user_id", "min_cost", "min_duration_ms", "project_id")
    PROVIDER_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    ENVIRONMENT_FIELD_NUMBER: _ClassVar[int]
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    MIN_COST_FIELD_NUMBER: _ClassVar[int]
    MIN_DURATION_MS_FIELD_NUMBER: _ClassVar[int]
    PROJECT_ID_FIELD_NUMBER: _ClassVar[int]
    provider: str
    model: str
    environment: str
    user_id: str
    min_cost: float
    min_duration_ms: float
    project_id: str
    def __init__(self, provider: _Optional[str] = ..., model: _Optional[str] = ..., environment: _Optional[str] = ..., user_id: _Optional[str] = ..., min_cost: _Optional[float] = ..., min_duration_ms: _Optional[float] = ..., project_id: _Optional[str] = ...) -> None: ...

class SubscribeResponse(_message.Message):
    __slots__ = ("sequence", "event_type", "timestamp", "missed_count", "trace", "metric_threshold", "cost_threshold", "export_job", "system_alert", "run_state")
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    EVENT_TYPE_FIELD_NUMBER: _ClassVar[int]
    TIMESTAMP_FIELD_NUMBER: _ClassVar[int]
    MISSED_COUNT_FIELD_NUMBER: _ClassVar[int]
    TRACE_FIELD_NUMBER: _ClassVar[int]
    METRIC_THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    COST_THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    EXPORT_JOB_FIELD_NUMBER: _ClassVar[int]
    SYSTEM_ALERT_FIELD_NUMBER: _ClassVar[int]
    RUN_STATE_FIELD_NUMBER: _ClassVar[int]
    sequence: int
    event_type: str
    timestamp: _timestamp_pb2.Timestamp
    missed_count: int
    trace: TraceEvent
    metric_threshold: MetricThresholdEvent
    cost_threshold: CostThresholdEvent
    export_job: ExportJobEvent
    system_alert: SystemAlertEvent
    run_state: RunStateEvent
    def __init__(self, sequence: _Optional[int] = ..., event_type: _Optional[str] = ..., timestamp: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., missed_count: _Optional[int] = ..., trace: _Optional[_Union[TraceEvent, _Mapping]] = ..., metric_threshold: _Optional[_Union[MetricThresholdEvent, _Mapping]] = ..., cost_threshold: _Optional[_Union[CostThresholdEvent, _Mapping]] = ..., export_job: _Optional[_Union[ExportJobEvent, _Mapping]] = ..., system_alert: _Optional[_Union[SystemAlertEvent, _Mapping]] = ..., run_state: _Optional[_Union[RunStateEvent, _Mapping]] = ...) -> None: ...

class TraceEvent(_message.Message):
    __slots__ = ("trace_id", "org_id", "project_id", "provider", "model", "environment", "user_id", "cost_usd", "duration_ms", "status_code", "timestamp", "run_id")
    TRACE_ID_FIELD_NUMBER: _ClassVar[int]
    ORG_ID_FIELD_NUMBER: _ClassVar[int]
    PROJECT_ID_FIELD_NUMBER: _ClassVar[int]
    PROVIDER_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    ENVIRONMENT_FIELD_NUMBER: _ClassVar[int]
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    COST_USD_FIELD_NUMBER: _ClassVar[int]
    DURATION_MS_FIELD_NUMBER: _ClassVar[int]
    STATUS_CODE_FIELD_NUMBER: _ClassVar[int]
    TIMESTAMP_FIELD_NUMBER: _ClassVar[int]
    RUN_ID_FIELD_NUMBER: _ClassVar[int]
    trace_id: str
    org_id: str
    project_id: str
    provider: str
    model: str
    environment: str
    user_id: str
    cost_usd: float
    duration_ms: float
    status_code: str
    timestamp: _timestamp_pb2.Timestamp
    run_id: str
    def __init__(self, trace_id: _Optional[str] = ..., org_id: _Optional[str] = ..., project_id: _Optional[str] = ..., provider: _Optional[str] = ..., model: _Optional[str] = ..., environment: _Optional[str] = ..., user_id: _Optional[str] = ..., cost_usd: _Optional[float] = ..., duration_ms: _Optional[float] = ..., status_code: _Optional[str] = ..., timestamp: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., run_id: _Optional[str] = ...) -> None: ...

class MetricThresholdEvent(_message.Message):
    __slots__ = ("metric_name", "threshold_value", "current_value", "org_id", "project_id", "provider", "model", "environment", "timestamp", "run_id", "level")
    METRIC_NAME_FIELD_NUMBER: _ClassVar[int]
    THRESHOLD_VALUE_FIELD_NUMBER: _ClassVar[int]
    CURRENT_VALUE_FIELD_NUMBER: _ClassVar[int]
    ORG_ID_FIELD_NUMBER: _ClassVar[int]
    PROJECT_ID_FIELD_NUMBER: _ClassVar[int]
    PROVIDER_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    ENVIRONMENT_FIELD_NUMBER: _ClassVar[int]
    TIMESTAMP_FIELD_NUMBER: _ClassVar[int]
    RUN_ID_FIELD_NUMBER: _ClassVar[int]
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    metric_name: str
    threshold_value: float
    current_value: float
    org_id: str
    project_id: str
    provider: str
    model: str
    environment: str
    timestamp: _timestamp_pb2.Timestamp
    run_id: str
    level: int
    def __init__(self, metric_name: _Optional[str] = ..., threshold_value: _Optional[float] = ..., current_value: _Optional[float] = ..., org_id: _Optional[str] = ..., project_id: _Optional[str] = ..., provider: _Optional[str] = ..., model: _Optional[str] = ..., environment: _Optional[str] = ..., timestamp: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., run_id: _Optional[str] = ..., level: _Optional[int] = ...) -> None: ...

class CostThresholdEvent(_message.Message):
    __slots__ = ("threshold_value", "current_value", "period", "org_id", "project_id", "provider", "model", "timestamp", "budget_id", "severity")
    THRESHOLD_VALUE_FIELD_NUMBER: _ClassVar[int]
    CURRENT_VALUE_FIELD_NUMBER: _ClassVar[int]
    PERIOD_FIELD_NUMBER: _ClassVar[int]
    ORG_ID_FIELD_NUMBER: _ClassVar[int]
    PROJECT_ID_FIELD_NUMBER: _ClassVar[int]
    PROVIDER_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    TIMESTAMP_FIELD_NUMBER: _ClassVar[int]
    BUDGET_ID_FIELD_NUMBER: _ClassVar[int]
    SEVERITY_FIELD_NUMBER: _ClassVar[int]
    threshold_value: float
    current_value: float
    period: str
    org_id: str
    project_id: str
    provider: str
    model: str
    timestamp: _timestamp_pb2.Timestamp
    budget_id: str
    severity: str
    def __init__(self, threshold_value: _Optional[float] = ..., current_value: _Optional[float] = ..., period: _Optional[str] = ..., org_id: _Optional[str] = ..., project_id: _Optional[str] = ..., provider: _Optional[str] = ..., model: _Optional[str] = ..., timestamp: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., budget_id: _Optional[str] = ..., severity: _Optional[str] = ...) -> None: ...

class ExportJobEvent(_message.Message):
    __slots__ = ("job_id", "org_id", "project_id", "status", "progress_percent", "trace_count", "timestamp")
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    ORG_ID_FIELD_NUMBER: _ClassVar[int]
    PROJECT_ID_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    PROGRESS_PERCENT_FIELD_NUMBER: _ClassVar[int]
    TRACE_COUNT_FIELD_NUMBER: _ClassVar[int]
    TIMESTAMP_FIELD_NUMBER: _ClassVar[int]
    job_id: str
    org_id: str
    project_id: str
    status: str
    progress_percent: float
    trace_count: int
    timestamp: _timestamp_pb2.Timestamp
    def __init__(self, job_id: _Optional[str] = ..., org_id: _Optional[str] = ..., project_id: _Optional[str] = ..., status: _Optional[str] = ..., progress_percent: _Optional[float] = ..., trace_count: _Optional[int] = ..., timestamp: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class SystemAlertEvent(_message.Message):
    __slots__ = ("alert_type", "severity", "message", "project_id", "run_id", "agent_id", "timestamp")
    ALERT_TYPE_FIELD_NUMBER: _ClassVar[int]
    SEVERITY_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    PROJECT_ID_FIELD_NUMBER: _ClassVar[int]
    RUN_ID_FIELD_NUMBER: _ClassVar[int]
    AGENT_ID_FIELD_NUMBER: _ClassVar[int]
    TIMESTAMP_FIELD_NUMBER: _ClassVar[int]
    alert_type: str
    severity: str
    message: str
    project_id: str
    run_id: str
    agent_id: str
    timestamp: _timestamp_pb2.Timestamp
    def __init__(self, alert_type: _Optional[str] = ..., severity: _Optional[str] = ..., message: _Optional[str] = ..., project_id: _Optional[str] = ..., run_id: _Optional[str] = ..., agent_id: _Optional[str] = ..., timestamp: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class RunStateEvent(_message.Message):
    __slots__ = ("run_id", "org_id", "project_id", "status", "state", "provider", "model", "environment", "user_id", "error", "timestamp")
    RUN_ID_FIELD_NUMBER: _ClassVar[int]
    ORG_ID_FIELD_NUMBER: _ClassVar[int]
    PROJECT_ID_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    PROVIDER_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    ENVIRONMENT_FIELD_NUMBER: _ClassVar[int]
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    TIMESTAMP_FIELD_NUMBER: _ClassVar[int]
    run_id: str
    org_id: str
    project_id: str
    status: str
    state: _run_pb2.RunState
    provider: str
    model: str
    environment: str
    user_id: str
    error: str
    timestamp: _timestamp_pb2.Timestamp
    def __init__(self, run_id: _Optional[str] = ..., org_id: _Optional[str] = ..., project_id: _Optional[str] = ..., status: _Optional[str] = ..., state: _Optional[_Union[_run_pb2.RunState, str]] = ..., provider: _Optional[str] = ..., model: _Optional[str] = ..., environment: _Optional[str] = ..., user_id: _Optional[str] = ..., error: _Optional[str] = ..., timestamp: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...
