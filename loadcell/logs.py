"""Logging of every process: one line an event, JSON unless a person is watching.

Keys of a line: timestamp (RFC 3339, UTC), level and log_level (the same word), event, service, request_id when a
call is being served, and what the event adds. Lines go to standard error: standard output belongs to results.
"""

from __future__ import annotations

import logging
import sys

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
    renderer: list[Processor] = (
        [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
        if sys.stderr.isatty()
        else [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    )
    threshold = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[*shared, *renderer],
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderer],
        )
    )
    # Libraries speak only when something is wrong; our own events are never written through them.
    logging.basicConfig(handlers=[handler], level=max(threshold, logging.WARNING), force=True)


def _double_level(_logger: WrappedLogger, _name: str, event: EventDict) -> EventDict:
    event["log_level"] = event["level"]
    return event
