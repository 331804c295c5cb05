"""ModelService."""

# Names and signatures are those of the generated classes.
# ruff: noqa: N802

from __future__ import annotations

from typing import Any

from controller.cache.kinds import Kind
from controller.query.models.compare import compare_models
from controller.query.models.listing import get_model, list_models
from controller.query.models.usage import get_usage
from controller.services.answers import Answers
from controller.services.asking import Asking
from controller.store.database import Database
from loadcell.v1 import model_pb2, model_pb2_grpc


class ModelServicer(model_pb2_grpc.ModelServiceServicer):
    """Questions about models."""

    def __init__(self, database: Database, answers: Answers) -> None:
        self._asking = Asking(database, answers, Kind.MODELS)

    async def ListModels(self, request: model_pb2.ListModelsRequest, context: Any) -> model_pb2.ListModelsResponse:
        """Return a page of models."""
        return await self._asking.answer(request, context, list_models)

    async def GetModel(self, request: model_pb2.GetModelRequest, context: Any) -> model_pb2.GetModelResponse:
        """Return one model."""
        return await self._asking.answer(request, context, get_model)

    async def GetModelUsage(
        self, request: model_pb2.GetModelUsageRequest, context: Any
    ) -> model_pb2.GetModelUsageResponse:
        """Return what a model was used for."""
        return await self._asking.answer(request, context, get_usage)

    async def CompareModels(
        self, request: model_pb2.CompareModelsRequest, context: Any
    ) -> model_pb2.CompareModelsResponse:
        """Set models side by side."""
        return await self._asking.answer(request, context, compare_models)
