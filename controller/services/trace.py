"""TraceService."""

# Names and signatures are those of the generated classes.
# ruff: noqa: N802

from __future__ import annotations

from dataclasses import replace
from typing import Any, TypeAlias

from controller.cache.kinds import Kind
from controller.query.traces.bounds import time_bounds
from controller.query.traces.cursor import next_cursor
from controller.query.traces.judging import read_judgement
from controller.query.traces.messages import add_traces, feedback_message, trace_message
from controller.query.traces.parameters import ask, read_parameters
from controller.query.traces.question import Question
from controller.query.traces.requests import plain_search, plain_values, read_batch_get, read_get
from controller.query.traces.search import ask_search
from controller.scope import Scope
from controller.services.answers import Answers
from controller.services.caller import scope_of
from controller.store.database import Connection, Database
from controller.store.traces.feedback import write_feedback
from controller.store.traces.listing import list_traces
from controller.store.traces.several import get_traces
from controller.store.traces.single import get_trace
from loadcell.channel import MAX_MESSAGE_BYTES
from loadcell.clock import wall_micros
from loadcell.errors import LoadcellError
from loadcell.v1 import envelope_pb2, trace_pb2, trace_pb2_grpc

_OLD_MICROS = 3_600 * 1_000_000
MAX_PAGE_BYTES = MAX_MESSAGE_BYTES - 64 * 1024  # of the traces; there is an envelope around them
_MOST_AROUND = 8  # bytes before each trace

_Page: TypeAlias = trace_pb2.ListTracesResponse | trace_pb2.SearchTracesResponse


class TraceServicer(trace_pb2_grpc.TraceServiceServicer):
    """Single requests of all runs. Errors are raised as LoadcellError and translated by an interceptor."""

    def __init__(self, database: Database, answers: Answers) -> None:
        self._database = database
        self._answers = answers

    async def ListTraces(self, request: trace_pb2.ListTracesRequest, context: Any) -> trace_pb2.ListTracesResponse:
        """Return a page of the traces for which all parameters hold."""
        scope, now = scope_of(context), wall_micros()
        if request.project_id and not scope.holds(request.project_id):
            raise LoadcellError(
                "PROJECT_ACCESS_DENIED", "the project is none of yours; leave it out", field="project_id"
            )
        question = ask(read_parameters(plain_values(request)), now)

        async def compute() -> trace_pb2.ListTracesResponse:
            response = trace_pb2.ListTracesResponse()
            await self._database.read(lambda c: _fill(response, c, question, scope))
            return response

        return await self._answers.give(kind_of(question, now), request, scope, compute)

    async def SearchTraces(
        self, request: trace_pb2.SearchTracesRequest, context: Any
    ) -> trace_pb2.SearchTracesResponse:
        """Return a page of the traces that a filter holds for."""
        scope, now = scope_of(context), wall_micros()
        question = ask_search(plain_search(request), now)

        async def compute() -> trace_pb2.SearchTracesResponse:
            response = trace_pb2.SearchTracesResponse()
            await self._database.read(lambda c: _fill(response, c, question, scope))
            return response

        return await self._answers.give(kind_of(question, now), request, scope, compute)

    async def GetTrace(self, request: trace_pb2.GetTraceRequest, context: Any) -> trace_pb2.GetTraceResponse:
        """Return one trace."""
        scope = scope_of(context)

        async def compute() -> trace_pb2.GetTraceResponse:
            key, fields, include = read_get(request)
            record = await self._database.read(lambda c: get_trace(c, key, scope, fields=fields, include=include))
            if record is None:
                raise _not_found(request.trace_id)
            return trace_pb2.GetTraceResponse(data=trace_message(record))

        return await self._answers.give(Kind.TRACE, request, scope, compute)

    async def BatchGetTraces(
        self, request: trace_pb2.BatchGetTracesRequest, context: Any
    ) -> trace_pb2.BatchGetTracesResponse:
        """Return several traces."""
        scope = scope_of(context)

        async def compute() -> trace_pb2.BatchGetTracesResponse:
            keys, fields, include = read_batch_get(request)
            found = await self._database.read(
                lambda c: get_traces(c, list(keys), scope, fields=fields, include=include)
            )
            response = trace_pb2.BatchGetTracesResponse()
            add_traces(response.data, found.records)
            fitting = _fitting(response)
            del response.data[fitting:]
            left_out = [*(record.key for record in found.records[fitting:]), *found.left_out]
            there = {*(record.key for record in found.records), *found.left_out}
            response.not_found.extend(given for key, given in keys.items() if key not in there)
            response.left_out.extend(keys[key] for key in left_out)
            return response

        # One that is not there may come soon, so the answer is kept no longer than a list.
        return await self._answers.give(Kind.TRACES, request, scope, compute)

    async def WriteFeedback(
        self, request: trace_pb2.WriteFeedbackRequest, context: Any
    ) -> trace_pb2.WriteFeedbackResponse:
        """Store a judgement about a trace."""
        scope = scope_of(context)

        async def compute() -> trace_pb2.WriteFeedbackResponse:
            new = read_judgement(request)
            stored = await self._database.write(
                lambda c: write_feedback(c, new, scope, wall_micros()), repeatable=True
            )
            if stored is None:
                raise _not_found(request.trace_id)
            await self._answers.forget()
            return trace_pb2.WriteFeedbackResponse(data=feedback_message(stored))

        return await self._answers.give(None, request, scope, compute)


def kind_of(question: Question, now: int) -> Kind:
    """Return the kind of a question that is asked at `now`, microseconds since 1970: the past hardly changes."""
    return Kind.OLD_TRACES if time_bounds(question.filter).last < now - _OLD_MICROS else Kind.TRACES


def _not_found(trace_id: str) -> LoadcellError:
    """Return the same error for a trace that does not exist and for one of others."""
    shown = trace_id[:64]
    return LoadcellError(
        "TRACE_NOT_FOUND", f"there is no trace {shown}, or it is not yours", metadata={"trace_id": shown}
    )


def _fill(response: _Page, connection: Connection, question: Question, scope: Scope) -> None:
    """Fill in a response to a question."""
    page = list_traces(connection, question, scope)
    response.Clear()  # of an earlier try
    add_traces(response.data, page.records)
    fitting = _fitting(response)
    if fitting < len(page.records):
        # Prompts and completions are long. Asked for again, because the cursor is that of the last one.
        _fill(response, connection, replace(question, limit=fitting), scope)
        response.pagination.limit = question.limit
        return
    cursor = None if page.last is None else next_cursor(question, page.last)
    found = envelope_pb2.Pagination(cursor=cursor, has_more=cursor is not None, limit=question.limit)
    response.pagination.CopyFrom(found)


def _fitting(response: _Page | trace_pb2.BatchGetTracesResponse) -> int:
    """Return how many of the traces in a response, which has nothing else, it has room for; at least one."""
    if response.ByteSize() <= MAX_PAGE_BYTES:
        return len(response.data)
    size = 0
    for number, message in enumerate(response.data):
        size += message.ByteSize() + _MOST_AROUND
        if size > MAX_PAGE_BYTES:
            return max(number, 1)
    return len(response.data)
