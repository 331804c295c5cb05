"""How a question that one transaction answers is carried out: checked, computed, cut to what is wanted, kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from google.protobuf.message import Message

from controller.cache.kinds import Kind
from controller.query.chosen import keep
from controller.scope import Scope
from controller.services.answers import Answers, response_class
from controller.services.caller import scope_of
from controller.store.database import Connection, Database
from controller.store.traces.limits import bounded
from loadcell.clock import wall_micros
from loadcell.documents import read_paths
from loadcell.errors import LoadcellError

Request = TypeVar("Request", bound=Message)
Response = TypeVar("Response", bound=Message)


class Asking:
    """Answers requests that have a project_id. Everything is read and computed on the threads of the database."""

    def __init__(self, database: Database, answers: Answers, kind: Kind) -> None:
        self._database = database
        self._answers = answers
        self._kind = kind

    async def answer(
        self, request: Request, context: Any, function: Callable[[Connection, Request, Scope, int], Response]
    ) -> Response:
        """Return what a function of connection, request, scope and time (microseconds since 1970) answers.

        Raises:
            LoadcellError: PROJECT_ACCESS_DENIED; REQUEST_TIMEOUT; UNKNOWN_FIELD, an entry of `fields` names
                nothing; what the function raises.
        """
        scope = scope_of(context)
        asked: Any = request

        async def compute() -> Response:
            if asked.project_id and not scope.holds(asked.project_id):
                raise LoadcellError(
                    "PROJECT_ACCESS_DENIED", "the project is none of yours; leave it out", field="project_id"
                )
            data: Any = response_class(request).DESCRIPTOR.fields_by_name["data"]
            paths = asked.fields if "fields" in request.DESCRIPTOR.fields_by_name else ()
            wanted = read_paths(paths, data.message_type)
            now = wall_micros()

            def in_time(connection: Connection) -> Response:
                with bounded(connection):
                    return function(connection, request, scope, now)

            response = await self._database.read(in_time)
            found = cast("Any", response).data
            for message in found if data.is_repeated else [found]:
                keep(message, wanted)
            return response

        return await self._answers.give(self._kind, request, scope, compute)
