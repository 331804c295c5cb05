"""Answers what a result means: at once by rules or from the store, else by the model, piece by piece."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from functools import partial
from typing import Final

import structlog

from controller.access.principal import current_principal, note_change, note_project
from controller.analysis.flights import Flights
from controller.analysis.messages import by_model, by_rules
from controller.analysis.model import ask
from controller.analysis.prompt import messages
from controller.analysis.settings import ModelServer, base_url
from controller.analysis.words import checked_code
from controller.query.results import require_result, require_run
from controller.scope import Scope
from controller.store.analyses import StoredAnalysis, get_analysis, put_analysis
from controller.store.database import Connection, Database
from controller.store.records import RunRecord
from loadcell.clock import wall_micros
from loadcell.errors import LoadcellError
from loadcell.v1 import analysis_pb2, result_pb2

PERMISSION: Final = "runs:analyze"  # to have the model make one; to read what there is needs less
Piece = analysis_pb2.AnalyzeRunResponse
log = structlog.get_logger()


class Analyses:
    """What results mean.

    Args:
        database: Where results are, and what the model has said about them.
        server: Where the model is; None: there is none.
    """

    def __init__(self, database: Database, server: ModelServer | None) -> None:
        self._database = database
        self._server = server
        self._flights = Flights[Piece]()

    async def pieces(self, request: analysis_pb2.AnalyzeRunRequest, scope: Scope) -> AsyncGenerator[Piece, None]:
        """Yield an analysis piece by piece; what is wrong with the request is raised before the first one.

        Raises:
            LoadcellError: As `require_result`; INVALID_FIELD_VALUE; ANALYSIS_OFF, INSUFFICIENT_PERMISSIONS and
                TOO_MANY_REQUESTS, one would have to be made; ANALYSIS_FAILED.
        """
        code = checked_code(request.language)
        mode = _mode(request)
        self._check_older(request)
        if mode == analysis_pb2.ANALYSIS_MODE_RULES:
            result = await self._database.read(lambda c: require_result(c, request.run_id, scope, partial=False))
            for piece in await asyncio.to_thread(by_rules, result, code):
                yield piece
            return
        run, result, stored = await self._database.read(lambda c: _read(c, request.run_id, scope, code))
        if stored is not None and not request.refresh:
            yield Piece(content=stored.content)
            yield by_model(run.run_id, stored)
            return
        making = self._made(self._allowed(run), run, result, code)
        async with aclosing(making):
            async for piece in making:
                yield piece

    def _allowed(self, run: RunRecord) -> ModelServer:
        current_principal().require(PERMISSION)
        if self._server is None:
            raise LoadcellError(
                "ANALYSIS_OFF", "no model is set to make analyses: LOADCELL_ANALYSIS_URL; rules make them without"
            )
        note_project(run.project_id)
        note_change()
        return self._server

    async def _made(
        self, server: ModelServer, run: RunRecord, result: result_pb2.RunResult, code: str
    ) -> AsyncGenerator[Piece, None]:
        make = partial(self._make, server, run, result, code)
        caller = current_principal().account
        async with aclosing(self._flights.follow((run.run_key, code), caller, make)) as pieces:
            async for piece in pieces:
                yield Piece() if piece is None else piece

    async def _make(
        self, server: ModelServer, run: RunRecord, result: result_pb2.RunResult, code: str
    ) -> AsyncGenerator[Piece, None]:
        started, said = time.monotonic(), list[str]()
        question = await asyncio.to_thread(messages, result, code, thinking=server.thinking)
        async with aclosing(ask(server, question)) as pieces:
            async for piece in pieces:
                if isinstance(piece, str):
                    said.append(piece)
                    yield Piece(content=piece)
                else:
                    yield Piece(thinking=piece)
        made = StoredAnalysis(code, server.model, "".join(said), wall_micros())
        if not await self._database.write(lambda c: put_analysis(c, run.run_key, made)):
            raise LoadcellError("RUN_DELETED", f"run {run.run_id} was deleted meanwhile")
        seconds = round(time.monotonic() - started, 3)
        log.info("analysis_made", run_id=run.run_id, model=server.model, language=code, seconds=seconds)
        yield by_model(run.run_id, made)

    def _check_older(self, request: analysis_pb2.AnalyzeRunRequest) -> None:
        """Refuse parameters that would once have named any server, unless they name what is set."""
        given: dict[str, str | bool] = {"server_url": base_url(request.server_url), "model": request.model}
        if request.is_thinking_model:
            given["is_thinking_model"] = True
        server = self._server
        fitting: dict[str, str | bool] = (
            {} if server is None else {"server_url": server.url, "model": server.model}
        )
        if server is not None and server.thinking:
            fitting["is_thinking_model"] = True
        for name, value in given.items():
            if value and fitting.get(name) != value:
                raise LoadcellError(
                    "INVALID_FIELD_VALUE",
                    f"{name} is not what the controller is set to; who sets it up decides which model makes"
                    f" analyses (LOADCELL_ANALYSIS_URL), so leave {name} out",
                    field=name,
                )


def _mode(request: analysis_pb2.AnalyzeRunRequest) -> int:
    mode = request.mode
    if mode not in analysis_pb2.AnalysisMode.values():
        raise LoadcellError("INVALID_FIELD_VALUE", f"mode {mode} must be rules or llm", field="mode")
    if mode:
        return mode
    older = request.server_url or request.model
    return analysis_pb2.ANALYSIS_MODE_LLM if older else analysis_pb2.ANALYSIS_MODE_RULES


def _read(
    connection: Connection, run_id: str, scope: Scope, code: str
) -> tuple[RunRecord, result_pb2.RunResult, StoredAnalysis | None]:
    run = require_run(connection, run_id, scope)
    result = require_result(connection, run_id, scope, partial=False)
    return run, result, get_analysis(connection, run.run_key, code)
