"""Keeps a log of who changed what, and of who was refused."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

import structlog
from google.protobuf import descriptor_pool
from google.protobuf.message import DecodeError, Message
from google.protobuf.message_factory import GetMessageClass
from prometheus_client import CollectorRegistry

from controller.access.audit import Failures, changes_something, project_of, resource_of
from controller.access.methods import short_name
from controller.access.principal import (
    NOBODY,
    THE_PUBLIC,
    note_change,
    note_project,
    noted_change,
    noted_project,
    serve_as,
    who_calls,
)
from controller.interceptors.address import address_of
from controller.interceptors.around import Around, Call, Context
from controller.interceptors.request_id import bound_request_id
from controller.metrics import names
from controller.store.audit_log import AuditEntry, append_entry
from controller.store.database import Database
from loadcell.clock import wall_micros
from loadcell.errors import LoadcellError
from loadcell.metric_sheet import Sheet, show

log = structlog.get_logger()

_REFUSED = frozenset({"AUTHENTICATION", "AUTHORIZATION", "RATE_LIMIT"})
_LONGEST = 128  # characters


def audit(database: Database, registry: CollectorRegistry) -> Around:
    """Return what writes the log: before the answer goes out, so that nothing that was answered is missing.

    Args:
        database: Where the log is.
        registry: Counts refusals, also those that are too many to be kept.
    """
    refused: Counter[str] = Counter()
    failures = Failures()

    def fill(sheet: Sheet) -> None:
        for reason, count in sorted(refused.items()):
            sheet.add(names.CALLS_REFUSED, (reason,), count)

    show(registry, (names.CALLS_REFUSED,), fill)

    async def keep(method: str, came_in: Any, answer: Any, context: Context, outcome: str) -> None:
        who, request = who_calls(), _read(method, came_in)
        entry = AuditEntry(
            called_at=wall_micros(),
            request_id=bound_request_id(),
            principal_id=who.principal_id[:_LONGEST],
            principal_method=who.method,
            principal_name=who.name[:_LONGEST],
            role=who.role,
            client_address=address_of(context),
            method=short_name(method),
            resource_id=resource_of(answer, request),
            project_id=project_of(request) or noted_project(),
            outcome=outcome,
        )
        try:
            await database.write(lambda c: append_entry(c, entry))
        except LoadcellError as error:
            # The call is done: refusing the answer would make its caller do it again.
            log.exception("audit_entry_lost", method=entry.method, outcome=outcome, error=str(error))

    def is_kept(*, always: bool) -> bool:
        """Whether a call that failed is: every change of a known caller, else as many as the log can bear."""
        who = who_calls()
        known = who not in (NOBODY, THE_PUBLIC)
        return (always and known) or failures.keep(who.account if known else "")

    def of_method(method: str, call: Call) -> Call:
        changes = changes_something(method)

        async def around(request: Any, context: Context) -> Any:
            serve_as(NOBODY)
            note_project("")
            note_change(changed=changes)
            try:
                answer = await call(request, context)
            except LoadcellError as error:
                is_refused = error.category in _REFUSED
                if is_refused:
                    refused[error.reason] += 1
                always = noted_change()
                if (always or is_refused) and is_kept(always=always and not is_refused):
                    await keep(method, request, None, context, error.reason)
                raise
            except (Exception, asyncio.CancelledError) as error:
                # It may have been carried out, whether or not its caller waits for the answer.
                if noted_change() and is_kept(always=True):
                    gone = isinstance(error, asyncio.CancelledError)
                    await keep(method, request, None, context, "CANCELLED" if gone else "INTERNAL_SERVER_ERROR")
                raise
            if noted_change():
                await keep(method, request, answer, context, "OK")
            return answer

        return around

    return of_method


def _read(method: str, came_in: Any) -> Message | None:
    """Return the request of a call that came in as bytes; None for a stream, and for what nobody can read."""
    if not isinstance(came_in, bytes):
        return None
    try:
        described = descriptor_pool.Default().FindMethodByName(method.removeprefix("/").replace("/", "."))
        return GetMessageClass(described.input_type).FromString(came_in)
    except (KeyError, DecodeError):
        return None
