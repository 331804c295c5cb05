"""Lists of models, and one of them."""

from __future__ import annotations

from controller.query import cursor
from controller.query.models.known import KnownModels, Selection
from controller.scope import Scope
from controller.store.database import Connection
from loadcell.errors import LoadcellError
from loadcell.v1 import model_pb2


def list_models(
    connection: Connection, request: model_pb2.ListModelsRequest, scope: Scope, now: int
) -> model_pb2.ListModelsResponse:
    """Return a page of models, by name.

    Raises:
        LoadcellError: LIMIT_EXCEEDED, INVALID_CURSOR or INVALID_FIELD_VALUE, naming the field.
    """
    limit = cursor.page_size(request.limit if request.HasField("limit") else None)
    question = f"models {request.provider!r} {request.project_id!r}"
    after = str(cursor.decode(request.cursor, question, (str,))[0]) if request.cursor else None
    known = KnownModels(connection, Selection(scope, request.provider, request.project_id), now)
    names = known.names()
    rest = [name for name in names if after is None or name > after]
    response = model_pb2.ListModelsResponse()
    response.data.extend(known.describe(rest[:limit]))
    pagination = response.pagination
    pagination.has_more = len(rest) > limit
    pagination.limit = limit
    pagination.total = len(names)
    if pagination.has_more:
        pagination.cursor = cursor.encode(question, [rest[limit - 1]])
    return response


def get_model(
    connection: Connection, request: model_pb2.GetModelRequest, scope: Scope, now: int
) -> model_pb2.GetModelResponse:
    """Return one model.

    Raises:
        LoadcellError: RESOURCE_NOT_FOUND or INVALID_FIELD_VALUE.
    """
    known = require_model(connection, Selection(scope, project_id=request.project_id, model=request.model_id), now)
    return model_pb2.GetModelResponse(data=known.describe([request.model_id])[0])


def require_model(connection: Connection, selection: Selection, now: int) -> KnownModels:
    """Return what is known of the one model of a selection.

    Raises:
        LoadcellError: RESOURCE_NOT_FOUND.
    """
    known = KnownModels(connection, selection, now) if selection.model else None
    if known is None or selection.model not in known.names():
        raise LoadcellError(
            "RESOURCE_NOT_FOUND",
            f"there is no model {selection.model[:64]!r} that was under load or has a price",
            field="model_id",
        )
    return known
