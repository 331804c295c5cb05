import datetime

from google.api import annotations_pb2 as _annotations_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from loadcell.v1 import envelope_pb2 as _envelope_pb2
from loadcell.v1 import options_pb2 as _options_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ExportJob(_message.Message):
    __slots__ = ("job_id", "org_id", "project_id", "status", "format", "compression", "created_at", "started_at", "completed_at", "expires_at", "trace_count", "file_size_bytes", "download_url", "error_message", "progress_percent", "metadata", "sha256", "project_ids")
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    ORG_ID_FIELD_NUMBER: _ClassVar[int]
    PROJECT_ID_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    FORMAT_FIELD_NUMBER: _ClassVar[int]
    COMPRESSION_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_FIELD_NUMBER: _ClassVar[int]
    STARTED_AT_FIELD_NUMBER: _ClassVar[int]
    COMPLETED_AT_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_AT_FIELD_NUMBER: _ClassVar[int]
    TRACE_COUNT_FIELD_NUMBER: _ClassVar[int]
    FILE_SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    DOWNLOAD_URL_FIELD_NUMBER: _ClassVar[int]
    ERROR_MESSAGE_FIELD_NUMBER: _ClassVar[int]
    PROGRESS_PERCENT_FIELD_NUMBER: _ClassVar[int]
    METADATA_FIELD_NUMBER: _ClassVar[int]
    SHA256_FIELD_NUMBER: _ClassVar[int]
    PROJECT_IDS_FIELD_NUMBER: _ClassVar[int]
    job_id: str
    org_id: str
    project_id: str
    status: str
    format: str
    compression: str
    created_at: _timestamp_pb2.Timestamp
    started_at: _timestamp_pb2.Timestamp
    completed_at: _timestamp_pb2.Timestamp
    expires_at: _timestamp_pb2.Timestamp
    trace_count: int
    file_size_bytes: int
    download_url: str
    error_message: str
    progress_percent: float
    metadata: ExportJobMetadata
    sha256: str
    project_ids: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, job_id: _Optional[str] = ..., org_id: _Optional[str] = ..., project_id: _Optional[str] = ..., status: _Optional[str] = ..., format: _Optional[str] = ..., compression: _Optional[str] = ..., created_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., started_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., completed_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., expires_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., trace_count: _Optional[int] = ..., file_size_bytes: _Optional[int] = ..., download_url: _Optional[str] = ..., error_message: _Optional[str] = ..., progress_percent: _Optional[float] = ..., metadata: _Optional[_Union[ExportJobMetadata, _Mapping]] = ..., sha256: _Optional[str] = ..., project_ids: _Optional[_Iterable[str]] = ...) -> None: ...

class ExportJobMetadata(_message.Message):
    __slots__ = ("can_cancel", "can_download", "is_expired", "seconds_until_expiration")
    CAN_CANCEL_FIELD_NUMBER: _ClassVar[int]
    CAN_DOWNLOAD_FIELD_NUMBER: _ClassVar[int]
    IS_EXPIRED_FIELD_NUMBER: _ClassVar[int]
    SECONDS_UNTIL_EXPIRATION_FIELD_NUMBER: _ClassVar[int]
    can_cancel: bool
    can_download: bool
    is_expired: bool
    seconds_until_expiration: int
    def __init__(self, can_cancel: _Optional[bool] = ..., can_download: _Optional[bool] = ..., is_expired: _Optional[bool] = ..., seconds_until_expiration: _Optional[int] = ...) -> None: ...

class CreateExportRequest(_message.Message):
    __slots__ = ("format", "compression", "limit", "fields", "start_time", "end_time", "provider", "model", "environment", "user_id", "status_code", "project_id", "run_id", "request_id")
    FORMAT_FIELD_NUMBER: _ClassVar[int]
    COMPRESSION_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    FIELDS_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    PROVIDER_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    ENVIRONMENT_FIELD_NUMBER: _ClassVar[int]
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    STATUS_CODE_FIELD_NUMBER: _ClassVar[int]
    PROJECT_ID_FIELD_NUMBER: _ClassVar[int]
    RUN_ID_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    format: str
    compression: str
    limit: int
    fields: _containers.RepeatedScalarFieldContainer[str]
    start_time: str
    end_time: str
    provider: str
    model: str
    environment: str
    user_id: str
    status_code: str
    project_id: str
    run_id: str
    request_id: str
    def __init__(self, format: _Optional[str] = ..., compression: _Optional[str] = ..., limit: _Optional[int] = ..., fields: _Optional[_Iterable[str]] = ..., start_time: _Optional[str] = ..., end_time: _Optional[str] = ..., provider: _Optional[str] = ..., model: _Optional[str] = ..., environment: _Optional[str] = ..., user_id: _Optional[str] = ..., status_code: _Optional[str] = ..., project_id: _Optional[str] = ..., run_id: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class CreateExportResponse(_message.Message):
    __slots__ = ("status", "data", "meta")
    STATUS_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    META_FIELD_NUMBER: _ClassVar[int]
    status: str
    data: CreatedExport
    meta: _envelope_pb2.ResponseMeta
    def __init__(self, status: _Optional[str] = ..., data: _Optional[_Union[CreatedExport, _Mapping]] = ..., meta: _Optional[_Union[_envelope_pb2.ResponseMeta, _Mapping]] = ...) -> None: ...

class CreatedExport(_message.Message):
    __slots__ = ("job_id", "status", "created_at", "estimated_completion_at", "status_url")
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_FIELD_NUMBER: _ClassVar[int]
    ESTIMATED_COMPLETION_AT_FIELD_NUMBER: _ClassVar[int]
    STATUS_URL_FIELD_NUMBER: _ClassVar[int]
    job_id: str
    status: str
    created_at: _timestamp_pb2.Timestamp
    estimated_completion_at: _timestamp_pb2.Timestamp
    status_url: str
    def __init__(self, job_id: _Optional[str] = ..., status: _Optional[str] = ..., created_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., estimated_completion_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., status_url: _Optional[str] = ...) -> None: ...

class ListExportJobsRequest(_message.Message):
    __slots__ = ("status", "limit", "offset", "cursor", "project_id")
    STATUS_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    PROJECT_ID_FIELD_NUMBER: _ClassVar[int]
    status: str
    limit: int
    offset: int
    cursor: str
    project_id: str
    def __init__(self, status: _Optional[str] = ..., limit: _Optional[int] = ..., offset: _Optional[int] = ..., cursor: _Optional[str] = ..., project_id: _Optional[str] = ...) -> None: ...

class ListExportJobsResponse(_message.Message):
    __slots__ = ("status", "data", "pagination", "meta")
    STATUS_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    PAGINATION_FIELD_NUMBER: _ClassVar[int]
    META_FIELD_NUMBER: _ClassVar[int]
    status: str
    data: _containers.RepeatedCompositeFieldContainer[ExportJob]
    pagination: _envelope_pb2.Pagination
    meta: _envelope_pb2.ResponseMeta
    def __init__(self, status: _Optional[str] = ..., data: _Optional[_Iterable[_Union[ExportJob, _Mapping]]] = ..., pagination: _Optional[_Union[_envelope_pb2.Pagination, _Mapping]] = ..., meta: _Optional[_Union[_envelope_pb2.ResponseMeta, _Mapping]] = ...) -> None: ...

class GetExportJobRequest(_message.Message):
    __slots__ = ("job_id",)
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    job_id: str
    def __init__(self, job_id: _Optional[str] = ...) -> None: ...

class GetExportJobResponse(_message.Message):
    __slots__ = ("status", "data", "meta")
    STATUS_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    META_FIELD_NUMBER: _ClassVar[int]
    status: str
    data: ExportJob
    meta: _envelope_pb2.ResponseMeta
    def __init__(self, status: _Optional[str] = ..., data: _Optional[_Union[ExportJob, _Mapping]] = ..., meta: _Optional[_Union[_envelope_pb2.ResponseMeta, _Mapping]] = ...) -> None: ...

class CancelExportJobRequest(_message.Message):
    __slots__ = ("job_id",)
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    job_id: str
    def __init__(self, job_id: _Optional[str] = ...) -> None: ...

class CancelExportJobResponse(_message.Message):
    __slots__ = ("status", "data", "meta")
    STATUS_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    META_FIELD_NUMBER: _ClassVar[int]
    status: str
    data: ExportJob
    meta: _envelope_pb2.ResponseMeta
    def __init__(self, status: _Optional[str] = ..., data: _Optional[_Union[ExportJob, _Mapping]] = ..., meta: _Optional[_Union[_envelope_pb2.ResponseMeta, _Mapping]] = ...) -> None: ...

class DownloadExportRequest(_message.Message):
    __slots__ = ("job_id", "offset", "length")
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    LENGTH_FIELD_NUMBER: _ClassVar[int]
    job_id: str
    offset: int
    length: int
    def __init__(self, job_id: _Optional[str] = ..., offset: _Optional[int] = ..., length: _Optional[int] = ...) -> None: ...

class DownloadExportResponse(_message.Message):
    __slots__ = ("data", "offset", "total_bytes", "filename", "content_type", "sha256")
    DATA_FIELD_NUMBER: _ClassVar[int]
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    TOTAL_BYTES_FIELD_NUMBER: _ClassVar[int]
    FILENAME_FIELD_NUMBER: _ClassVar[int]
    CONTENT_TYPE_FIELD_NUMBER: _ClassVar[int]
    SHA256_FIELD_NUMBER: _ClassVar[int]
    data: bytes
    offset: int
    total_bytes: int
    filename: str
    content_type: str
    sha256: str
    def __init__(self, data: _Optional[bytes] = ..., offset: _Optional[int] = ..., total_bytes: _Optional[int] = ..., filename: _Optional[str] = ..., content_type: _Optional[str] = ..., sha256: _Optional[str] = ...) -> None: ...
