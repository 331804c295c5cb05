"""Logging of every process: one line an event, JSON unless a person is watching.

Keys of a line: timestamp (RFC 3339, UTC), level and log_level (the same word), event, service, request_id when a
call is being served, and what the event adds. Lines go to standard error: standard output belongs to results.
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable
from typing import Any

import orjson
import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

LEVELS = ("debug", "info", "warning", "error")


def configure(service: str, level: str = "info") -> None:
    """Set up structlog, and the standard library's loggers of our dependencies, for this process.

    Args:
        service: name of the process, put on every line.
        level: lowest level that is written, one of `LEVELS`.
    """

    def add_service(_logger: WrappedLogger, _name: str, event: EventDict) -> EventDict:
        event["service"] = service
        return event

    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        _double_level,
        add_service,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    watched = sys.stderr.isatty()
    renderer: list[Processor] = (
        [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
        if watched
        else [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(_to_json)]
    )
    threshold = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[*shared, *renderer],
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr)
        if watched
        else structlog.BytesLoggerFactory(sys.stderr.buffer),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *renderer,
                *([] if watched else [_to_text]),
            ],
        )
    )
    # Libraries speak only when something is wrong; our own events are never written through them.
    logging.basicConfig(handlers=[handler], level=max(threshold, logging.WARNING), force=True)


def _double_level(_logger: WrappedLogger, _name: str, event: EventDict) -> EventDict:
    event["log_level"] = event["level"]
    return event


def _to_json(event: EventDict, default: Callable[[Any], Any]) -> bytes:
    # Two lines go with every call, so the fast way first; it refuses half a character and integers above 64 bits.
    try:
        return orjson.dumps(event, default=default, option=orjson.OPT_NON_STR_KEYS)
    except TypeError:
        return json.dumps(event, default=default).encode()


def _to_text(_logger: WrappedLogger, _name: str, line: Any) -> str:
    text: str = line.decode()
    return text
